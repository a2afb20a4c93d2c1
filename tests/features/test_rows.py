"""Blocks that look at rows of ids, such as the characters of words: distinct ones are enough."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from nlp_builder.features import (
    CharEmbeddingSequence,
    CharPerWordEmbeddingSequence,
    KerasWrapper,
    PerChunkSequencer,
    RNNDigest,
    TrainableWordEmbeddingSequence,
)
from nlp_builder.features.row_models import looks_at_rows
from nlp_builder.layers import DistinctRows, RowsAtPlaces

TEXTS = [["a", "cat", "and", "a", "dog"], ["a", "dog"], ["sea"]]
POEMS = ["a cat\na dog\na cat", "a dog", "the sea\na cat"]
# Keras adds what an output costs at each of its places, so that all of them have to be there.
ALL_ROWS = {"activity_regularizer": "l2"}


def characters():
    return CharPerWordEmbeddingSequence(None, 3, None, 4, random_state=1)


def digest(**options):
    return RNNDigest(characters(), 2, "gru", **options)


def stacked(**options):
    steps = RNNDigest(characters(), 3, "gru", return_sequences=True, **options)
    return RNNDigest(steps, 2, "lstm", bidirectional=True, **options)


def of_words_and_characters(**options):
    words = TrainableWordEmbeddingSequence(None, 4, None, None)
    both = [words, RNNDigest(characters(), 3, "gru", **options)]
    return RNNDigest(both, 2, "gru", return_sequences=True)


def of_lines(**options):
    words = TrainableWordEmbeddingSequence("whitespace", 4, None, 3)
    return RNNDigest(PerChunkSequencer(words, str.splitlines, None), 2, "gru", **options)


def poem(**options):
    letters = PerChunkSequencer(CharEmbeddingSequence(4, 5), "whitespace", 6)
    words = RNNDigest(PerChunkSequencer(letters, str.splitlines, 4), 4, "gru", **options)
    return RNNDigest(RNNDigest(words, 4, "gru"), 4, "gru")


ROWS = {
    "digest": (digest, TEXTS),
    "without masking": (lambda **options: digest(masking=False, **options), TEXTS),
    "stacked": (stacked, TEXTS),
    "words and characters": (of_words_and_characters, TEXTS),
    "lines": (of_lines, POEMS),
    "poem": (poem, POEMS),
}


def distinct_rows_of(block):
    return [layer for layer in block._graph.layers if isinstance(layer, DistinctRows)]


def gradients(block, ids):
    """Outputs, and gradients of a sum in which each of them has a weight of its own."""
    with tf.GradientTape() as tape:
        outputs = block._graph(ids, training=True)
        loss = tf.reduce_sum(
            outputs * tf.reshape(tf.range(tf.size(outputs), dtype="float32"), outputs.shape)
        )
    found = tape.gradient(loss, block.trainable_weights)
    return outputs.numpy(), [tf.convert_to_tensor(gradient).numpy() for gradient in found]


@pytest.mark.parametrize(("make", "texts"), ROWS.values(), ids=ROWS.keys())
def test_outputs_and_gradients_are_those_of_all_rows(make, texts):
    fast, plain = make().build(texts), make(**ALL_ROWS).build(texts)
    assert len(distinct_rows_of(fast)) == 1
    assert not distinct_rows_of(plain)
    ids = [array for array in keras.tree.flatten(fast.preprocess_texts(texts))]
    (outputs, found), (expected, wanted) = gradients(fast, ids), gradients(plain, ids)
    np.testing.assert_allclose(outputs, expected, atol=1e-6)
    # A file numbers what an optimizer keeps by the order of the weights.
    assert [w.shape for w in fast._graph.weights] == [w.shape for w in plain._graph.weights]
    for gradient, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(gradient, other, atol=1e-4)
        assert other.any()


def test_a_model_written_by_hand_digests_each_word_once():
    block = digest().build(TEXTS)
    scores = keras.layers.Dense(1)(block.outputs)
    model = keras.Model(block.inputs, [scores, *distinct_rows_of(block)[0].output])
    ids = block.preprocess_texts(TEXTS)
    _, rows, places = model.predict_on_batch(ids)
    assert rows.shape == (6, 1, 4)  # a, cat, and, dog, sea, and what pads the shorter texts
    np.testing.assert_array_equal(rows[places][:, :, 0], ids)


def test_two_digests_share_the_distinct_words():
    shared = characters()
    both = [RNNDigest(shared, 2, "gru"), RNNDigest(shared, 3, "lstm")]
    block = RNNDigest(both, 2, "gru").build(TEXTS)
    assert len(distinct_rows_of(block)) == 1
    assert sum("masked_embedding" in layer.name for layer in block._graph.layers) == 1


def test_dropout_draws_for_each_occurrence_in_training():
    block = digest(dropout=0.5).build(TEXTS)
    ids = block.preprocess_texts([["cat"] * 8])
    trained = np.asarray(block._graph([ids], training=True))
    assert len(np.unique(trained[0].round(6), axis=0)) > 2
    (layer,) = distinct_rows_of(block)
    assert layer(ids, training=False)[0].shape[0] == 1


def sequential(*parts):
    return keras.Sequential([keras.Input((4, 3)), *parts])


def normalized_by_batch():
    steps = keras.Input((4, 3))
    return keras.Model(steps, steps - keras.ops.mean(steps, axis=0, keepdims=True))


def odd(values):
    return values - keras.ops.mean(values, axis=0)


PLAIN = {
    "convolution": lambda: sequential(layers.Conv1D(2, 2), layers.GlobalMaxPooling1D()),
    "recurrent": lambda: sequential(layers.Bidirectional(layers.LSTM(2)), layers.Dense(1)),
    "nested": lambda: sequential(sequential(layers.GRU(2))),
}
BY_THE_BATCH = {
    "an operation": normalized_by_batch,
    "a custom activation": lambda: sequential(layers.Dense(2, odd)),
    "a function of Keras": lambda: sequential(layers.Activation(keras.ops.flip)),
    "a layer as activation": lambda: sequential(layers.Activation(layers.Softmax(axis=0))),
    "what its outputs cost": lambda: sequential(layers.Dense(2, activity_regularizer="l2")),
    "inside": lambda: sequential(layers.Bidirectional(layers.LSTM(2, activity_regularizer="l2"))),
    "a layer that is not known": lambda: sequential(layers.Lambda(odd)),
}
IN_TRAINING = {
    "dropout": lambda: sequential(layers.Dropout(0.5), layers.GRU(2)),
    "recurrent dropout": lambda: sequential(layers.GRU(2, recurrent_dropout=0.5)),
    "normalization": lambda: sequential(layers.BatchNormalization(), layers.Flatten()),
}


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("kind", [*PLAIN, *BY_THE_BATCH, *IN_TRAINING])
def test_a_model_looks_at_rows_if_that_is_sure(kind, training):
    model = {**PLAIN, **BY_THE_BATCH, **IN_TRAINING}[kind]()
    expected = kind in PLAIN or (kind in IN_TRAINING and not training)
    assert looks_at_rows(model, training=training) == expected


@pytest.mark.parametrize("kind", PLAIN)
def test_a_model_of_characters_reads_each_word_once(kind):
    block = KerasWrapper(characters(), PLAIN[kind]()).build(TEXTS)
    (layer,) = distinct_rows_of(block)
    assert layer.in_training
    ids = block.preprocess_texts(TEXTS)
    # What is not known to look at rows reads all of them.
    same = keras.Sequential([block.wrapped_model, layers.ActivityRegularization()])
    plain = KerasWrapper(characters(), same).build(TEXTS)
    assert not distinct_rows_of(plain)
    np.testing.assert_allclose(block(ids), plain(ids), atol=1e-6)


def test_layers_stand_in_the_order_of_the_same_graph_without_distinct_rows():
    blocks = [of_words_and_characters(**options).build(TEXTS) for options in ({}, ALL_ROWS)]
    orders = [[type(layer) for layer in block._graph._layers if layer.weights] for block in blocks]
    assert orders[0] == orders[1]
    assert any(isinstance(layer, RowsAtPlaces) for layer in blocks[0]._graph._layers)
