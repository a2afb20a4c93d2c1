"""Generators and Keras datasets of batches of texts."""

from __future__ import annotations

import itertools
from typing import Any

import keras
import numpy as np
import pandas
import pytest

from nlp_builder import Batches
from nlp_builder.features.batching import is_stream, stream
from tests.features.batching.letters import Letters, classifier, tagger

TEXTS = [["abc", "a"], ["ab", "abc"], ["abcdef"], ["a", "b", "c"]]


class Source(keras.utils.PyDataset):
    """Batches of texts, which tells of its epochs."""

    def __init__(self, items: list[Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.items, self.calls = items, []

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Any:
        return self.items[index]

    def on_epoch_begin(self) -> None:
        self.calls.append("begin")

    def on_epoch_end(self) -> None:
        self.calls.append("end")


def test_what_is_a_stream():
    assert is_stream(iter([])) and is_stream(Source([])) and is_stream(x for x in [])
    assert not any(map(is_stream, (["a"], {"a": ["b"]}, np.array(["a"]), pandas.Series(["a"]))))


@pytest.mark.parametrize("collection", [list, pandas.Series, np.array])
def test_items_of_any_collections_become_tuples_of_arrays(collection):
    items = [(collection(texts), [1] * len(texts)) for texts in TEXTS]
    batches = list(stream(Letters(), iter(items), with_targets=True))
    assert [(ids.shape[0], targets.tolist()) for ids, targets in batches] == [
        (len(texts), [1] * len(texts)) for texts in TEXTS
    ]


def test_texts_with_names_stream_too():
    block = Letters(names=("who",))
    items = [{"who": ["abc", "d"]}, pandas.DataFrame({"who": ["ab"]})]
    batches = list(stream(block, iter(items), with_targets=False))
    assert [ids.shape for (ids,) in batches] == [(2, 3), (1, 2)]


def test_weights_and_tags_of_tokens_stream_as_they_do_in_batches():
    items = [(["abc", "a"], [[1, 2, 3], [4]], [[1, 1, 0.5], [2]])]
    ((ids, tags, weights),) = stream(Letters(), iter(items), with_targets=True)
    assert ids.shape == (2, 3)
    assert tags.tolist() == [[1, 2, 3], [4, 0, 0]]
    assert weights.tolist() == [[1, 1, 0.5], [2, 0, 0]]


def test_the_second_item_is_unlike_the_first_in_its_length():
    items = [(["abc"], [[1, 1, 1]])] * 3
    generated = list(stream(Letters(), iter(items), with_targets=True))
    source = stream(Letters(), Source(items), with_targets=True)
    for batches in (
        generated,
        [source[0], source[1], source[2]],
        [source[0], source[1], source[2]],
    ):
        assert [ids.shape[1] for ids, _ in batches] == [3, 4, 3]
        assert [tags.shape[1] for _, tags in batches] == [3, 4, 3]
    assert stream(Letters(), Source(items), with_targets=True)[1][0].shape[1] == 4


@pytest.mark.parametrize("item", [["a", "b"], (["a"],), (["a"], [1], [1], [1]), "a", [["a"], [1]]])
def test_an_item_for_training_is_a_tuple_of_two_or_three(item):
    with pytest.raises(TypeError, match=r"expected each batch as a tuple \(texts, targets\) or"):
        next(stream(Letters(), iter([item]), with_targets=True))


@pytest.mark.parametrize(
    "item", [["abc", "a"], (["abc", "a"],), (["abc", "a"], [0, 1]), (["abc", "a"], [0, 1], [1, 1])]
)
def test_targets_are_not_looked_at_to_predict(item):
    ((ids,),) = stream(Letters(), iter([item]), with_targets=False)
    assert ids.shape == (2, 3)


def test_items_that_do_not_match_are_refused():
    with pytest.raises(ValueError, match="expected a target for each of 2 texts, got 1"):
        next(stream(Letters(), iter([(["a", "b"], [1])]), with_targets=True))
    with pytest.raises(ValueError, match="expected targets with the sample weights"):
        next(stream(Letters(), iter([(["a", "b"], None, [1, 1])]), with_targets=True))
    with pytest.raises(TypeError, match=r"expected a list of texts, got the str 'abc': wrap it"):
        next(stream(Letters(), iter(["abc"]), with_targets=False))


def test_what_is_no_stream_is_refused():
    with pytest.raises(
        TypeError, match=r"expected a generator or a keras.utils.PyDataset of batch"
    ):
        stream(Letters(), ["a"], with_targets=False)


def test_a_dataset_keeps_its_length_its_workers_and_its_epochs():
    source = Source([(texts, [0] * len(texts)) for texts in TEXTS], workers=3, max_queue_size=4)
    own = stream(Letters(), source, with_targets=True)
    assert (own.num_batches, own.workers, own.max_queue_size) == (4, 3, 4)
    assert own.use_multiprocessing is False
    given = stream(Letters(), source, with_targets=True, workers=1, max_queue_size=2)
    assert (given.workers, given.max_queue_size) == (1, 2)
    classifier().fit(own, epochs=2, verbose=0)
    # Keras ends an epoch once before the first.
    assert source.calls[-4:] == ["begin", "end"] * 2


def test_batches_pass_as_they_are():
    batches = Batches(Letters(), ["a"], [1])
    assert stream(Letters(), batches, with_targets=True) is batches


def test_a_model_fits_an_endless_generator_of_tags_of_any_lengths():
    items = itertools.cycle((texts, [[0] * len(text) for text in texts]) for texts in TEXTS)
    batches = stream(Letters(), items, with_targets=True)
    history = tagger().fit(batches, steps_per_epoch=3, epochs=4, shuffle=False, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
