"""Training that goes on after loading; what is frozen; several outputs in the model's own order."""

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.base import clone

import nlp_builder
from nlp_builder.features import CharEmbeddingSequence, KerasWrapper

TEXTS = ["HELP me", "what a calm day", "GO AWAY", "I see"] * 5
ZETA = np.zeros((20, 3), "float32")
ALPHA = np.full((20, 1), 100.0, "float32")


def characters() -> CharEmbeddingSequence:
    return CharEmbeddingSequence(4, sequence_maxlen=8)


def two_outputs() -> KerasWrapper:
    """With outputs that are not in the order of their names, and dropout."""
    inputs = keras.Input((8, 4))
    flat = layers.Dropout(0.5, seed=3)(layers.Flatten()(inputs))
    outputs = [layers.Dense(3, name="zeta")(flat), layers.Dense(1, name="alpha")(flat)]
    return KerasWrapper(characters(), keras.Model(inputs, outputs)).build(TEXTS)


def one_output() -> KerasWrapper:
    model = keras.Sequential([keras.Input((8, 4)), layers.GRU(3, name="gru"), layers.Dense(1)])
    return KerasWrapper(characters(), model).build(TEXTS)


class Dataset(keras.utils.PyDataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        return TEXTS, [ZETA, ALPHA]


def generator():
    yield TEXTS, (ZETA, ALPHA)


def test_outputs_keep_the_order_of_the_model():
    wrapper = two_outputs()
    assert wrapper.output_names == ["zeta", "alpha"]
    ids = wrapper.preprocess_texts(TEXTS)
    symbolic = keras.Model(wrapper.inputs, wrapper.outputs).predict(ids, verbose=0)
    for found in (wrapper.predict(TEXTS), wrapper(ids)):
        for output, expected in zip(found, symbolic, strict=True):
            np.testing.assert_allclose(output, expected, atol=1e-6)
    assert [output.shape for output in wrapper.predict([])] == [(0, 3), (0, 1)]


@pytest.mark.parametrize("source", [generator, Dataset], ids=["a generator", "a dataset"])
def test_targets_in_streams_go_to_their_outputs(source):
    wrapper = two_outputs()
    wrapper.compile("adam", ["mse", "mse"])
    scores = wrapper.evaluate(source(), return_dict=True, verbose=0)
    assert scores["alpha_loss"] > 1000 > scores["zeta_loss"]


def test_lists_of_compile_are_in_the_order_of_the_outputs():
    wrapper = two_outputs()
    wrapper.compile(
        "adam", ["mse", "mse"], loss_weights=[1.0, 0.0], weighted_metrics=[["mae"], ["mse"]]
    )
    scores = wrapper.evaluate(TEXTS, [ZETA, ALPHA], return_dict=True, verbose=0)
    assert scores["loss"] == pytest.approx(scores["zeta_loss"], rel=1e-3)
    assert {"zeta_mae", "alpha_mse"} <= set(scores)
    with pytest.raises(ValueError, match=r"list of 1: give one for each in their order, or a dict"):
        wrapper.compile("adam", ["mse", "mse"], metrics=["mae"])


def test_dropout_goes_on_where_it_was():
    whole = two_outputs()
    whole.compile("adam", ["mse", "mse"])
    whole.fit(TEXTS, [ZETA, ALPHA], verbose=0)
    again = nlp_builder.deserialize(whole.serialize())
    for wrapper in (whole, again):
        wrapper.fit(TEXTS, [ZETA, ALPHA], verbose=0)
    for one, other in zip(whole.predict(TEXTS), again.predict(TEXTS), strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_was_compiled_and_not_trained_keeps_its_bytes():
    wrapper = one_output()
    wrapper.compile("adam", "mse")
    data = wrapper.serialize()
    assert nlp_builder.deserialize(data).serialize() == data


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float32"])
@pytest.mark.parametrize("now", ["mixed_float16", "float32"])
def test_training_goes_on_under_the_policy_of_the_file(policy, now):
    try:
        keras.config.set_dtype_policy(policy)
        wrapper = one_output()
        wrapper.compile("adam", "mse")
        wrapper.fit(TEXTS, ALPHA, verbose=0)
        keras.config.set_dtype_policy(now)
        again = nlp_builder.deserialize(wrapper.serialize())
    finally:
        keras.config.set_dtype_policy("float32")
    assert again.serialize() == wrapper.serialize()
    again.fit(TEXTS, ALPHA, verbose=0)


@pytest.mark.parametrize("number", [15, 25])
@pytest.mark.parametrize("share", [0.0, 0.2])
def test_targets_and_weights_of_another_number_are_an_error(number, share):
    wrapper = one_output()
    wrapper.compile("adam", "mse")
    with pytest.raises(ValueError, match=f"target for each of 20 texts, got {number}"):
        wrapper.fit(TEXTS, np.zeros(number), validation_split=share)
    with pytest.raises(ValueError, match=f"weight for each of 20 texts, got {number}"):
        wrapper.fit(TEXTS, np.zeros(20), sample_weight=np.ones(number), validation_split=share)


def test_texts_without_targets_and_no_texts_are_an_error():
    wrapper = one_output()
    wrapper.compile("adam", "mse")
    with pytest.raises(ValueError, match="expects targets beside the texts"):
        wrapper.fit(TEXTS)
    with pytest.raises(ValueError, match="got no text"):
        wrapper.fit([], [])


def test_targets_that_are_vectors_come_in_lists_too():
    wrapper = two_outputs()
    wrapper.compile("adam", ["mse", "mse"])
    arrays = wrapper.evaluate(TEXTS, [ZETA, ALPHA], verbose=0)
    lists = wrapper.evaluate(TEXTS, {"zeta": ZETA.tolist(), "alpha": ALPHA.tolist()}, verbose=0)
    assert lists == arrays


def test_what_is_frozen_inside_a_model_after_build_stays_so():
    wrapper = one_output()
    wrapper.wrapped_model.get_layer("gru").trainable = False
    amount = wrapper.trainable_weights_amount
    assert amount < wrapper.weights_amount
    wrapper.compile("adam", "mse")
    wrapper.fit(TEXTS, ALPHA, verbose=0)
    again = nlp_builder.deserialize(wrapper.serialize())
    assert again.trainable_weights_amount == amount
    again.fit(TEXTS, ALPHA, verbose=0)
    assert wrapper.freeze().unfreeze().trainable_weights_amount == amount


def test_blocks_that_share_a_model_share_what_is_frozen():
    letters = characters()
    model = keras.Sequential([keras.Input((8, 4)), layers.GRU(3), layers.Dense(1)])
    one = KerasWrapper(letters, model).build(TEXTS).freeze()
    other = KerasWrapper(letters, model).build(TEXTS)
    assert other.trainable_weights_amount == 0
    assert other.unfreeze().trainable_weights_amount == other.weights_amount
    top = KerasWrapper([one, other], keras.Sequential([keras.Input((2,)), layers.Dense(1)]))
    one.freeze()
    top.build().freeze().unfreeze()
    assert top.trainable_weights_amount == top.weights_amount


def test_a_copy_of_a_loaded_block_has_not_seen_what_the_block_has():
    wrapper = one_output()
    wrapper.compile("adam", "mse")
    untrained = nlp_builder.deserialize(wrapper.serialize())
    wrapper.fit(TEXTS, ALPHA, verbose=0)
    trained = nlp_builder.deserialize(wrapper.serialize())

    def kernel(block: KerasWrapper) -> np.ndarray:
        return block.wrapped_model.get_weights()[0]

    np.testing.assert_array_equal(kernel(clone(untrained)), kernel(untrained))
    np.testing.assert_array_equal(kernel(clone(wrapper)), kernel(untrained))
    assert np.abs(kernel(clone(trained)) - kernel(trained)).max() > 0


def test_a_build_that_fails_teaches_nothing(monkeypatch):
    letters = characters()
    wrapper = KerasWrapper(letters, keras.Sequential([keras.Input((8, 4)), layers.GRU(3)]))
    monkeypatch.setattr(keras, "Model", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        wrapper.build(["aaa"])
    monkeypatch.undo()
    assert wrapper.build(["xyz"]).predict(["x"]).shape == (1, 3)
    assert letters.vocabulary.tokens == ("x", "y", "z")


def test_a_block_that_changed_below_is_told_of():
    letters = characters()
    wrapper = KerasWrapper(letters, keras.Sequential([keras.Input((None, 4)), layers.GRU(3)]))
    letters.set_params(embedding_dimension=5)
    with pytest.raises(ValueError, match=r"which have become .* by set_params of the outermost"):
        wrapper.build(TEXTS)


def my_loss(y, predicted):
    return keras.ops.mean(keras.ops.square(keras.ops.cast(y, "float32") - predicted[:, 0]))


def test_a_loss_of_ones_own_is_handed_in_or_left_out():
    wrapper = one_output()
    wrapper.compile("adam", my_loss)
    wrapper.fit(TEXTS, np.zeros(20), verbose=0)
    data = wrapper.serialize()
    with pytest.raises(nlp_builder.ArchiveError, match=r"needs 'my_loss'.*custom_objects="):
        nlp_builder.deserialize(data)
    again = nlp_builder.deserialize(data, custom_objects={"my_loss": my_loss})
    again.fit(TEXTS, np.zeros(20), verbose=0)
    with keras.saving.custom_object_scope({"my_loss": my_loss}):
        nlp_builder.deserialize(data)
    alone = nlp_builder.deserialize(data, compile=False)
    np.testing.assert_array_equal(alone.predict(TEXTS), wrapper.predict(TEXTS))
    with pytest.raises(ValueError, match="not compiled"):
        alone.fit(TEXTS, np.zeros(20))


@pytest.mark.parametrize(
    ("targets", "kind", "match"),
    [
        (np.array([1.0] * 19 + [np.nan]), ValueError, "finite targets, got NaN .* position 19"),
        ([1.0] * 19 + [None], TypeError, "got None .* at position 19"),
    ],
    ids=["nan", "none"],
)
def test_missing_targets_are_an_error_that_names_the_place(targets, kind, match):
    wrapper = one_output()
    wrapper.compile("adam", "mse")
    with pytest.raises(kind, match=match):
        wrapper.fit(TEXTS, targets)


def test_class_weights_by_a_name_are_an_error():
    wrapper = one_output()
    wrapper.compile("adam", "mse")
    with pytest.raises(TypeError, match="class_weight as a dict"):
        wrapper.fit(TEXTS, ALPHA, class_weight="balanced")
