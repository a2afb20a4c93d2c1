"""Epochs by their number, and training that was stopped in the middle of one."""

import itertools
import warnings

import keras
import numpy as np
import pytest

from nlp_builder import Batches, TagAlphabet, TrainableWordEmbeddingSequence, load_sample_corpus
from tests.features.batching.letters import Letters, embedded
from tests.features.classifiers import LABELS, classifier
from tests.features.classifiers import TEXTS as WORDS

TEXTS = ["abcdefghij"[: 1 + n % 10] for n in range(45)]
TAGS = [[n % 2] * len(text) for n, text in enumerate(TEXTS)]


class Asked(Letters):
    """Notes the texts that it reads in training."""

    def __init__(self):
        super().__init__()
        self.read = []

    def preprocess_texts(self, texts):
        self.read.append(tuple(texts))
        return super().preprocess_texts(texts)


def model_of(seed=0):
    keras.utils.set_random_seed(seed)
    ids = keras.Input((None,), dtype="int32")
    x = keras.layers.Dropout(0.3, seed=5)(embedded(ids))
    model = keras.Model(ids, keras.layers.Dense(2, activation="softmax")(x))
    model.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy")
    return model


def batches_of(**options):
    return Batches(Letters(), TEXTS, TAGS, batch_size=8, random_seed=7, **options)


def rows_of(batches):
    return [rows.tolist() for rows in batches._batches]


def noise_of(model):
    """The state of dropout, which Keras does not keep in its files."""
    return [keras.ops.convert_to_numpy(v) for v in model.non_trainable_variables]


class StopAfter(keras.callbacks.Callback):
    """Keeps the model after some batches, and stops."""

    def __init__(self, number, path):
        super().__init__()
        self.left, self.path = number, path

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if self.left == 0:
            self.model.save(self.path)
            self.noise = noise_of(self.model)
            self.model.stop_training = True


@pytest.mark.parametrize(("stop", "workers"), [(7, 1), (12, 1), (16, 2)])
def test_training_that_was_stopped_ends_with_the_same_weights(tmp_path, stop, workers):
    whole = model_of()
    whole.fit(batches_of(workers=workers), epochs=4, shuffle=False, verbose=0)

    first, path = model_of(), tmp_path / "model.keras"
    stopped = StopAfter(stop, path)
    first.fit(batches_of(), epochs=4, shuffle=False, verbose=0, callbacks=[stopped])
    # A new process would begin here.
    again = keras.models.load_model(path)
    for variable, value in zip(again.non_trainable_variables, stopped.noise, strict=True):
        variable.assign(value)
    batches = batches_of(workers=workers)
    epoch, batch = divmod(int(again.optimizer.iterations), len(batches))
    assert (epoch, batch) == divmod(stop, 6)
    rest = batches.rest(epoch, batch)
    again.fit(rest, initial_epoch=epoch, epochs=epoch + 1, shuffle=False, verbose=0)
    again.fit(batches, initial_epoch=epoch + 1, epochs=4, shuffle=False, verbose=0)
    assert batches.epoch == 4
    for one, other in zip(whole.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-6)


def test_the_rest_is_trained_on_once(tmp_path):
    batches = batches_of()
    rest = batches.rest(epoch=2, batch=4)
    assert len(rest) == 2 and repr(rest) == "<The last 2 batches of epoch 2>"
    with pytest.raises(
        ValueError, match=r"the rest of epoch 2 is over: .* epochs=3, shuffle=False\), and"
    ):
        model_of().fit(rest, epochs=2, shuffle=False, verbose=0)
    assert batches.epoch == 3


@pytest.mark.parametrize(
    ("place", "error", "message"),
    [
        ((0, 6), ValueError, r"expected batch below 6, .* set batches.epoch = 1"),
        ((0, -1), ValueError, "batch"),
        ((-1, 0), ValueError, "epoch"),
        ((0.5, 0), TypeError, "epoch"),
    ],
)
def test_a_rest_that_is_none_is_refused(place, error, message):
    with pytest.raises(error, match=message):
        batches_of().rest(*place)


