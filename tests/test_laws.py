"""Laws that every block keeps."""

import inspect
from collections.abc import Iterable

import keras
import numpy as np
import pandas as pd
import pytest

import nlp_builder
from nlp_builder.features import Feature
from nlp_builder.features.tree import parts_first
from tests.blocks import ROWS, Row
from tests.handling import (
    arrays,
    assert_equal,
    chosen,
    each,
    flat,
    shapes,
    size,
    steps_of,
    train_a_little,
    untraced,
)


@pytest.fixture(scope="module", params=ROWS.values(), ids=ROWS.keys())
def row(request) -> Row:
    return request.param


@pytest.fixture(scope="module")
def block(row) -> Feature:
    """One for all laws that only read it, since TensorFlow traces each anew."""
    return row.make().build(row.corpus)


@pytest.fixture
def own(row) -> Feature:
    """One that a law may change."""
    return row.make().build(row.corpus)


def test_config_names_every_argument(row):
    block = row.make()
    assert set(defaults(type(block))) <= set(block.get_config())
    again = type(block)(**block.get_config())
    assert again.get_config() == block.get_config()
    assert again.outputs_shape == block.outputs_shape


@pytest.mark.parametrize("cls", sorted({type(row.make()) for row in ROWS.values()}, key=str))
def test_each_argument_is_another_than_its_default_in_some_row(cls):
    parts = [part for row in ROWS.values() for part in parts_first(row.make())]
    configs = [part.get_config() for part in parts if type(part) is cls]
    for name, default in defaults(cls).items():
        assert any(config[name] != default for config in configs), name


def defaults(cls: type[Feature]) -> dict[str, object]:
    return {
        name: parameter.default
        for name, parameter in inspect.signature(cls).parameters.items()
        if parameter.kind is not parameter.VAR_KEYWORD
    }


def test_shapes_are_known_before_build(row):
    block = row.make()
    before = block.inputs_shape, block.outputs_shape
    assert arrays(before[1]) == [(shape, "float32") for shape in arrays(row.outputs)]
    block.build(row.corpus)
    assert (block.inputs_shape, block.outputs_shape) == before
    for shape, tensor in zip(arrays(row.outputs), arrays(block.outputs), strict=True):
        assert tensor.shape == (None, *shape)
        assert tensor.dtype == "float32"
    for shape, tensor in zip(shapes(block), arrays(block.inputs), strict=True):
        assert tensor.shape == (None, *shape.shape)
        assert tensor.dtype == shape.dtype == "int32"


def test_ids_have_the_promised_shape_and_type(row, block):
    for ids, shape in zip(arrays(block.preprocess_texts(row.texts)), shapes(block), strict=True):
        assert fits(ids.shape, (size(row.texts), *shape.shape))
        assert ids.dtype == np.int32
    nothing = block.preprocess_texts(chosen(row.texts, []))
    for ids, shape in zip(arrays(nothing), shapes(block), strict=True):
        assert fits(ids.shape, (0, *shape.shape))


def fits(shape: tuple[int, ...], promised: tuple[int | None, ...]) -> bool:
    pairs = zip(shape, promised, strict=True)
    return all(expected in (size, None) for size, expected in pairs)


def test_a_batch_equals_its_pieces_in_any_order(row, block):
    order = [3, 0, 4, 2, 1]
    whole = arrays(block.preprocess_texts(row.texts))
    shuffled = arrays(block.preprocess_texts(chosen(row.texts, order)))
    for position, number in enumerate(order):
        piece = arrays(block.preprocess_texts(chosen(row.texts, [number])))
        for one, part, other in zip(whole, piece, shuffled, strict=True):
            # At free length a batch is as long as its longest text.
            missing = np.subtract(one[number].shape, part[0].shape)
            np.testing.assert_array_equal(one[number], np.pad(part[0], [(0, n) for n in missing]))
            np.testing.assert_array_equal(one[number], other[position])


@pytest.mark.parametrize(
    "kind",
    [
        tuple,
        iter,
        pd.Series,
        lambda texts: pd.Series(texts, index=range(9, 9 - len(texts), -1)),
        lambda texts: np.array([*texts, None], dtype=object)[:-1],
    ],
    ids=["tuple", "generator", "series", "series with another index", "array"],
)
def test_all_kinds_of_collections_agree(row, block, kind):
    texts = each(row.texts, kind)
    assert_equal(block.preprocess_texts(texts), block.preprocess_texts(row.texts))


