"""Prediction from texts, the same in whatever batches."""

from __future__ import annotations

import gc
import itertools
import weakref
from typing import Any

import keras
import numpy as np
import pytest

from nlp_builder import Batches
from nlp_builder.features.batching import predict_texts
from nlp_builder.features.batching.flat import flat_graph
from tests.features.batching.letters import Letters, classifier, embedded, tagger

RANDOM = np.random.default_rng(5)
TEXTS = ["abcdefghij"[: RANDOM.integers(1, 10)] for _ in range(25)]
SIZES = [1, 4, 25, 100]


def one_by_one(model: keras.Model, texts: list[str]) -> list[np.ndarray]:
    return [np.asarray(model(Letters().preprocess_texts([text])))[0] for text in texts]


class Source(keras.utils.PyDataset):
    """Batches of texts."""

    def __init__(self, items: list[Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Any:
        return self.items[index]


@pytest.fixture(scope="module")
def classify() -> keras.Model:
    return classifier()


@pytest.fixture(scope="module")
def tag() -> keras.Model:
    return tagger()


@pytest.mark.parametrize("batch_size", SIZES)
def test_a_score_for_each_text_in_order_for_every_batch_size(classify, batch_size):
    (scores,) = predict_texts(classify, Letters(), TEXTS, batch_size=batch_size)
    assert scores.dtype == "float32"
    np.testing.assert_allclose(scores, one_by_one(classify, TEXTS), rtol=1e-5)


@pytest.mark.parametrize("batch_size", SIZES)
def test_scores_of_steps_are_padded_with_zeros_for_every_batch_size(tag, batch_size):
    (scores,) = predict_texts(tag, Letters(), TEXTS, batch_size=batch_size)
    assert scores.shape == (25, max(map(len, TEXTS)), 2)
    assert isinstance(scores, np.ndarray) and scores.dtype == "float32"
    for row, text, single in zip(scores, TEXTS, one_by_one(tag, TEXTS), strict=True):
        np.testing.assert_allclose(row[: len(text)], single, rtol=1e-5)


def test_a_fixed_length_is_kept():
    (scores,) = predict_texts(tagger(12), Letters(12), TEXTS, batch_size=7)
    assert scores.shape == (25, 12, 2)


def test_no_rows_and_few_steps_are_padded():
    seen = []
    ids = keras.Input((None,), dtype="int32")
    model = keras.Model(ids, keras.layers.Lambda(lambda x: x * 1)(ids))

    class Watch(keras.callbacks.Callback):
        def on_predict_batch_end(self, batch, logs=None):
            seen.append(tuple(logs["outputs"][1].numpy()[0].tolist()))

    lengths = sorted(map(len, TEXTS))
    predict_texts(model, Letters(), TEXTS, batch_size=10, callbacks=[Watch()])
    assert [rows for rows, _ in seen] == [10, 10, 5]
    # The second batch may be one step longer, lest Keras takes the length for fixed.
    assert [steps for _, steps in seen][::2] == [lengths[9], lengths[24]]


@pytest.mark.parametrize("maxlen", [None, 12])
@pytest.mark.parametrize("kind", [dict, list])
def test_several_outputs_come_in_the_order_of_the_model(kind, maxlen):
    ids = keras.Input((maxlen,), dtype="int32")
    means = keras.layers.GlobalAveragePooling1D()(embedded(ids, 3))
    outputs = {"c": embedded(ids, 5), "a": means, "b": ids}
    model = keras.Model(ids, outputs if kind is dict else list(outputs.values()))
    found = predict_texts(model, Letters(maxlen), TEXTS, batch_size=4)
    assert len(found) == 3
    for array, output in zip(found, model.outputs, strict=True):
        assert array.dtype == "float32"
        assert array.shape == tuple(
            size or wanted
            for size, wanted in zip(output.shape, (25, max(map(len, TEXTS)), None), strict=False)
        )
    (letters,) = (a for a, output in zip(found, model.outputs, strict=True) if output is ids)
    assert np.count_nonzero(letters, axis=1).tolist() == [len(text) for text in TEXTS]


@pytest.mark.parametrize("make", [classifier, tagger])
def test_no_texts_give_no_rows(make):
    model = make()
    for nothing in ([], iter([]), Source([])):
        (scores,) = predict_texts(model, Letters(), nothing)
        assert (scores.dtype, scores.shape[0], scores.ndim) == (
            "float32",
            0,
            len(model.output_shape),
        )


def test_half_precision_comes_back_as_float32():
    model = classifier(dtype="float16")
    assert model.output.dtype == "float16"
    assert predict_texts(model, Letters(), TEXTS)[0].dtype == "float32"
    ids = keras.Input((None,), dtype="int32")
    halves = keras.Model(ids, keras.layers.Embedding(30, 2, dtype="mixed_float16")(ids))
    assert halves.output.dtype == "float16"
    assert predict_texts(halves, Letters(), TEXTS, batch_size=4)[0].dtype == "float32"


def parted(number: int, *, with_targets: bool) -> list[Any]:
    parts = [TEXTS[i : i + number] for i in range(0, len(TEXTS), number)]
    return [(part, [0] * len(part)) for part in parts] if with_targets else parts


@pytest.mark.parametrize("with_targets", [False, True])
@pytest.mark.parametrize("make", [iter, Source, lambda items: Source(items, workers=3)])
def test_streams_keep_their_order(tag, make, with_targets):
    (expected,) = predict_texts(tag, Letters(), TEXTS)
    source = make(parted(4, with_targets=with_targets))
    (scores,) = predict_texts(tag, Letters(), source)
    for row, wanted, text in zip(scores, expected, TEXTS, strict=True):
        np.testing.assert_allclose(row[: len(text)], wanted[: len(text)], rtol=1e-5)


def test_steps_end_an_endless_generator(classify):
    source = itertools.cycle(parted(5, with_targets=False))
    (scores,) = predict_texts(classify, Letters(), source, steps=7)
    assert scores.shape == (35, 1)
    np.testing.assert_allclose(scores[25:], scores[:10], rtol=1e-5)


def test_steps_are_counted_in_the_order_of_the_texts(classify):
    (scores,) = predict_texts(classify, Letters(), TEXTS, batch_size=4, steps=2)
    np.testing.assert_allclose(scores, one_by_one(classify, TEXTS[:8]), rtol=1e-5)


def test_a_generator_that_ends_early_gives_what_came_and_one_warning(classify):
    with pytest.warns(
        UserWarning, match="expected 9 batches to predict, and the generator gave 5"
    ) as warned:
        (scores,) = predict_texts(classify, Letters(), iter(parted(5, with_targets=True)), steps=9)
    assert len(warned) == 1
    np.testing.assert_allclose(scores, one_by_one(classify, TEXTS), rtol=1e-5)


def test_a_callback_may_stop_early(classify):
    class Stop(keras.callbacks.Callback):
        def on_predict_batch_end(self, batch, logs=None):
            self.model.stop_predicting = batch == 1

    (scores,) = predict_texts(classify, Letters(), TEXTS, batch_size=5, callbacks=[Stop()])
    assert scores.shape == (10, 1)


@pytest.mark.parametrize("options", [{}, {"workers": 2, "max_queue_size": 3}])
def test_keras_shows_its_bar_when_asked(classify, capsys, options):
    predict_texts(classify, Letters(), TEXTS, batch_size=5, **options)
    assert capsys.readouterr().out == ""
    predict_texts(classify, Letters(), TEXTS, batch_size=5, verbose=1, **options)
    assert "5/5" in capsys.readouterr().out


def test_ids_exist_one_batch_at_a_time(classify):
    block = Letters()
    seen: list[int] = []
    ids_of = block.preprocess_texts
    block.preprocess_texts = lambda texts: seen.append(len(texts)) or ids_of(texts)
    predict_texts(classify, block, TEXTS, batch_size=5)
    assert max(seen) == 5


def test_the_graph_for_different_lengths_is_made_once_and_goes_with_its_model():
    model = tagger()
    flat = flat_graph(model)
    assert flat_graph(model) is flat
    assert flat.layers[1] is model.layers[1]
    gone = weakref.ref(model)
    del model, flat
    keras.backend.clear_session()
    gc.collect()
    assert gone() is None


def test_what_is_no_text_is_refused(classify):
    with pytest.raises(TypeError, match="wrap it in a list"):
        predict_texts(classify, Letters(), "abc")
    with pytest.raises(TypeError, match="expected texts, got Batches"):
        predict_texts(classify, Letters(), Batches(Letters(), TEXTS))
    with pytest.raises(ValueError, match="expected batch_size to be"):
        predict_texts(classify, Letters(), TEXTS, batch_size=0)
