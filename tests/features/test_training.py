"""Fitting and scoring on texts; faults of the ancestor, each with a test."""

import gc
import multiprocessing
import warnings

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

import nlp_builder
from nlp_builder.features import KerasWrapper, RNNDigest
from tests.features.classifiers import (
    LABELS,
    TEXTS,
    Dataset,
    characters,
    classifier,
    generator,
    two_outputs,
)


def test_it_learns():
    wrapper = classifier()
    history = wrapper.fit(TEXTS, LABELS, epochs=30, verbose=0)
    assert history.history["accuracy"][-1] == 1.0
    loss, accuracy = wrapper.evaluate(TEXTS, LABELS, verbose=0)
    assert loss < 0.3
    assert accuracy == 1.0
    np.testing.assert_array_equal(wrapper.predict(TEXTS)[:, 0] > 0.5, LABELS)


def test_a_loss_that_is_no_number_is_told_once_with_its_epoch():
    wrapper = classifier()
    poison = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: (
            epoch == 0 and wrapper.wrapped_model.weights[-1].assign([np.nan])
        )
    )
    with pytest.warns(
        UserWarning, match="the loss is not a number since epoch 2: .* lower"
    ) as all_:
        wrapper.fit(TEXTS, LABELS, epochs=3, verbose=0, callbacks=[poison])
    assert len(all_) == 1


def test_two_runs_from_one_seed_are_equal_and_another_seed_is_another_order():
    runs = [classifier(seed) for seed in (7, 7, 8)]
    for wrapper in runs:
        wrapper.fit(TEXTS, LABELS, batch_size=3, epochs=2, verbose=0)
    one, same, other = (wrapper.predict(TEXTS) for wrapper in runs)
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0


@pytest.mark.parametrize(
    "kind",
    [list, tuple, pd.Series, np.array, lambda y: pd.Series(y, index=range(50, 30, -1))],
    ids=["list", "tuple", "series", "array", "series with another index"],
)
def test_targets_of_any_kind_belong_to_texts_by_position(kind):
    one, other = classifier(), classifier()
    one.fit(TEXTS, LABELS, epochs=2, verbose=0)
    other.fit(pd.Series(TEXTS, index=range(20, 0, -1)), kind(LABELS.tolist()), epochs=2, verbose=0)
    np.testing.assert_array_equal(one.predict(TEXTS), other.predict(TEXTS))


@pytest.mark.parametrize("what", ["y", "sample_weight"])
def test_lengths_that_do_not_match_are_an_error(what):
    given = {"y": LABELS, "sample_weight": np.ones(20), what: np.ones(19)}
    with pytest.raises(ValueError, match="for each of 20 texts, got 19"):
        classifier().fit(TEXTS, given["y"], sample_weight=given["sample_weight"])


def test_fewer_texts_than_a_batch_are_a_batch():
    history = classifier().fit(TEXTS[:3], LABELS[:3], batch_size=32, verbose=0)
    assert len(history.history["loss"]) == 1


def test_validation_is_scored_whole_and_in_order_also_when_it_is_small():
    wrapper = classifier()
    scored = TEXTS[:3], LABELS[:3]
    history = wrapper.fit(TEXTS, LABELS, validation_data=scored, epochs=2, verbose=0)
    loss, accuracy = wrapper.evaluate(*scored, verbose=0)
    assert history.history["val_loss"][-1] == pytest.approx(loss)
    assert history.history["val_accuracy"][-1] == pytest.approx(accuracy)


def test_validation_in_several_batches_is_the_same_in_each_epoch():
    wrapper = classifier()
    wrapper.compile(keras.optimizers.SGD(0.0), "binary_crossentropy")
    scored = TEXTS[:10], LABELS[:10]
    history = wrapper.fit(TEXTS, LABELS, batch_size=4, validation_data=scored, epochs=3, verbose=0)
    assert len(set(history.history["val_loss"])) == 1


def test_a_share_of_the_texts_from_the_end_is_for_validation():
    one, other = classifier(), classifier()
    parted = one.fit(TEXTS, LABELS, validation_split=0.25, verbose=0)
    given = other.fit(TEXTS[:15], LABELS[:15], validation_data=(TEXTS[15:], LABELS[15:]), verbose=0)
    assert parted.history == given.history


