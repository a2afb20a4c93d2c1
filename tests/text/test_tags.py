import copy
import enum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.text import TagAlphabet, spans_of, tags_from_spans
from tests.text.strategies import any_tags

TAGS = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]


@given(st.lists(any_tags("BIES"), min_size=1).filter(any), st.randoms(use_true_random=False))
def test_the_order_of_the_corpus_does_not_matter(texts, random):
    shuffled = random.sample(texts, len(texts))
    assert TagAlphabet.from_tags(texts) == TagAlphabet.from_tags(shuffled)


def test_outside_comes_first_then_labels_then_prefixes():
    texts = [["S-B", "E-A", "I-A"], ["B-B", "O", "B-A"]]
    alphabet = TagAlphabet.from_tags(texts)
    assert alphabet.tags == ("O", "B-A", "I-A", "E-A", "B-B", "S-B")
    assert TagAlphabet.from_tags([["VB", "NN", "O"]]).tags == ("O", "NN", "VB")


@given(st.lists(st.lists(st.sampled_from(TAGS), max_size=6), max_size=6))
def test_tags_come_back_from_their_ids(texts):
    alphabet = TagAlphabet(TAGS)
    ids = alphabet.encode(texts)
    assert ids.dtype == np.int32
    assert [alphabet.tags_of(row[: len(t)]) for row, t in zip(ids, texts, strict=True)] == texts
    assert [alphabet.ids(tags).tolist() for tags in texts] == [
        row[: len(tags)].tolist() for row, tags in zip(ids, texts, strict=True)
    ]


def test_long_texts_are_cut():
    assert TagAlphabet(TAGS).encode([TAGS, []], maxlen=3).tolist() == [[0, 1, 2], [0, 0, 0]]


def test_an_unknown_tag_is_named_with_its_place():
    alphabet = TagAlphabet(TAGS)
    with pytest.raises(ValueError, match=r"got 'B-XXX' at position 1: learn the alphabet"):
        alphabet.ids(["O", "B-XXX"])
    with pytest.raises(ValueError, match=r"got 'B-XXX' at position 2 of text 1: learn"):
        alphabet.encode([["O"], ["O", "O", "B-XXX"]])


@pytest.mark.parametrize("wrong", [-1, 5])
def test_ids_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=f"expected tag ids from 0 to 4, got {wrong}"):
        TagAlphabet(TAGS).tags_of([0, wrong])


class Tag(str, enum.Enum):  # noqa: UP042  # its str() is not its value
    PER = "B-PER"


@pytest.mark.parametrize("tag", [np.str_("B-PER"), Tag.PER])
def test_tags_are_plain_strings(tag):
    alphabet = TagAlphabet([tag])
    assert type(alphabet.tags[0]) is str
    assert alphabet.tags == ("B-PER",)
    assert alphabet.ids([tag]).tolist() == alphabet.ids(["B-PER"]).tolist() == [0]


def test_an_alphabet_is_a_value():
    alphabet = TagAlphabet(TAGS)
    assert alphabet == TagAlphabet(iter(TAGS)) == copy.deepcopy(alphabet)
    assert alphabet != TagAlphabet(TAGS[::-1])
    assert hash(alphabet) == hash(TagAlphabet(TAGS))
    assert "O" in alphabet and "X" not in alphabet and len(alphabet) == 5
    assert repr(TagAlphabet(["O"])) == "TagAlphabet(['O'])"


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: TagAlphabet([]), ValueError, "expected at least one tag, got none"),
        (lambda: TagAlphabet(["O", "O"]), ValueError, "expected each tag once"),
        (lambda: TagAlphabet("O"), TypeError, "got the str 'O'"),
        (lambda: TagAlphabet([1]), TypeError, "expected tags of type str, got 1"),
        (lambda: TagAlphabet.from_tags([]), ValueError, "expected at least one tag"),
        (lambda: TagAlphabet.from_tags(["O", "B-X"]), TypeError, "got the str 'O': wrap"),
        (lambda: TagAlphabet.from_tags([[1]]), TypeError, "expected tags of type str, got 1"),
        (lambda: TagAlphabet(["O"]).encode(["O"]), TypeError, "got the str 'O': wrap"),
        (lambda: TagAlphabet(["O"]).encode("O"), TypeError, "got the str 'O': wrap"),
        (lambda: TagAlphabet(["O"]).ids("O"), TypeError, "got the str 'O': wrap"),
        (lambda: TagAlphabet(["NN"]).allowed_transitions(), ValueError, "got 'NN'"),
    ],
)
def test_wrong_arguments_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    ("scheme", "prefixes"), [("IOB1", "BI"), ("IOB2", "BI"), ("BIOES", "BIES")]
)
def test_allowed_paths_are_exactly_the_well_formed_ones(scheme, prefixes):
    tags = ["O", *(f"{prefix}-{label}" for prefix in prefixes for label in "AB")]
    alphabet = TagAlphabet(tags)
    pairs, start, end = alphabet.allowed_transitions(scheme)
    assert pairs.dtype == start.dtype == end.dtype == bool

    @given(st.lists(st.sampled_from(tags), min_size=1, max_size=5))
    def agree(path):
        ids = alphabet.ids(path)
        allowed = start[ids[0]] and end[ids[-1]] and pairs[ids[:-1], ids[1:]].all()
        rewritten = tags_from_spans(spans_of(path, scheme), len(path), scheme)
        assert allowed == (rewritten == path)

    agree()
