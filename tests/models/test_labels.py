"""Labels and their numbers."""

import enum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.models import Labels
from nlp_builder.models.labels import require_by_label

names_of_labels = st.text(st.characters(exclude_categories=["Cc", "Zl", "Zp"]))


@given(names=st.lists(names_of_labels, min_size=1, unique=True))
def test_numbers_lead_back_to_labels(names):
    labels = Labels(names)
    numbers = labels.numbers(names)
    assert numbers.dtype == np.int32
    assert [labels.idx2label[number] for number in numbers.tolist()] == names
    assert len(labels) == labels.vocab_size == len(labels.label2idx) == len(names)


def test_what_was_handed_out_changes_nothing():
    labels = Labels(["O", "B-PER"])
    labels.label2idx["B-LOC"] = 7
    labels.idx2label.clear()
    assert labels.label2idx == {"O": 0, "B-PER": 1}
    assert repr(labels) == "Labels(['O', 'B-PER'])"


@pytest.mark.parametrize(
    ("names", "error", "message"),
    [
        ([], ValueError, "at least one label, got none"),
        (["a", "b", "a"], ValueError, "each label once, got 'a' more than once"),
        (["a", 1], TypeError, "labels of type str, got 1"),
        ([None], TypeError, "labels of type str, got None"),
    ],
)
def test_what_are_no_labels_is_refused(names, error, message):
    with pytest.raises(error, match=message):
        Labels(names)


class Kind(str, enum.Enum):  # noqa: UP042  # its str() is not its value
    HAM = "ham"


@pytest.mark.parametrize("name", [np.str_("ham"), Kind.HAM])
def test_labels_are_plain_strings(name):
    labels = Labels([name])
    assert type(labels.names[0]) is str
    assert labels.names == ("ham",)
    assert labels.numbers([name]).tolist() == labels.numbers(["ham"]).tolist() == [0]


def test_unknown_labels_are_all_listed():
    labels = Labels(["ham"])
    for act in (
        lambda: labels.require(["z", "ham", 7], "labels"),
        lambda: labels.numbers(["z", "7"]),
    ):
        with pytest.raises(ValueError, match=r"that training had, \['ham'\], got \['7', 'z'\] in"):
            act()
    labels.require([], "labels")


@pytest.mark.parametrize("name", ["B-\x1b]0;title\x07", "a\nO", "a\tb", "\x9b1m", "a\u2028b"])
def test_what_a_terminal_obeys_is_no_label(name):
    with pytest.raises(ValueError, match="labels without control characters"):
        Labels(["O", name])


@pytest.mark.parametrize("weights", ["balanced", [1.0, 2.0], 7])
def test_weights_of_labels_are_by_their_names(weights):
    with pytest.raises(TypeError, match=r"as a dict from labels to weights.*'O': 0.5.*balanced"):
        require_by_label(weights)
