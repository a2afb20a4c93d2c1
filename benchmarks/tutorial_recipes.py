"""The two recipes that tutorial_epoch.py times; each runs in the environment of its library.

What GiaNLP runs is the tutorial's code, but for these: its CRF does not run on a processor, where
`tf.gather` refuses the tag -1 of padding, so padding has the tag 0 (the lengths say what counts);
its files are read beforehand; `set_default_jobs(1)` is what GiaNLP does in a notebook, where the
tutorial runs; NumPy is told that lists of tokens are objects, as newer versions want it; the
generator ends after the steps that are timed.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from pathlib import Path

from turns import KEPT, serve

BATCH, WORDS, CHARS, CHAR_DIMENSION, DIGEST, UNITS = 256, 113, 10, 32, 30, 20


def itself(tokens):
    return tokens


def lower(tokens):
    return [token.lower() for token in tokens]


def clock(keras):
    """Return a callback, and the list to which it adds the second at which each step ended."""
    ends, start = [], time.perf_counter()
    tell = keras.callbacks.LambdaCallback(
        on_batch_end=lambda batch, logs: ends.append(time.perf_counter() - start)
    )
    return tell, ends


def gianlp(texts, tags, vectors):
    from tensorflow import keras

    blocks = gianlp_blocks(texts, vectors)
    possible_tags = sorted({tag for text in tags for tag in text})
    ids = keras.preprocessing.sequence.pad_sequences(
        [[possible_tags.index(tag) for tag in text] for text in tags],
        maxlen=WORDS,
        dtype="int32",
        padding="post",
        truncating="post",
        value=0,
    )
    model = gianlp_model(len(possible_tags))

    def fit(steps):
        batches = tutorial_batches(blocks, texts, ids, list(map(len, tags)))
        tell, ends = clock(keras)
        model.fit(
            (batch for batch in itertools.islice(batches, steps)),
            steps_per_epoch=steps,
            callbacks=[tell],
            verbose=0,
        )
        return ends

    return fit


def gianlp_blocks(texts, vectors):
    """Return its vectors of words, and the digest of their characters, both built."""
    from gianlp.config import set_default_jobs
    from gianlp.models import (
        CharPerWordEmbeddingSequence,
        PreTrainedWordEmbeddingSequence,
        RNNDigest,
    )

    set_default_jobs(1)
    words = PreTrainedWordEmbeddingSequence(vectors, tokenizer=lower, sequence_maxlen=WORDS)
    characters = CharPerWordEmbeddingSequence(
        tokenizer=itself,
        embedding_dimension=CHAR_DIMENSION,
        word_maxlen=WORDS,
        char_maxlen=CHARS,
    )
    digest = RNNDigest(characters, units_per_layer=DIGEST, rnn_type="gru", stacked_layers=3)
    digest.build([" ".join(text) for text in texts])
    words.build([" ".join(text) for text in texts])
    return [words, digest]


def gianlp_model(num_tags):
    import tensorflow as tf
    from tensorflow import keras
    from tensorflow.keras.layers import LSTM, Bidirectional, Concatenate, Dense, Input, Masking
    from tensorflow_addons.text import crf_log_likelihood

    class CRF(keras.layers.Layer):
        def __init__(self, label_size):
            super().__init__()
            self.trans_params = tf.Variable(
                tf.random.uniform(shape=(label_size, label_size)), name="transition"
            )

        @tf.function
        def call(self, inputs, labels, seq_lens):
            inputs = tf.convert_to_tensor(inputs)
            log_likelihood, self.trans_params = crf_log_likelihood(
                inputs, labels, seq_lens, transition_params=self.trans_params
            )
            return tf.reduce_sum(-log_likelihood)

    inp1 = Input((WORDS, 50), name="inp1")
    inp2 = Input((WORDS, DIGEST), name="inp2")
    targets = Input(shape=(WORDS,), name="target_ids", dtype="int32")
    seq_lens = Input(shape=(), name="input_lens", dtype="int32")
    inp1 = Masking(0.0)(inp1)
    x = Concatenate()([inp1, inp2])
    for _ in range(5):
        x = Bidirectional(LSTM(UNITS, return_sequences=True))(x)
    for _ in range(4):
        x = Dense(num_tags, activation="tanh")(x)
    loss = CRF(num_tags)(x, targets, seq_lens)
    model = keras.Model(inputs=[inp1, inp2, targets, seq_lens], outputs=loss)
    model.compile(optimizer="adam", loss=lambda y_true, y_pred: y_pred)
    return model


def tutorial_batches(blocks, texts, tags_prep, lens, batch_size=BATCH):
    import numpy as np

    word_emb, char_digest_per_word = blocks
    lens = np.asarray(lens)
    while True:
        perm = np.random.permutation(len(texts))
        texts = np.asarray(texts, dtype=object)[perm].tolist()
        tags_prep = tags_prep[perm]
        lens = lens[perm]
        for i in range(0, len(texts), batch_size):
            batch, rows = texts[i : i + batch_size], slice(i, i + batch_size)
            texts_inp1 = word_emb(word_emb.preprocess_texts(batch))
            texts_inp2 = char_digest_per_word(char_digest_per_word.preprocess_texts(batch))
            yield [texts_inp1, texts_inp2, tags_prep[rows], lens[rows]], tags_prep[rows]


def ours(texts, tags, vectors):
    import keras

    import nlp_builder

    words = nlp_builder.PreTrainedWordEmbeddingSequence(vectors, None, None, lowercase=True)
    characters = nlp_builder.CharPerWordEmbeddingSequence(None, CHAR_DIMENSION, None, CHARS)
    digest = nlp_builder.RNNDigest(characters, DIGEST, "gru", stacked_layers=3)
    blocks = [words.build(texts), digest.build(texts)]
    alphabet = nlp_builder.TagAlphabet.from_tags(tags)
    model = our_model(*blocks, len(alphabet))
    ids = [alphabet.ids(text) for text in tags]
    batches = nlp_builder.Batches(blocks, texts, ids, batch_size=BATCH)

    def fit(steps):
        tell, ends = clock(keras)
        model.fit(batches, callbacks=[tell], shuffle=False, verbose=0)
        return ends

    return fit


def our_model(words, digest, num_tags):
    import keras

    import nlp_builder

    x = keras.layers.Concatenate()([words.outputs, digest.outputs])
    for _ in range(5):
        lstm = nlp_builder.layers.LSTM(UNITS, return_sequences=True)
        x = keras.layers.Bidirectional(lstm)(x, mask=words.mask)
    for _ in range(4):
        x = keras.layers.Dense(num_tags, activation="tanh")(x)
    model = keras.Model(
        [words.inputs, digest.inputs], nlp_builder.CRF(num_tags)(x, mask=words.mask)
    )
    model.compile("adam", loss=nlp_builder.CRFLoss())
    model.optimizer.build(model.trainable_variables)  # else the first step is traced twice
    return model


RECIPES = {"ours": ours, "GiaNLP": gianlp}


def main() -> None:
    fits = []

    def answer(corpus="", vectors="", steps=0, kept=KEPT):
        """Prepare a model, or train it and tell the second at which each step ended."""
        if steps:
            return fits[-1](steps)
        if kept and sys.argv[1] == "ours":
            import keras  # noqa: F401  # before, as TensorFlow chooses too

            import nlp_builder

            nlp_builder.keep_freed_memory(kept)
        texts, tags = json.loads(Path(corpus).read_text("utf-8"))
        fits.append(RECIPES[sys.argv[1]](texts, tags, vectors))
        return None

    serve(answer)


if __name__ == "__main__":
    main()
