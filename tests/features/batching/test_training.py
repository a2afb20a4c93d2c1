"""Keras' own fit, evaluate and data machinery on batches of texts."""

from __future__ import annotations

import multiprocessing
import time
from typing import Any

import keras
import numpy as np
import pytest

from nlp_builder import Batches
from tests.features.batching.letters import Letters, classifier, embedded, tagger

TEXTS = ["abc", "a", "abcdefg", "bc", "bcd", "e", "efg", "aa", "bb", "cde"]
CLASSES = [int("a" in text) for text in TEXTS]
TAGS = [[int(letter == "a") for letter in text] for text in TEXTS]


def cross_entropy(model: keras.Model, texts: list[str], classes: list[int]) -> np.ndarray:
    scores = np.array([model(Letters().preprocess_texts([text]))[0, 0] for text in texts])
    right = np.array(classes)
    return -(right * np.log(scores) + (1 - right) * np.log(1 - scores))


class Watch(keras.callbacks.Callback):
    """Counts batches of validation."""

    def __init__(self) -> None:
        super().__init__()
        self.batches = 0

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        self.batches += 1


@pytest.mark.parametrize(("number", "batches"), [(1, 1), (3, 1), (10, 3)])
def test_validation_is_scored_whole_also_if_it_is_smaller_than_a_batch(number, batches):
    model, watch = classifier(), Watch()
    validation = Batches(Letters(), TEXTS[:number], CLASSES[:number], batch_size=4, shuffle=False)
    history = model.fit(
        Batches(Letters(), TEXTS, CLASSES, batch_size=4),
        validation_data=validation,
        shuffle=False,
        callbacks=[watch],
        verbose=0,
    ).history
    losses = cross_entropy(model, TEXTS[:number], CLASSES[:number])
    np.testing.assert_allclose(history["val_loss"][0], losses.mean(), rtol=1e-5)
    assert watch.batches == batches


def test_keras_predicts_in_the_order_of_texts_without_targets():
    model = classifier()
    expected = [model(Letters().preprocess_texts([text]))[0] for text in TEXTS]
    found = model.predict(Batches(Letters(), TEXTS, batch_size=3), verbose=0)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    orders = [(None, None), (None, CLASSES), (True, None), (False, CLASSES)]
    batches = [Batches(Letters(), TEXTS, targets, shuffle=by) for by, targets in orders]
    assert [one.shuffle for one in batches] == [False, True, True, False]


def test_fewer_texts_than_a_batch_are_trained_on():
    model = classifier()
    before = cross_entropy(model, TEXTS[:2], CLASSES[:2]).mean()
    model.fit(Batches(Letters(), TEXTS[:2], CLASSES[:2], batch_size=8), epochs=3, verbose=0)
    assert cross_entropy(model, TEXTS[:2], CLASSES[:2]).mean() < before


def test_weights_of_texts_reach_the_loss():
    model = classifier()
    weights = np.linspace(0, 2, len(TEXTS))
    batches = Batches(Letters(), TEXTS, CLASSES, sample_weight=weights, batch_size=10)
    expected = (cross_entropy(model, TEXTS, CLASSES) * weights).mean()
    np.testing.assert_allclose(model.evaluate(batches, verbose=0), expected, rtol=1e-5)


def test_weights_of_classes_reach_the_loss():
    model = classifier()
    model.optimizer.learning_rate = 0.0
    losses = cross_entropy(model, TEXTS, CLASSES)
    batches = Batches(Letters(), TEXTS, CLASSES, batch_size=10)
    history = model.fit(batches, class_weight={0: 3.0, 1: 0.5}, verbose=0).history
    expected = (losses * np.where(CLASSES, 0.5, 3.0)).mean()
    np.testing.assert_allclose(history["loss"][0], expected, rtol=1e-5)


def test_keras_refuses_weights_of_classes_beside_weights_of_texts():
    batches = Batches(Letters(), TEXTS, CLASSES, sample_weight=np.ones(10))
    with pytest.raises(ValueError, match="cannot specify `class_weight` and `sample_weight`"):
        classifier().fit(batches, class_weight={0: 3.0}, verbose=0)


