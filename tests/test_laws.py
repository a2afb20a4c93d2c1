"""Laws that every block keeps."""

import inspect
from collections.abc import Iterable

import keras
import numpy as np
import pandas as pd
import pytest

import nlp_builder
from nlp_builder.features import Feature, ModelIOShape
from tests.blocks import CORPUS, ROWS, TEXTS, Row


@pytest.fixture(params=ROWS.values(), ids=ROWS.keys())
def row(request) -> Row:
    return request.param


@pytest.fixture
def block(row) -> Feature:
    return row.make().build(CORPUS)


def arrays(result) -> list[np.ndarray]:
    return result if isinstance(result, list) else [result]


def shapes(block: Feature) -> list[ModelIOShape]:
    return block.inputs_shape if isinstance(block.inputs_shape, list) else [block.inputs_shape]


def assert_equal(one, other) -> None:
    for a, b in zip(arrays(one), arrays(other), strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


def test_config_names_every_argument(row):
    block = row.make()
    names = {
        name
        for name, parameter in inspect.signature(type(block).__init__).parameters.items()
        if name != "self" and parameter.kind is not parameter.VAR_KEYWORD
    }
    assert names <= set(block.get_config())
    again = type(block)(**block.get_config())
    assert set(again.get_config()) == set(block.get_config())
    assert again.outputs_shape == block.outputs_shape


def test_shapes_are_known_before_build(row):
    block = row.make()
    before = block.inputs_shape, block.outputs_shape
    assert before[1] == (row.outputs, "float32")
    block.build(CORPUS)
    assert (block.inputs_shape, block.outputs_shape) == before
    assert block.outputs.shape == (None, *row.outputs)
    assert block.outputs.dtype == "float32"
    for shape, tensor in zip(shapes(block), arrays(block.inputs), strict=True):
        assert tensor.shape == (None, *shape.shape)
        assert tensor.dtype == shape.dtype == "int32"


def test_ids_have_the_promised_shape_and_type(block):
    for ids, shape in zip(arrays(block.preprocess_texts(TEXTS)), shapes(block), strict=True):
        assert ids.shape == (len(TEXTS), *shape.shape)
        assert ids.dtype == np.int32
    for ids, shape in zip(arrays(block.preprocess_texts([])), shapes(block), strict=True):
        assert ids.shape == (0, *shape.shape)


def test_a_batch_equals_its_pieces_in_any_order(block):
    whole = arrays(block.preprocess_texts(TEXTS))
    order = [3, 0, 4, 2, 1]
    for position, row in enumerate(order):
        (piece, shuffled) = (
            arrays(block.preprocess_texts([TEXTS[row]])),
            arrays(block.preprocess_texts([TEXTS[i] for i in order])),
        )
        for one, part, other in zip(whole, piece, shuffled, strict=True):
            np.testing.assert_array_equal(one[row], part[0])
            np.testing.assert_array_equal(one[row], other[position])


@pytest.mark.parametrize(
    "kind",
    [tuple, iter, pd.Series, lambda texts: pd.Series(texts, index=range(9, 9 - len(texts), -1))],
    ids=["tuple", "generator", "series", "series with another index"],
)
def test_all_kinds_of_collections_agree(block, kind):
    assert_equal(block.preprocess_texts(kind(TEXTS)), block.preprocess_texts(TEXTS))


def test_preprocessing_changes_nothing(block):
    before = block.serialize()
    block.preprocess_texts(TEXTS)
    assert block.serialize() == before


def test_building_twice_on_the_same_corpus_equals_once(row, block):
    before = block.serialize()
    assert block.build(iter(CORPUS)) is block
    assert block.serialize() == before == row.make().build(CORPUS).serialize()


def test_another_corpus_is_an_error_that_says_how_to_start_anew(block):
    before = block.serialize()
    with pytest.raises(ValueError, match=r"another corpus.*make a new block"):
        block.build([["other", "texts"]])
    assert block.serialize() == before


def test_an_empty_corpus_is_an_error_and_leaves_the_block_unbuilt(row):
    block = row.make()
    with pytest.raises(ValueError, match="expects a corpus, got no texts"):
        block.build([])
    assert block.weights_amount is None
    assert block.build(CORPUS).weights_amount is not None


def test_a_corpus_that_breaks_midway_teaches_nothing(row):
    def broken() -> Iterable[list[str]]:
        yield ["zzz", "yyy"]
        raise OSError("the disk is gone")

    block = row.make()
    with pytest.raises(OSError, match="the disk is gone"):
        block.build(broken())
    assert block.build(CORPUS).serialize() == row.make().build(CORPUS).serialize()


@pytest.mark.parametrize(
    "use",
    [lambda b: b.inputs, lambda b: b.outputs, lambda b: b.mask, lambda b: b(np.zeros((1, 6)))],
    ids=["inputs", "outputs", "mask", "call"],
)
def test_an_unbuilt_block_says_so(row, use):
    with pytest.raises(ValueError, match="is not built: call build"):
        use(row.make())


def test_symbolic_and_numpy_calls_agree(block):
    ids = block.preprocess_texts(TEXTS)
    inputs = [keras.Input(array.shape[1:], dtype="int32") for array in arrays(ids)]
    outputs = block(inputs if len(inputs) > 1 else inputs[0])
    assert isinstance(outputs, keras.KerasTensor)
    expected = keras.Model(inputs, outputs).predict(arrays(ids), verbose=0)
    found = block(ids)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)
    assert found.shape == (len(TEXTS), *block.outputs_shape.shape)