def test_strings_and_their_tokens_agree(row, block):
    if isinstance(row.texts, list) and isinstance(row.texts[0], str):
        pytest.skip("lines are no tokens")
    # Between blanks there is no empty word.
    texts = each(row.texts, lambda column: [text for text in column if "" not in text])
    strings = each(texts, lambda column: [" ".join(text) for text in column])
    assert_equal(block.preprocess_texts(strings), block.preprocess_texts(texts))
    corpus = each(row.corpus, lambda column: [" ".join(text) for text in column])
    assert_equal(row.make().build(corpus).preprocess_texts(texts), block.preprocess_texts(texts))


def test_preprocessing_changes_nothing(row, block):
    before = block.serialize()
    block.preprocess_texts(row.texts)
    assert block.serialize() == before


def test_building_twice_on_the_same_corpus_equals_once(row, own):
    before = own.serialize()
    assert own.build(each(row.corpus, iter)) is own
    assert own.serialize() == before == row.make().build(row.corpus).serialize()


def test_another_corpus_is_an_error_that_says_how_to_start_anew(own):
    before = own.serialize()
    with pytest.raises(ValueError, match=r"another corpus.*make a new block"):
        own.build([["other", "texts"]])
    assert own.serialize() == before


def test_an_empty_corpus_is_an_error_and_leaves_the_block_unbuilt(row):
    block = row.make()
    with pytest.raises(ValueError, match="expects a corpus, got no texts"):
        block.build([])
    assert block.weights_amount is None
    assert block.build(row.corpus).weights_amount is not None


def test_a_corpus_that_breaks_midway_teaches_nothing(row):
    def broken() -> Iterable[list[str]]:
        yield ["zzz", "yyy"]
        raise OSError("the disk is gone")

    block = row.make()
    with pytest.raises(OSError, match="the disk is gone"):
        block.build(broken())
    assert block.build(row.corpus).serialize() == row.make().build(row.corpus).serialize()


@pytest.mark.parametrize(
    "use",
    [lambda b: b.inputs, lambda b: b.outputs, lambda b: b.mask, lambda b: b(np.zeros((1, 6)))],
    ids=["inputs", "outputs", "mask", "call"],
)
def test_an_unbuilt_block_says_so(row, use):
    with pytest.raises(ValueError, match="is not built: call build"):
        use(row.make())


def test_symbolic_and_numpy_calls_agree(row, block):
    ids = block.preprocess_texts(row.texts)
    inputs = [keras.Input(array.shape[1:], dtype="int32") for array in arrays(ids)]
    outputs = arrays(block(inputs if len(inputs) > 1 else inputs[0]))
    assert all(isinstance(output, keras.KerasTensor) for output in outputs)
    expected = keras.Model(inputs, outputs).predict(arrays(ids), verbose=0)
    found = arrays(block(ids))
    assert_equal(found, expected)
    for output, shape in zip(found, arrays(row.outputs), strict=True):
        assert output.dtype == np.float32
        assert output.shape == (size(row.texts), *shape)


def test_no_texts_give_no_outputs(row, block):
    outputs = arrays(block(block.preprocess_texts(chosen(row.texts, []))))
    assert [output.shape for output in outputs] == [(0, *shape) for shape in arrays(row.outputs)]


def test_the_mask_says_which_words_are_real(row, block):
    if not steps_of(block):
        assert arrays(block.mask) == [None] * len(arrays(row.outputs))
        return
    model = keras.Model(block.inputs, block.mask)
    mask = np.asarray(model(block.preprocess_texts(row.texts)))
    assert mask.dtype == bool
    steps = np.arange(row.outputs[0])
    np.testing.assert_array_equal(mask, steps < np.array(row.lengths)[:, None])


def test_padding_gives_exact_zeros(row, block):
    if not steps_of(block):
        pytest.skip("one vector for a text: no padding is left")
    outputs = block(arrays(block.preprocess_texts(row.texts)))
    for output, length in zip(outputs, row.lengths, strict=True):
        assert not output[length:].any()
        assert output[:length].any() == (length > 0)


