"""The libraries that preprocessing.py times, each in a process, and an environment, of its own.

Each is a function of texts and the path of a word2vec text file; it returns functions by the name
of what they make of texts: ids of words, and of characters of words.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections import Counter
from pathlib import Path

from turns import measuring, serve

WORD_MAXLEN, CHAR_MAXLEN, BATCH, DIMENSION = 113, 10, 256, 8


def split(text):
    return text.split()


def ours(texts, vectors):
    from nlp_builder import CharPerWordEmbeddingSequence, PreTrainedWordEmbeddingSequence

    words = PreTrainedWordEmbeddingSequence(vectors, split, WORD_MAXLEN).build(texts)
    characters = CharPerWordEmbeddingSequence(split, DIMENSION, WORD_MAXLEN, CHAR_MAXLEN)
    characters.build(texts)
    return {"words": words.preprocess_texts, "characters": characters.preprocess_texts}


def plain_numpy(texts, vectors):
    """What one writes by hand for this one purpose: a dict, a table of characters, flat places.

    Of five ways to write words and two to write characters these were the fastest. It checks
    nothing, and knows one tokenizer and the two lengths only.
    """
    import numpy as np

    ids = {word: number for number, word in enumerate(words_of(vectors), start=2)}
    counts = Counter(c for text in texts for token in split(text) for c in token[:CHAR_MAXLEN])
    least = np.percentile(list(counts.values()), 5)
    alphabet = sorted(ord(c) for c, number in counts.items() if number >= least)
    # (code points,)
    codes = np.ones(sys.maxunicode + 1, np.int32)
    codes[alphabet] = np.arange(2, len(alphabet) + 2)

    def rows_and_places(texts):
        rows = [text.split()[:WORD_MAXLEN] for text in texts]
        lengths = np.fromiter(map(len, rows), np.int64, len(rows))
        before = np.cumsum(lengths) - lengths
        # (tokens,)
        places = np.repeat(np.arange(len(rows)) * WORD_MAXLEN - before, lengths)
        return rows, places + np.arange(len(places))

    def words(texts):
        rows, places = rows_and_places(texts)
        found = map(ids.get, itertools.chain.from_iterable(rows), itertools.repeat(1))
        result = np.zeros(len(rows) * WORD_MAXLEN, np.int32)
        result[places] = np.fromiter(found, np.int32, len(places))
        return result.reshape(len(rows), WORD_MAXLEN)

    def characters(texts):
        rows, places = rows_and_places(texts)
        tokens = [token[:CHAR_MAXLEN] for row in rows for token in row]
        lengths = np.fromiter(map(len, tokens), np.int64, len(tokens))
        # (characters,)
        flat = codes[np.frombuffer("".join(tokens).encode("utf-32-le"), np.uint32)]
        starts = np.repeat(places * CHAR_MAXLEN - (np.cumsum(lengths) - lengths), lengths)
        result = np.zeros(len(rows) * WORD_MAXLEN * CHAR_MAXLEN, np.int32)
        result[starts + np.arange(len(flat))] = flat
        return result.reshape(len(rows), WORD_MAXLEN, CHAR_MAXLEN)

    return {"words": words, "characters": characters}


def tokenizers(texts, vectors):
    """Hugging Face's, for words; ids of characters by word it has none."""
    import numpy as np
    from tokenizers import Tokenizer, models, pre_tokenizers

    ids = {"[PAD]": 0, "[UNK]": 1}
    ids |= {word: number for number, word in enumerate(words_of(vectors), start=2)}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token="[UNK]"))  # noqa: S106  # no password
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.enable_padding(pad_id=0, pad_token="[PAD]", length=WORD_MAXLEN)  # noqa: S106  # nor
    tokenizer.enable_truncation(WORD_MAXLEN)

    def words(texts):
        encodings = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        return np.array([encoding.ids for encoding in encodings], np.int32)

    return {"words": words}


def gianlp(texts, vectors):
    from gianlp.models import CharPerWordEmbeddingSequence, PreTrainedWordEmbeddingSequence

    words = PreTrainedWordEmbeddingSequence(vectors, split, WORD_MAXLEN)
    characters = CharPerWordEmbeddingSequence(split, DIMENSION, WORD_MAXLEN, CHAR_MAXLEN)
    words.build(texts)
    characters.build([word for text in texts for word in split(text)])
    return {"words": words.preprocess_texts, "characters": characters.preprocess_texts}


def gianlp_one_job(texts, vectors):
    from gianlp.config import set_default_jobs

    set_default_jobs(1)
    return gianlp(texts, vectors)


LIBRARIES = {
    "ours": ours,
    "NumPy": plain_numpy,
    "tokenizers": tokenizers,
    "GiaNLP": gianlp,
    "GiaNLP, 1 job": gianlp_one_job,
}


def words_of(vectors):
    with open(vectors, encoding="utf-8") as file:
        next(file)
        return [line.split(" ", 1)[0] for line in file]


def prepare(library, case):
    """Return what is measured: a call for all texts, one for each batch, and that joined."""
    import numpy as np

    texts = json.loads(Path(case["texts"]).read_text("utf-8"))
    batches = [texts[start : start + BATCH] for start in range(0, len(texts), BATCH)]
    functions = {}
    for name, ids in LIBRARIES[library](texts, case["vectors"]).items():
        functions[f"{name}, one call"] = lambda ids=ids: ids(texts)
        if case["batches"]:
            functions[f"{name}, batches of {BATCH}"] = lambda ids=ids: list(map(ids, batches))
            functions[f"{name}, joined"] = lambda ids=ids: np.concatenate(list(map(ids, batches)))
    return functions


if __name__ == "__main__":
    serve(measuring(lambda case: prepare(sys.argv[1], case), least_seconds=0.3))
