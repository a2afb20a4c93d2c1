import multiprocessing
import os
import subprocess
import sys
import weakref
from collections import Counter
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.text import (
    characters_of,
    characters_of_words,
    count_chunks,
    no_symbols,
    register_tokenizer,
    symbols_of_chunks,
    whole_text,
    words_of,
)
from nlp_builder.text.counting_processes import counted_by_processes
from tests.text.strategies import any_text, token_lists

WORDS = partial(words_of, tokenizer="whitespace")
CHARACTERS = partial(characters_of_words, tokenizer="words", maxlen=3)
# Characters of words of sentences: chunks of chunks.
NESTED = partial(
    symbols_of_chunks,
    chunker=str.splitlines,
    symbols=partial(
        symbols_of_chunks, chunker="whitespace", symbols=partial(characters_of, maxlen=2)
    ),
)


# What processes call must be a function of a module.


def split_commas(text):
    return text.split(",")


def fail(text):
    raise LookupError(f"no tokens for {text}")


def end_the_process(texts):
    os._exit(1)


def loaded_frameworks(texts):
    return [f"{name}: {name in sys.modules}" for name in ("keras", "tensorflow", "nlp_builder")]


def size_of(chunk, functions):
    return len(chunk)


def stream(num_chunks=7, size=20):
    """Chunks of sentences whose words come in an order that no sorting gives."""
    random = np.random.default_rng(3)
    for _ in range(num_chunks):
        yield [" ".join(f"w{i}" for i in random.zipf(1.5, size=6)) for _ in range(size)]


@given(st.lists(any_text, max_size=6), st.none() | st.integers(1, 4))
def test_characters_of_strings_equal_a_plain_loop(texts, maxlen):
    expected = [character for text in texts for character in text[:maxlen]]
    assert list(characters_of(texts, maxlen=maxlen)) == expected


@given(token_lists, st.none() | st.integers(1, 4))
def test_symbols_of_token_lists_equal_a_plain_loop(texts, maxlen):
    tokens = [token for text in texts for token in text]
    assert list(words_of(texts, tokenizer=None)) == tokens
    inner = [character for token in tokens for character in token[:maxlen]]
    assert list(characters_of_words(texts, tokenizer=None, maxlen=maxlen)) == inner
    characters = partial(characters_of, maxlen=maxlen)
    assert list(symbols_of_chunks(texts, chunker=None, symbols=characters)) == inner
    whole = [character for text in texts for character in " ".join(text)[:maxlen]]
    assert list(characters_of(texts, maxlen=maxlen)) == whole
    assert [whole_text(text) for text in texts] == [" ".join(text) for text in texts]


@given(st.lists(any_text, max_size=4))
def test_nothing_is_counted_where_nothing_is_learnt(texts):
    assert list(no_symbols(texts, tokenizer="words")) == []
    assert not count_chunks([texts], {1: [partial(no_symbols, tokenizer="words")]})[1]


def test_a_tokenizer_that_does_not_fit_is_found_although_nothing_is_counted():
    with pytest.raises(ValueError, match="expected token lists since tokenizer=None"):
        no_symbols(["a b"], tokenizer=None)
    with pytest.raises(TypeError, match="token lists"):
        no_symbols([["a", "b"]], tokenizer=split_commas)


def test_chunks_of_chunks_are_counted_at_any_depth():
    assert "".join(NESTED(["abc de\nfgh", "ij"])) == "abdefgij"


@given(st.lists(st.lists(any_text, max_size=4), max_size=4))
def test_counts_equal_those_of_all_texts_at_once(chunks):
    counts = count_chunks(chunks, {"words": [WORDS], "both": [WORDS, CHARACTERS]})
    texts = [text for chunk in chunks for text in chunk]
    words, characters = Counter(WORDS(texts)), Counter(CHARACTERS(texts))
    assert {word: counts["words"][word] for word in counts["words"]} == words
    assert {item: counts["both"][item] for item in counts["both"]} == words + characters


def test_no_chunks_give_empty_counts():
    assert len(count_chunks([], {1: [WORDS]}, workers=2)[1]) == 0