def test_no_texts_give_no_outputs(block):
    ids = block.preprocess_texts([])
    assert block(ids).shape == (0, *block.outputs_shape.shape)


def test_the_mask_says_which_words_are_real(block):
    if len(block.outputs_shape.shape) < 2:
        assert block.mask is None
        return
    model = keras.Model(block.inputs, block.mask)
    mask = model.predict(block.preprocess_texts(TEXTS), verbose=0)
    assert mask.dtype == bool
    lengths = [2, 0, 6, 3, 2]
    np.testing.assert_array_equal(mask, np.arange(6) < np.array(lengths)[:, None])


def test_padding_gives_exact_zeros(block):
    if len(block.outputs_shape.shape) < 2:
        pytest.skip("one vector for a text: no padding is left")
    outputs = block(arrays(block.preprocess_texts(TEXTS)))
    assert not outputs[1].any()
    assert not outputs[0, 2:].any()
    assert outputs[0, :2].any()


def test_the_implicit_mask_is_the_explicit_one(block):
    implicit = getattr(block.outputs, "_keras_mask", None)
    if block.mask is None:
        assert implicit is None
        return
    ids = block.preprocess_texts(TEXTS)
    one, other = keras.Model(block.inputs, [implicit, block.mask]).predict(ids, verbose=0)
    np.testing.assert_array_equal(one.any(axis=tuple(range(2, one.ndim))), other)


def test_weights_are_counted_right(block):
    model = keras.Model(block.inputs, block.outputs)
    assert block.weights_amount == model.count_params()
    assert block.trainable_weights_amount == sum(
        int(np.prod(weight.shape)) for weight in model.trainable_weights
    )


def test_frozen_weights_stay_and_unfreezing_restores(row, block):
    trainable = block.trainable_weights_amount
    assert block.freeze() is block
    assert block.trainable_weights_amount == 0
    frozen = [weight.numpy() for weight in keras.Model(block.inputs, block.outputs).weights]
    train_a_little(block)
    after = keras.Model(block.inputs, block.outputs).weights
    for before, weight in zip(frozen, after, strict=True):
        np.testing.assert_array_equal(before, weight.numpy())
    assert block.unfreeze().trainable_weights_amount == trainable
    assert row.make().freeze().build(CORPUS).trainable_weights_amount == 0


def train_a_little(block: Feature) -> None:
    """Train the block as a part of a model, with a target that pulls at all its weights."""
    x = block.outputs
    while len(x.shape) > 2:
        x = keras.ops.sum(x, axis=1)
    model = keras.Model(block.inputs, keras.layers.Dense(1)(x))
    model.compile(keras.optimizers.AdamW(0.1, weight_decay=0.1), "mse")
    ids = block.preprocess_texts(CORPUS)
    model.fit(ids, np.arange(len(CORPUS), dtype="float32"), epochs=3, verbose=0)


def test_training_moves_what_is_trainable_and_no_padding(block):
    before = [weight.numpy() for weight in block.trainable_weights]
    train_a_little(block)
    for old, weight in zip(before, block.trainable_weights, strict=True):
        assert np.abs(old - weight.numpy()).max() > 0, weight.path
    if len(block.outputs_shape.shape) >= 2:
        assert not block(arrays(block.preprocess_texts([[]]))).any()


def test_bytes_come_back_as_the_same_block(block):
    train_a_little(block)
    data = block.serialize()
    again = nlp_builder.deserialize(data)
    assert type(again) is type(block)
    assert again.serialize() == data
    assert_equal(again.preprocess_texts(TEXTS), block.preprocess_texts(TEXTS))
    ids = block.preprocess_texts(TEXTS)
    np.testing.assert_array_equal(again(ids), block(ids))
    assert str(again) == str(block)


def test_an_unbuilt_block_comes_back_unbuilt(row):
    again = nlp_builder.deserialize(row.make().serialize())
    assert again.weights_amount is None
    assert again.outputs_shape == row.make().outputs_shape
    assert again.build(CORPUS).serialize() == row.make().build(CORPUS).serialize()


def test_what_was_loaded_knows_its_corpus_and_whether_it_is_frozen(block):
    again = nlp_builder.deserialize(block.freeze().serialize())
    assert again.trainable_weights_amount == 0
    assert again.build(CORPUS).serialize() == block.serialize()
    with pytest.raises(ValueError, match="another corpus"):
        again.build([["something", "else"]])


def test_it_works_inside_a_keras_model_that_is_saved(block, tmp_path):
    x = block.outputs
    while len(x.shape) > 2:
        x = keras.layers.GlobalAveragePooling1D()(x) if len(x.shape) == 3 else keras.ops.max(x, 2)
    model = keras.Model(block.inputs, keras.layers.Dense(2)(x))
    model.compile("adam", "mse")
    ids = block.preprocess_texts(CORPUS)
    model.fit(ids, np.zeros((len(CORPUS), 2), "float32"), verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.predict(ids, verbose=0), model.predict(ids, verbose=0))


def test_the_summary_names_each_block_and_its_weights(block):
    text, page = str(block), block._repr_html_()
    for shown in (type(block).__name__, str(block.outputs_shape), f"{block.weights_amount:,}"):
        assert shown in text
        assert shown in page
    assert "?" in str(type(block)(**type(block).get_config(block)))