@pytest.mark.parametrize("share", [0.99, 1.0, -0.5])
def test_a_share_that_leaves_nothing_is_an_error(share):
    with pytest.raises(ValueError, match="parts 20 texts in two"):
        classifier().fit(TEXTS, LABELS, validation_split=share)


def test_weights_of_texts_and_of_classes_count():
    by_text, by_class, plain = classifier(), classifier(), classifier()
    by_text.fit(TEXTS, LABELS, sample_weight=np.where(LABELS, 3.0, 1.0), verbose=0)
    by_class.fit(TEXTS, LABELS, class_weight={0: 1.0, 1: 3.0}, verbose=0)
    plain.fit(TEXTS, LABELS, verbose=0)
    np.testing.assert_allclose(by_text.predict(TEXTS), by_class.predict(TEXTS), atol=1e-6)
    assert np.abs(by_text.predict(TEXTS) - plain.predict(TEXTS)).max() > 1e-3


def test_callbacks_and_steps_are_those_of_keras():
    seen = []
    callback = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(batch)
    )
    classifier().fit(
        TEXTS, LABELS, batch_size=5, epochs=2, steps_per_epoch=2, callbacks=[callback], verbose=0
    )
    assert seen == [0, 1, 0, 1]


def test_batches_of_texts_come_from_datasets_and_generators():
    arrays, datasets, generators = classifier(), classifier(), classifier()
    arrays.fit(TEXTS, LABELS, batch_size=4, shuffle=False, verbose=0)
    datasets.fit(Dataset(), validation_data=Dataset(), verbose=0)
    generators.fit(generator(), validation_data=generator(), verbose=0)
    expected = arrays.predict(TEXTS)
    np.testing.assert_allclose(datasets.predict(TEXTS), expected, atol=1e-6)
    np.testing.assert_allclose(generators.predict(TEXTS), expected, atol=1e-6)
    assert generators.evaluate(Dataset(), verbose=0) == pytest.approx(
        arrays.evaluate(TEXTS, LABELS, verbose=0), abs=1e-5
    )


def test_a_generator_without_end_needs_steps():
    def endless():
        while True:
            yield from generator()

    history = classifier().fit(endless(), steps_per_epoch=3, epochs=2, verbose=0)
    assert len(history.history["loss"]) == 2


@pytest.mark.parametrize("name", ["steps_per_epoch", "validation_steps"])
def test_a_generator_for_several_epochs_needs_to_know_their_length(name):
    data = (generator(), None) if name == "steps_per_epoch" else (Dataset(), generator())
    with pytest.raises(ValueError, match=f"expected {name} for 3 epochs.*or a PyDataset"):
        classifier().fit(data[0], validation_data=data[1], epochs=3)


def test_targets_beside_batches_are_an_error():
    with pytest.raises(ValueError, match="no y beside a generator"):
        classifier().fit(generator(), LABELS)
    with pytest.raises(ValueError, match="pass validation_data instead"):
        classifier().fit(Dataset(), validation_split=0.5)


def test_processes_that_make_batches_end_with_the_epochs():
    wrapper = classifier()
    wrapper.fit(TEXTS, LABELS, batch_size=4, epochs=2, workers=2, verbose=0)
    wrapper.fit(
        TEXTS, LABELS, batch_size=4, epochs=2, workers=2, use_multiprocessing=True, verbose=0
    )
    gc.collect()
    assert multiprocessing.active_children() == []


def test_several_outputs_have_targets_weights_and_losses_by_name_or_in_order():
    sizes = np.zeros((20, 2), "float32")
    one, other = two_outputs(), two_outputs()
    other.wrapped_model.set_weights(one.wrapped_model.get_weights())
    history = one.fit(
        TEXTS,
        {"size": sizes, "kind": LABELS},
        sample_weight={"kind": np.ones(20), "size": np.full(20, 0.5)},
        validation_split=0.2,
        verbose=0,
    )
    assert {"kind_loss", "size_loss", "kind_mae", "val_kind_mae"} <= set(history.history)
    other.compile("adam", ["mse", "mse"], metrics=[["mae"], []])
    other.fit(
        TEXTS,
        [LABELS, sizes],
        sample_weight=[np.ones(20), np.full(20, 0.5)],
        validation_split=0.2,
        verbose=0,
    )
    for output, same in zip(one.predict(TEXTS), other.predict(TEXTS), strict=True):
        np.testing.assert_allclose(output, same, atol=1e-6)