def test_tokens_of_weight_zero_do_not_count():
    model = tagger()
    weights = [[1.0] * len(tags) for tags in TAGS]
    wrong = [[1 - tag for tag in tags] for tags in TAGS]
    weights[2] = [0.0] * len(TAGS[2])
    mixed = [tags if n != 2 else wrong[2] for n, tags in enumerate(TAGS)]
    right, other = (
        model.evaluate(
            Batches(Letters(), TEXTS, tags, sample_weight=weights, batch_size=10), verbose=0
        )
        for tags in (TAGS, mixed)
    )
    assert right == pytest.approx(other)


def two_outputs(kind: type) -> keras.Model:
    ids = keras.Input((None,), dtype="int32")
    vectors = embedded(ids)
    score = keras.layers.Dense(1, activation="sigmoid", name="score")(
        keras.layers.GlobalAveragePooling1D()(vectors)
    )
    tags = keras.layers.Dense(2, activation="softmax", name="tags")(vectors)
    if kind is dict:
        model = keras.Model(ids, {"tags": tags, "score": score})
        losses: Any = {"tags": "sparse_categorical_crossentropy", "score": "binary_crossentropy"}
    else:
        model = keras.Model(ids, [tags, score])
        losses = ["sparse_categorical_crossentropy", "binary_crossentropy"]
    model.compile(keras.optimizers.SGD(0.5), losses)
    return model


@pytest.mark.parametrize("kind", [dict, tuple])
def test_several_outputs_have_their_targets_and_weights(kind):
    model = two_outputs(kind)
    zeros = [[0.0] * len(tags) for tags in TAGS]

    def batches(tag_weights: list[list[float]], weights: Any) -> Batches:
        targets = {"tags": TAGS, "score": CLASSES}
        given = {"tags": tag_weights, "score": weights}
        if kind is tuple:
            targets, given = tuple(targets.values()), tuple(given.values())
        return Batches(Letters(), TEXTS, targets, sample_weight=given, batch_size=10)

    only_scores = model.evaluate(batches(zeros, np.full(10, 2.0)), verbose=0, return_dict=True)
    ids = Letters().preprocess_texts(TEXTS)
    found = model(ids)
    scores = np.asarray(found["score"] if kind is dict else found[1])[:, 0]
    right = np.array(CLASSES)
    expected = -2 * (right * np.log(scores) + (1 - right) * np.log(1 - scores)).mean()
    assert only_scores["loss"] == pytest.approx(expected, rel=1e-4)
    model.fit(batches([[1.0] * len(t) for t in TAGS], np.ones(10)), epochs=2, verbose=0)


def pools() -> list[Any]:
    return multiprocessing.active_children()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("processes", [False, True])
def test_workers_end_with_their_epochs_and_leave_no_process(processes):
    options = {"workers": 2, "use_multiprocessing": processes, "max_queue_size": 3}
    batches = Batches(Letters(), TEXTS, TAGS, batch_size=3, **options)
    model = tagger()
    history = model.fit(batches, epochs=4, shuffle=False, verbose=0).history
    assert len(history["loss"]) == 4 and history["loss"][-1] < history["loss"][0]
    until = time.monotonic() + 20
    while pools() and time.monotonic() < until:
        time.sleep(0.1)
    assert pools() == []


def test_a_part_of_the_validation_is_the_same_part_in_each_epoch():
    model = classifier()
    model.optimizer.learning_rate = 0.0
    texts, classes = TEXTS * 30, CLASSES * 30
    history = model.fit(
        Batches(Letters(), TEXTS, CLASSES, batch_size=4),
        validation_data=Batches(Letters(), texts, classes, batch_size=4, shuffle=False),
        validation_steps=3,
        epochs=4,
        shuffle=False,
        verbose=0,
    ).history
    expected = cross_entropy(model, texts[:12], classes[:12]).mean()
    np.testing.assert_allclose(history["val_loss"], [expected] * 4, rtol=1e-5)


def test_steps_of_an_epoch_go_on_through_all_batches():
    asked = []

    class Noting(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            asked.append(float(self.model.trainable_weights[0].numpy().sum()))

    model, whole = classifier(), classifier()
    whole.set_weights(model.get_weights())
    batches = Batches(Letters(), TEXTS * 10, CLASSES * 10, batch_size=10, shuffle=False)
    model.fit(batches, steps_per_epoch=2, epochs=5, shuffle=False, verbose=0, callbacks=[Noting()])
    seen = asked.copy()
    asked.clear()
    whole.fit(batches, shuffle=False, verbose=0, callbacks=[Noting()])
    np.testing.assert_allclose(seen, asked, rtol=1e-5)