def test_the_implicit_mask_is_the_explicit_one(row, block):
    if not steps_of(block):
        assert all(getattr(output, "_keras_mask", None) is None for output in arrays(block.outputs))
        return
    implicit = block.outputs._keras_mask
    ids = block.preprocess_texts(row.texts)
    one, other = map(np.asarray, keras.Model(block.inputs, [implicit, block.mask])(ids))
    np.testing.assert_array_equal(one.any(axis=tuple(range(2, one.ndim))), other)


def test_weights_are_counted_right(block):
    model = keras.Model(block.inputs, block.outputs)
    assert block.weights_amount == model.count_params()
    assert block.trainable_weights_amount == sum(
        int(np.prod(weight.shape)) for weight in model.trainable_weights
    )


def test_frozen_weights_stay_and_unfreezing_restores(row, own):
    trainable = own.trainable_weights_amount
    assert own.freeze() is own
    assert own.trainable_weights_amount == 0
    frozen = [weight.numpy() for weight in keras.Model(own.inputs, own.outputs).weights]
    train_a_little(own, row.corpus)
    after = keras.Model(own.inputs, own.outputs).weights
    for before, weight in zip(frozen, after, strict=True):
        np.testing.assert_array_equal(before, weight.numpy())
    assert own.unfreeze().trainable_weights_amount == trainable
    assert row.make().freeze().build(row.corpus).trainable_weights_amount == 0


def test_training_moves_what_is_trainable_and_no_padding(row, own):
    before = [weight.numpy() for weight in own.trainable_weights]
    train_a_little(own, row.corpus)
    for old, weight in zip(before, own.trainable_weights, strict=True):
        assert np.abs(old - weight.numpy()).max() > 0, weight.path
    if steps_of(own):
        (outputs,) = untraced(own, own.preprocess_texts(row.texts))
        for output, length in zip(outputs, row.lengths, strict=True):
            # What a model makes of a text without words is its own affair.
            assert not (output[length:].any() and length)


def test_bytes_come_back_as_the_same_block_twice(row, own):
    train_a_little(own, row.corpus)
    data = own.serialize()
    ids = own.preprocess_texts(row.texts)
    for again in [once := nlp_builder.deserialize(data), nlp_builder.deserialize(once.serialize())]:
        assert type(again) is type(own)
        assert again.serialize() == data
        assert plain(again.get_config()) == plain(own.get_config())
        assert_equal(again.preprocess_texts(row.texts), ids)
        assert str(again) == str(own)
        assert again.trainable_weights_amount == own.trainable_weights_amount
    # The second was made from the same bytes.
    assert_equal(untraced(once, ids), untraced(own, ids))


def plain(config: dict[str, object]) -> dict[str, object]:
    """The arguments that are the same objects in any process."""
    return {k: v for k, v in config.items() if isinstance(v, str | int | float | None)}


def test_an_unbuilt_block_comes_back_unbuilt(row):
    again = nlp_builder.deserialize(row.make().serialize())
    assert again.weights_amount is None
    assert again.outputs_shape == row.make().outputs_shape
    assert again.build(row.corpus).serialize() == row.make().build(row.corpus).serialize()


def test_what_was_loaded_knows_its_corpus_and_whether_it_is_frozen(row, own):
    again = nlp_builder.deserialize(own.freeze().serialize())
    assert again.trainable_weights_amount == 0
    assert again.build(row.corpus).serialize() == own.serialize()
    with pytest.raises(ValueError, match="another corpus"):
        again.build([["something", "else"]])


def test_it_works_inside_a_keras_model_that_is_saved(row, own, tmp_path):
    model = keras.Model(own.inputs, keras.layers.Dense(2)(flat(own)))
    model.compile("sgd", "mse")
    ids = own.preprocess_texts(row.corpus)
    model.fit(ids, np.zeros((size(row.corpus), 2), "float32"), verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(ids), model(ids))


def test_the_summary_names_each_block_and_its_weights(block):
    text, page = str(block), block._repr_html_()
    for shown in (type(block).__name__, str(block.outputs_shape), f"{block.weights_amount:,}"):
        assert shown in text
        assert shown in page
    assert "?" in str(type(block)(**type(block).get_config(block)))