@pytest.mark.parametrize(
    ("targets", "kind", "match"),
    [
        (LABELS, TypeError, r"by the outputs \['kind', 'size'\] or a list in their order"),
        ([LABELS], ValueError, "for 2 outputs"),
        ({"kind": LABELS, "sise": LABELS}, ValueError, r"got \['sise'\]"),
    ],
    ids=["one for two", "a list too short", "a wrong name"],
)
def test_targets_that_do_not_fit_the_outputs_are_an_error(targets, kind, match):
    with pytest.raises(kind, match=match):
        two_outputs().fit(TEXTS, targets)


def test_a_dict_for_one_output_is_an_error():
    with pytest.raises(TypeError, match="for the one output, got a dict"):
        classifier().fit(TEXTS, {"kind": LABELS})


def test_a_digest_is_trained_and_predicts_like_a_wrapper():
    digest = RNNDigest(characters(), 1, "gru").build(TEXTS)
    digest.compile("adam", "mse")
    digest.fit(TEXTS, LABELS, verbose=0)
    assert digest.predict(TEXTS).shape == (20, 1)
    assert digest.evaluate(TEXTS, LABELS, verbose=0) >= 0


@pytest.mark.parametrize(
    "use",
    [lambda w: w.compile(), lambda w: w.fit(TEXTS, LABELS), lambda w: w.predict(TEXTS)],
    ids=["compile", "fit", "predict"],
)
def test_what_is_not_built_says_so(use):
    model = keras.Sequential([keras.Input((6, 4)), layers.Flatten()])
    with pytest.raises(ValueError, match="KerasWrapper is not built: call build"):
        use(KerasWrapper(characters(), model))


def test_what_is_not_compiled_says_so():
    model = keras.Sequential([keras.Input((6, 4)), layers.Flatten()])
    with pytest.raises(ValueError, match=r"not compiled: call compile\(optimizer, loss\)"):
        KerasWrapper(characters(), model).build(TEXTS).fit(TEXTS, LABELS)


def test_what_was_frozen_after_compile_has_to_be_compiled_again():
    wrapper = classifier()
    wrapper.freeze()
    with pytest.raises(ValueError, match="call compile again"):
        wrapper.fit(TEXTS, LABELS)
    wrapper.unfreeze()
    wrapper.fit(TEXTS, LABELS, verbose=0)


def test_training_goes_on_after_load_as_if_nothing_had_been():
    whole, parted = classifier(), classifier()
    for _ in range(2):
        whole.fit(TEXTS, LABELS, verbose=0)
    parted.fit(TEXTS, LABELS, verbose=0)
    again = nlp_builder.deserialize(parted.serialize())
    assert again.serialize() == parted.serialize()
    again.fit(TEXTS, LABELS, verbose=0)
    np.testing.assert_allclose(again.predict(TEXTS), whole.predict(TEXTS), atol=1e-6)
    assert again.evaluate(TEXTS, LABELS, verbose=0, return_dict=True).keys() == {"loss", "accuracy"}


def test_the_state_of_training_can_be_left_out():
    wrapper = classifier()
    wrapper.fit(TEXTS, LABELS, verbose=0)
    data = wrapper.serialize(include_optimizer=False)
    assert len(data) < len(wrapper.serialize())
    with pytest.raises(ValueError, match="not compiled"):
        nlp_builder.deserialize(data).evaluate(TEXTS, LABELS)


def test_a_loss_that_is_a_lambda_can_only_be_left_out():
    wrapper = classifier()
    wrapper.compile("adam", lambda y, p: keras.ops.mean(keras.ops.square(y - p)))
    with pytest.raises(TypeError, match="include_optimizer=False"):
        wrapper.serialize()
    assert nlp_builder.deserialize(wrapper.serialize(include_optimizer=False)).weights_amount


def test_summary_shows_the_table():
    shown = []
    classifier().summary(print_fn=shown.append)
    assert "KerasWrapper" in shown[0]


def test_nothing_global_is_seeded_and_nothing_is_warned_of():
    np.random.seed(5)
    expected = np.random.default_rng(5), np.random.random()
    np.random.seed(5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        classifier().fit(TEXTS, LABELS, verbose=0)
    assert np.random.random() == expected[1]
