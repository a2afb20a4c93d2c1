"""Any text is survived, and what is no text is refused with a reason."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_builder.features import (
    CharPerWordEmbeddingSequence,
    Feature,
    PreTrainedWordEmbeddingSequence,
    RNNDigest,
)
from tests.blocks import small_vectors

ODD = [
    "",
    " ",
    "\n",
    "\u2028",
    "👩‍👩‍👧 🇫🇮",
    "é́́",
    "\ud800",
    "שלום עולם",
    "a" * 100_000,
    "a " * 50_000,
]
# Surrogates included: `text()` alone leaves them out.
any_text = st.text(st.characters(), max_size=60)


def small_blocks() -> list[Feature]:
    words = PreTrainedWordEmbeddingSequence(small_vectors(), "words", sequence_maxlen=5)
    characters = CharPerWordEmbeddingSequence("words", 3, word_maxlen=5, char_maxlen=4)
    return [block.build(["a bank of Oslo"]) for block in (words, RNNDigest(characters, 2, "gru"))]


BLOCKS = small_blocks()


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: type(block).__name__)
@given(texts=st.lists(any_text, max_size=4))
@settings(deadline=None, max_examples=50)
def test_any_text_becomes_ids_within_range(block, texts):
    ids = block.preprocess_texts(texts)
    assert ids.shape == (len(texts), *block.inputs_shape.shape)
    assert ids.dtype == np.int32
    assert ((ids >= 0) & (ids < len(block.slots[0].block.vocabulary))).all()
    # Padding is at the end: after a 0 there are only zeros.
    steps = ids.reshape(-1, ids.shape[-1]) != 0
    assert (np.diff(steps.astype(int), axis=1) <= 0).all()


@given(corpus=st.lists(any_text, min_size=1, max_size=4))
@settings(deadline=None, max_examples=50)
def test_a_block_knows_all_characters_of_its_corpus(corpus):
    block = CharPerWordEmbeddingSequence(
        "characters", 3, word_maxlen=None, char_maxlen=None, min_freq_percentile=0
    )
    if not any(corpus):
        with pytest.raises(ValueError, match="expects a corpus with words"):
            block.build(corpus)
    else:
        ids = block.build(corpus).preprocess_texts(corpus)
        assert not (ids == 1).any()


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: type(block).__name__)
def test_odd_texts_are_survived_up_to_the_outputs(block):
    outputs = block(block.preprocess_texts(ODD))
    assert outputs.shape == (len(ODD), *block.outputs_shape.shape)
    assert np.isfinite(outputs).all()


def test_odd_texts_are_a_corpus():
    block = CharPerWordEmbeddingSequence("words", 3).build(ODD)
    assert "\ud800" in block.vocabulary
    assert block.preprocess_texts(ODD).shape == (len(ODD), 30, 12)


def test_the_alphabet_is_counted_over_each_word_up_to_the_maximum():
    block = CharPerWordEmbeddingSequence("whitespace", 3, char_maxlen=5)
    block.build(["hello zebra quuxxyy"])
    assert set(block.vocabulary.tokens) == set("hellozebraquuxx")


WRONG = [
    (None, "expected a list of texts, got None"),
    ("a text", "wrap it in a list"),
    (5, "expected a list of texts, got 5"),
    ([1, 2], "at position 0, got 1"),
    (["a", None], "at position 1, got None"),
    (["a", float("nan")], "at position 1, got nan"),
    ([b"a"], "decode it"),
    (["a", ["b"]], "a str at position 0 and a token list at position 1"),
    ([["a", 1]], "got 1 .* as token 1"),
    ({"x": ["a"]}, "this block reads one text"),
    (pd.DataFrame({"x": ["a"]}), "this block reads one text, pass one of its columns"),
]


@pytest.mark.parametrize(("texts", "message"), WRONG)
@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: type(block).__name__)
def test_what_is_no_text_is_refused(block, texts, message):
    with pytest.raises(TypeError, match=message):
        block.preprocess_texts(texts)
    if texts is not None:
        with pytest.raises(TypeError, match=message):
            CharPerWordEmbeddingSequence("words", 3).build(texts)


@pytest.mark.parametrize(
    ("ids", "error", "message"),
    [
        (["a text"], TypeError, "turn texts into ids with preprocess_texts"),
        (np.zeros((1, 5, 4)), ValueError, "expects integer ids, got float64"),
        (np.zeros((1, 5, 3), int), ValueError, r"shape \(batch, \*\(5, 4\)\), got \(1, 5, 3\)"),
        (np.full((1, 5, 4), 99), ValueError, "knows ids from 0 to .*, got 99 to 99"),
        ([np.zeros((1, 5, 4), int)] * 2, ValueError, "reads 1 inputs, got 2"),
    ],
)
def test_what_are_no_ids_is_refused(ids, error, message):
    with pytest.raises(error, match=message):
        BLOCKS[1](ids)


def test_tokens_and_strings_meet_in_the_same_ids():
    by_tokens = PreTrainedWordEmbeddingSequence(small_vectors(), None, 4)
    by_text = PreTrainedWordEmbeddingSequence(small_vectors(), "whitespace", 4)
    np.testing.assert_array_equal(
        by_tokens.preprocess_texts([["a", "bank"]]), by_text.preprocess_texts(["a bank"])
    )


def test_the_ways_to_look_further():
    plain, further = (
        PreTrainedWordEmbeddingSequence(
            small_vectors(), None, 5, lowercase=on, digits_to_zero=on
        ).preprocess_texts([["Bank", "bank", "7", "Oslo", "OSLO"]])
        for on in (False, True)
    )
    assert plain.tolist() == [[1, 3, 1, 4, 1]]
    assert further.tolist() == [[3, 3, 7, 4, 1]]


def test_an_unknown_word_gets_the_mean_vector():
    block = PreTrainedWordEmbeddingSequence(small_vectors(), None, 2).build([["a"]])
    vectors = block(block.preprocess_texts([["nowhere", "Oslo"]]))[0]
    np.testing.assert_allclose(vectors[0], small_vectors().matrix.mean(axis=0), rtol=1e-6)
    np.testing.assert_array_equal(vectors[1], small_vectors()["Oslo"])


NO_PROCESS = """
import os, sys
from nlp_builder import CharPerWordEmbeddingSequence
block = CharPerWordEmbeddingSequence(str.split, 4).build(["a few words"])
started = []
starting = {"os.fork", "os.posix_spawn", "subprocess.Popen"}
sys.addaudithook(lambda event, _: started.append(event) if event in starting else None)
for _ in range(3):
    block.preprocess_texts(["a few words"] * 300)
assert started == [], started
if os.fork() == 0:  # the hook sees what it has to see
    os._exit(0)
assert started == ["os.fork"]
"""


def test_ids_are_made_without_a_process():
    done = subprocess.run([sys.executable, "-c", NO_PROCESS], capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