def test_the_rest_is_that_of_the_epoch():
    batches = batches_of()
    for epoch in (0, 3):
        rest = batches.rest(epoch, 2)
        batches.epoch = epoch
        assert rows_of(rest) == rows_of(batches)[2:]
    with pytest.raises(ValueError, match="epoch"):
        batches.epoch = -1


@pytest.mark.parametrize("options", [{}, {"workers": 2}, {"workers": 2, "max_queue_size": 1}])
def test_epochs_are_counted_as_keras_reads_them(options):
    model = model_of()
    batches = batches_of(**options)
    for epochs in (1, 2, 1):
        before = batches.epoch
        model.fit(batches, epochs=epochs, shuffle=False, verbose=0)
        assert batches.epoch == before + epochs
    other = batches_of()
    other.epoch = 4
    assert rows_of(other) == rows_of(batches)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("batch_size", [8, 23, 45])
def test_epochs_are_counted_where_keras_shuffles_the_batches(batch_size, workers):
    batches = Batches(Letters(), TEXTS, TAGS, batch_size=batch_size, workers=workers)
    model, seen = model_of(), []

    class Watch(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            seen.append(batches.epoch)

    for _ in range(2):
        model.fit(batches, epochs=4, verbose=0, callbacks=[Watch()])
    assert seen == [*range(8)] and batches.epoch == 8


def test_the_rest_is_read_once_where_keras_shuffles_the_batches():
    model, batches, read = model_of(), batches_of(), []

    class Reads(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            read.append(int(self.model.optimizer.iterations))

    for epoch in range(4):
        rest = batches.rest(epoch, 2)
        rows = sorted(map(sorted, rows_of(rest)))
        model.fit(rest, initial_epoch=epoch, epochs=epoch + 1, verbose=0, callbacks=[Reads()])
        assert batches.epoch == epoch + 1
        batches.epoch = epoch
        assert rows == sorted(map(sorted, rows_of(batches)[2:]))
    assert read == [*range(1, 4 * 4 + 1)]


@pytest.mark.parametrize("workers", [1, 2])
def test_there_is_no_rest_where_the_first_batches_came_in_another_order(workers):
    texts = ["ab"] * 60
    batches = Batches(Letters(), texts, [[0, 1]] * 60, batch_size=2, workers=workers)
    model = model_of()
    model.fit(batches, shuffle=False, verbose=0)
    assert len(batches.rest(1, 3)) == 27
    model.fit(batches, verbose=0)
    with pytest.raises(ValueError, match="Keras shuffles the batches: pass shuffle=False to fit"):
        batches.rest(1, 3)
    assert len(batches.rest(2, 0)) == 30


def test_batches_are_counted_from_the_end_too():
    batches = batches_of(shuffle=False)
    for all_of_them in (batches, batches.rest(0, 2)):
        for place in range(1, len(all_of_them) + 1):
            for one, other in zip(
                all_of_them[-place], all_of_them[len(all_of_them) - place], strict=True
            ):
                np.testing.assert_array_equal(one, other)
        for place in (len(all_of_them), -len(all_of_them) - 1):
            message = f"one of {len(all_of_them)} batches, counted from 0, got {place}"
            with pytest.raises(IndexError, match=message):
                all_of_them[place]


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("pool", [{"workers": 2}, {"workers": 2, "use_multiprocessing": True}])
def test_workers_change_neither_order_nor_content(pool):
    """Adam's steps are so large that another order would show."""
    weights = []
    for options in ({}, pool):
        model = model_of()
        model.fit(batches_of(**options), epochs=3, shuffle=False, verbose=0)
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_keras_goes_on_with_the_epoch_that_the_batches_have():
    """Keras keeps `initial_epoch` to itself."""
    whole, parted = model_of(), model_of()
    whole.fit(batches_of(), epochs=5, shuffle=False, verbose=0)
    parted.fit(batches_of(), epochs=3, shuffle=False, verbose=0)
    batches = batches_of()
    batches.epoch = 3
    parted.fit(batches, initial_epoch=3, epochs=5, shuffle=False, verbose=0)
    for one, other in zip(whole.get_weights(), parted.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("steps", "epochs"), [(2, 9), (4, 6)])
def test_epochs_of_fewer_steps_go_through_the_orders_of_all_batches(steps, epochs):
    """6 batches are three epochs of Keras, or one of 4 steps and one of the 2 that are left."""
    whole, parted, batches = model_of(), model_of(), batches_of()
    whole.fit(batches_of(), epochs=3, shuffle=False, verbose=0)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Your input ran out of data")
        parted.fit(batches, steps_per_epoch=steps, epochs=epochs, shuffle=False, verbose=0)
    assert batches.epoch == 3
    for one, other in zip(whole.get_weights(), parted.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_first_epoch_is_that_of_the_number_zero():
    read = Asked()
    batches = Batches(read, TEXTS, TAGS, batch_size=8, random_seed=7)
    planned = [{*map(TEXTS.__getitem__, rows)} for rows in rows_of(batches)]
    model = model_of()
    model.run_eagerly = True
    model.fit(batches, epochs=1, shuffle=False, verbose=0)
    # Keras looks at the first two before the epoch.
    assert [{*texts} for texts in read.read[-6:]] == planned


def test_an_epoch_that_was_not_read_is_not_over():
    batches = batches_of()
    batches.on_epoch_end()
    batches[0], batches[1]
    batches.on_epoch_end()
    assert batches.epoch == 0
    for index in range(len(batches)):
        batches[index]
    batches.on_epoch_end()
    assert batches.epoch == 1


def test_who_looks_at_batches_before_training_does_not_change_their_order():
    batches, model = batches_of(), model_of()
    before = rows_of(batches)
    assert len([*batches]) == len(before)
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            seen.append(batches.epoch)

    model.fit(batches, epochs=2, shuffle=False, verbose=0, callbacks=[Watch()])
    assert seen == [0, 1] and batches.epoch == 2


def test_bucketing_does_not_hurt_training():
    """The sample corpus, from the same weights, in orders of two seeds each."""
    texts, tags = load_sample_corpus("train")
    alphabet = TagAlphabet.from_tags(tags)
    words = TrainableWordEmbeddingSequence(None, 16, sequence_maxlen=None).build(texts)
    x = keras.layers.Dense(32, activation="relu")(words.outputs)
    scores = keras.layers.Dense(len(alphabet), activation="softmax")(x)
    model = keras.Model(words.inputs, scores)
    model.compile(keras.optimizers.SGD(0.5), "sparse_categorical_crossentropy")
    start, ids = model.get_weights(), [alphabet.ids(row) for row in tags]
    losses = {True: [], False: []}
    for bucketing, seed in itertools.product(losses, range(2)):
        model.set_weights(start)
        batches = Batches(
            words,
            texts,
            ids,
            batch_size=16,
            bucketing=bucketing,
            random_seed=seed,
        )
        history = model.fit(batches, epochs=4, shuffle=False, verbose=0).history["loss"]
        losses[bucketing].append(history[-1])
        assert history[-1] < history[0]
    assert np.mean(losses[True]) < 1.1 * np.mean(losses[False])


def test_a_block_goes_on_between_two_epochs_as_if_nothing_had_happened():
    whole, parted = classifier(), classifier()
    parted._graph.set_weights(whole._graph.get_weights())
    whole.fit(WORDS, LABELS, batch_size=4, epochs=4, verbose=0)
    parted.fit(WORDS, LABELS, batch_size=4, epochs=2, verbose=0)
    parted.fit(WORDS, LABELS, batch_size=4, initial_epoch=2, epochs=4, verbose=0)
    for one, other in zip(whole._graph.get_weights(), parted._graph.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_blocks_take_the_rest_as_it_is():
    wrapper = classifier()
    batches = Batches(wrapper, WORDS, LABELS, batch_size=4)
    rest = batches.rest(epoch=1, batch=3)
    wrapper.fit(rest, initial_epoch=1, epochs=2, verbose=0)
    assert int(wrapper._graph.optimizer.iterations) == 2 and batches.epoch == 2
    with pytest.raises(TypeError, match="expected texts, got Batches"):
        wrapper.predict(rest)