def test_several_processes_count_as_one_does():
    key = object()  # a key of any type, since it stays here
    symbols = {key: [WORDS], "nested": [NESTED], "both": [WORDS, CHARACTERS], "none": []}
    alone = count_chunks(stream(), symbols)
    together = count_chunks(stream(), symbols, workers=2)
    assert together == alone
    assert list(together[key]) == list(alone[key])
    assert together[key].freeze(max_size=9) == alone[key].freeze(max_size=9)
    assert multiprocessing.active_children() == []


def test_a_process_loads_no_framework_and_knows_the_tokenizers_of_this_one():
    # Registered here alone, for strings: token lists are to be taken as they are there too.
    register_tokenizer("commas")(split_commas)
    symbols = {
        "loaded": [loaded_frameworks],
        "by name": [partial(words_of, tokenizer="commas")],
        "by function": [partial(words_of, tokenizer=split_commas)],
    }
    counts = count_chunks([["a,b", "c"], [["a,b", "c"]]], symbols, workers=2)
    assert sorted(counts["loaded"]) == ["keras: False", "nlp_builder: True", "tensorflow: False"]
    assert sorted(counts["by name"]) == ["a", "a,b", "b", "c"]
    assert counts["by name"] == counts["by function"]


class Chunk(list):
    """A list that can be watched."""


def test_one_process_keeps_nothing_but_counts():
    watched = []

    def chunks():
        for chunk in stream(num_chunks=20):
            assert sum(reference() is not None for reference in watched) <= 2
            chunk = Chunk(chunk)
            watched.append(weakref.ref(chunk))
            yield chunk

    assert count_chunks(chunks(), {0: [WORDS]})[0].total == 20 * 20 * 6


def test_a_stream_is_read_no_further_than_two_chunks_for_each_process():
    drawn = []

    def endless():
        while True:
            drawn.append(None)
            yield ["a"]

    sizes = counted_by_processes(size_of, endless(), [], workers=2)
    assert [next(sizes) for _ in range(3)] == [1, 1, 1]
    assert len(drawn) == 2 * 2 + 2
    sizes.close()
    assert multiprocessing.active_children() == []


def test_errors_come_out_as_they_were_and_end_the_processes():
    def broken():
        yield ["a b"]
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        count_chunks(broken(), {0: [WORDS]}, workers=2)
    failing = {0: [partial(words_of, tokenizer=fail)]}
    for workers in (1, 2):
        with pytest.raises(LookupError, match="no tokens for w"):
            count_chunks(stream(), failing, workers=workers)
    assert multiprocessing.active_children() == []


def test_a_process_that_dies_is_an_error_with_a_hint():
    with pytest.raises(RuntimeError, match=r"got one that ended: .*workers=1 shows other errors"):
        count_chunks(stream(), {0: [end_the_process]}, workers=2)


def test_functions_that_no_process_can_import_are_named():
    def local(text):
        return text.split()

    for tokenizer, name in [(local, "local"), (lambda text: [text], "<lambda>")]:
        inner = partial(words_of, tokenizer=tokenizer)
        symbols = partial(symbols_of_chunks, chunker="whitespace", symbols=inner)
        assert count_chunks([["a b"]], {0: [symbols]})[0].total == 2
        message = rf"sent to a process, got .*{name}.*define it in a module .* or use workers=1"
        with pytest.raises(TypeError, match=message):
            count_chunks([["a b"]], {0: [symbols]}, workers=2)


NOTEBOOK = """
from functools import partial
from nlp_builder.text import count_chunks, words_of
def split(text):
    return text.split()
count_chunks([["a"]], {0: [partial(words_of, tokenizer=split)]}, workers=2)
"""


def test_a_function_of_a_notebook_is_named():
    # As a notebook's, this main module is no file.
    run = subprocess.run([sys.executable, "-c", NOTEBOOK], capture_output=True, text=True)
    assert "got split, which belongs to a notebook or a prompt; define it in a" in run.stderr


@pytest.mark.parametrize(
    ("workers", "error"), [(0, ValueError), (1.5, TypeError), (True, TypeError)]
)
def test_workers_are_a_positive_number(workers, error):
    with pytest.raises(error, match="expected workers to be a whole number of at least 1, got"):
        count_chunks([], {}, workers=workers)
