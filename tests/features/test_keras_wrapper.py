"""Keras models around blocks: every way of composing."""

import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

import nlp_builder
from nlp_builder.features import KerasWrapper, PerChunkSequencer, RNNDigest
from nlp_builder.layers import TagAccuracy
from tests.features.compositions import (
    PAIRS,
    TEXTS,
    compared,
    encoder,
    letters,
    sequential,
    siamese,
    spelling,
)


def test_a_model_of_one_input_reads_one_block():
    wrapper = KerasWrapper(letters(), sequential((6, 4), layers.Flatten(), layers.Dense(2)))
    assert wrapper.outputs_shape == ((2,), "float32")
    assert wrapper.build(TEXTS).predict(TEXTS).shape == (4, 2)


def test_a_model_of_one_input_reads_several_blocks_concatenated():
    blocks = [letters(), letters()]
    wrapper = KerasWrapper(blocks, sequential((6, 8), layers.GRU(3))).build(TEXTS)
    ids = wrapper.preprocess_texts(TEXTS)
    vectors = np.concatenate([block(part) for block, part in zip(blocks, ids, strict=True)], -1)
    expected = wrapper.wrapped_model.predict(vectors[[0, 1, 3]], verbose=0)
    # The first text fills all six steps, the others are masked where the blocks pad.
    np.testing.assert_allclose(wrapper.predict(TEXTS)[0], expected[0], atol=1e-6)


def test_a_model_of_several_inputs_reads_blocks_by_position():
    inputs = [keras.Input((6, 4)), keras.Input((5,))]
    pooled = layers.GlobalAveragePooling1D()(inputs[0])
    model = keras.Model(inputs, layers.Dense(1)(layers.Concatenate()([pooled, inputs[1]])))
    wrapper = KerasWrapper([letters(), encoder()], model).build(TEXTS)
    assert wrapper.predict(TEXTS).shape == (4, 1)


def test_a_model_of_inputs_by_name_reads_blocks_in_their_order():
    inputs = {name: keras.Input((5,), name=name) for name in ("first", "second")}
    model = keras.Model(inputs, layers.Subtract()([inputs["first"], inputs["second"]]))
    one, other = encoder(), RNNDigest(letters(), 5, "lstm")
    wrapper = KerasWrapper([one, other], model).build(TEXTS)
    expected = one.transform(TEXTS) - other.transform(TEXTS)
    np.testing.assert_allclose(wrapper.predict(TEXTS), expected, atol=1e-6)


def test_a_model_of_words_goes_along_the_words_of_a_text():
    model = sequential((None, 3), layers.LSTM(2), layers.Dense(2, bias_initializer="ones"))
    wrapper = KerasWrapper(spelling(), model)
    assert wrapper.outputs_shape == ((4, 2), "float32")
    outputs = wrapper.build(TEXTS).predict(TEXTS)
    ids = wrapper.reads[0].block.preprocess_texts(TEXTS)
    word = spelling().build(TEXTS)(ids)[3, 2:3, :3]  # "the" fills three of the five steps
    np.testing.assert_allclose(outputs[3, 2], model.predict(word, verbose=0)[0], atol=1e-6)
    # "the sea" has two words, the empty text none: padding is exact zeros, bias or not.
    assert not outputs[1, 2:].any()
    assert not outputs[2].any()
    mask = keras.Model(wrapper.inputs, wrapper.mask).predict(ids, verbose=0)
    np.testing.assert_array_equal(mask.sum(axis=1), [3, 2, 0, 4])


def test_two_axes_more_are_gone_along_as_well():
    sentences = PerChunkSequencer(spelling(), "whitespace", chunking_maxlen=3)
    wrapper = KerasWrapper(sentences, sequential((5, 3), layers.GRU(2)))
    assert wrapper.outputs_shape == ((3, 4, 2), "float32")
    assert wrapper.build(TEXTS).predict(TEXTS).shape == (4, 3, 4, 2)


def test_masks_go_into_the_model_and_through_it():
    model = sequential((6, 4), layers.GRU(3, return_sequences=True), layers.Dense(2))
    wrapper = KerasWrapper(letters(), model).build(TEXTS)
    mask = keras.Model(wrapper.inputs, wrapper.mask).predict(
        wrapper.preprocess_texts(["ab", "rain and more"]), verbose=0
    )
    np.testing.assert_array_equal(mask, [[1, 1, 0, 0, 0, 0], [1] * 6])
    texts = ["town", "sea"]
    short = KerasWrapper(letters(), sequential((None, 4), layers.GRU(3))).build(texts)
    longer = KerasWrapper(letters(30), short.wrapped_model).build(texts)
    np.testing.assert_allclose(short.predict(texts), longer.predict(texts), atol=1e-6)


def test_no_warning_tells_of_masks_that_a_convolution_ends():
    convolution = layers.Conv1D(3, 3, padding="same")
    wrapper = KerasWrapper(letters(), sequential((6, 4), convolution)).build(TEXTS)
    assert wrapper.mask.shape == (None, 6)  # of the same steps, so the mask of the letters


def several_outputs() -> keras.Model:
    inputs = keras.Input((6, 4))
    digest = layers.GRU(3)(inputs)
    kind = layers.Dense(1, activation="sigmoid", name="kind")(digest)
    return keras.Model(inputs, [kind, layers.Dense(2, name="size")(digest)])


def test_several_outputs_have_names_and_are_read_by_the_next_model():
    wrapper = KerasWrapper(letters(), several_outputs())
    assert wrapper.outputs_shape == [((1,), "float32"), ((2,), "float32")]
    assert wrapper.output_names == ["kind", "size"]
    above = KerasWrapper(wrapper, sequential((3,), layers.Dense(4))).build(TEXTS)
    kinds, sizes = wrapper.predict(TEXTS)
    expected = above.wrapped_model.predict(np.concatenate([kinds, sizes], -1), verbose=0)
    np.testing.assert_allclose(above.predict(TEXTS), expected, atol=1e-6)


def test_outputs_in_a_dict_keep_their_names():
    inputs = keras.Input((6, 4))
    outputs = {"b": layers.Flatten()(inputs), "a": layers.GRU(2)(inputs)}
    wrapper = KerasWrapper(letters(), keras.Model(inputs, outputs)).build(TEXTS)
    assert wrapper.output_names == ["a", "b"]
    assert [output.shape[1:] for output in wrapper.predict(TEXTS)] == [(2,), (24,)]


def test_a_diamond_is_one_graph_and_comes_back_as_one():
    base = KerasWrapper(spelling(), sequential((5, 3), layers.GRU(3)))
    side = KerasWrapper(base, sequential((4, 3), layers.Dense(2)))
    top = KerasWrapper([side, base], sequential((4, 5), layers.GRU(4))).build(TEXTS)
    assert len(top.preprocess_texts(TEXTS).shape) == 3  # one input, not two
    again = nlp_builder.deserialize(top.serialize())
    np.testing.assert_array_equal(again.predict(TEXTS), top.predict(TEXTS))
    assert again.reads[0].block.reads[0].block is again.reads[1].block
    assert again.weights_amount == top.weights_amount


def test_a_deep_chain_of_diamonds_is_quick():
    block = encoder()
    for _ in range(30):
        block = KerasWrapper([block, block], sequential((10,), layers.Dense(5)))
    assert block.outputs_shape == ((5,), "float32")
    assert len(block.slots) == 1


def test_a_shared_encoder_learns_from_both_texts():
    wrapper = siamese().build({"left": ["aaa"], "right": ["bbb"]})
    assert wrapper.reads[0].block.reads[0].block.vocabulary.tokens == ("a", "b")
    # The same as one that reads both by itself.
    assert letters().build(["aaa", "bbb"]).vocabulary.tokens == ("a", "b")


def test_a_shared_encoder_stays_one_after_saving_and_training():
    wrapper = siamese().build(PAIRS)
    wrapper.compile("adam", "mse")
    again = nlp_builder.deserialize(wrapper.serialize())
    one, other = (slot.block for slot in again.reads)
    assert one is other
    assert again.weights_amount == wrapper.weights_amount
    before = one.transform(TEXTS)
    again.fit(PAIRS, [0.0, 1.0, 2.0, 3.0], epochs=2, verbose=0)
    assert np.abs(one.transform(TEXTS) - before).max() > 0
    np.testing.assert_array_equal(again.predict({"left": TEXTS, "right": TEXTS}).shape, (4, 1))


def test_what_was_saved_comes_back_in_a_new_process(tmp_path):
    wrapper = siamese().build(PAIRS)
    wrapper.save(tmp_path / "siamese.nlpb")
    np.save(tmp_path / "expected.npy", wrapper.predict(PAIRS))
    script = (
        "import sys, numpy as np, nlp_builder\n"
        f"block = nlp_builder.load({str(tmp_path / 'siamese.nlpb')!r})\n"
        f"expected = np.load({str(tmp_path / 'expected.npy')!r})\n"
        f"assert np.array_equal(block.predict({PAIRS!r}), expected)\n"
        "assert block.reads[0].block is block.reads[1].block\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_texts_by_name_come_as_dicts_and_tables():
    wrapper = siamese().build(PAIRS)
    expected = wrapper.predict(PAIRS)
    table = pd.DataFrame({"label": range(4), **PAIRS}, index=[7, 3, 1, 0])
    np.testing.assert_array_equal(wrapper.predict(table), expected)
    assert wrapper.text_names == ("left", "right")
    named = KerasWrapper({"left": wrapper.reads[0].block, "right": encoder()}, compared())
    assert named.text_names == ("left", "right")


def test_one_list_teaches_the_blocks_of_all_texts():
    wrapper = KerasWrapper({"left": [encoder()], "right": [encoder()]}, compared()).build(TEXTS)
    one, other = (slot.block.reads[0].block.vocabulary for slot in wrapper.reads)
    assert one == other == letters().build(TEXTS).vocabulary


def test_a_digest_reads_texts_by_name_too():
    digest = RNNDigest({"left": letters(), "right": letters()}, 3, "gru").build(PAIRS)
    assert digest.transform(PAIRS).shape == (4, 3)
    digest.compile("adam", "mse")
    digest.fit(PAIRS, np.zeros((4, 3)), verbose=0)


def test_blocks_of_several_texts_are_composed_on():
    pair = siamese()
    more = KerasWrapper({"left": [encoder()]}, sequential((5,), layers.Dense(2)))
    top = KerasWrapper([pair, more], sequential((3,), layers.Dense(1))).build(PAIRS)
    assert top.text_names == ("left", "right")
    assert top.predict(PAIRS).shape == (4, 1)


def test_weights_are_those_of_the_model_that_was_given():
    model = sequential((6, 4), layers.GRU(3), layers.Dense(1))
    wrapper = KerasWrapper(letters(), model).build(TEXTS)
    wrapper.compile("adam", "mse")
    before = model.get_weights()
    wrapper.fit(TEXTS, [0, 1, 0, 1], verbose=0)
    assert all(
        np.abs(old - new).max() > 0 for old, new in zip(before, model.get_weights(), strict=True)
    )


def test_what_was_frozen_in_a_model_stays_frozen_when_all_is_thawed():
    model = sequential((6, 4), layers.GRU(3), layers.Dense(1))
    model.layers[0].trainable = False
    wrapper = KerasWrapper(letters(), model).build(TEXTS)
    trainable = wrapper.trainable_weights_amount
    assert wrapper.freeze().trainable_weights_amount == 0
    again = nlp_builder.deserialize(wrapper.serialize())
    assert again.trainable_weights_amount == 0
    assert again.unfreeze().trainable_weights_amount == trainable
    assert wrapper.unfreeze().trainable_weights_amount == trainable < wrapper.weights_amount


def test_a_crf_inside_a_model_sees_the_mask():
    inputs = keras.Input((None, 4))
    sequence = layers.LSTM(3, return_sequences=True)(inputs)
    crf = nlp_builder.CRF(2)
    model = keras.Model(inputs, crf(layers.Dense(2)(sequence)))
    wrapper = KerasWrapper(letters(None), model).build(TEXTS)
    wrapper.compile("adam", nlp_builder.CRFLoss(), metrics=[TagAccuracy()])
    texts = ["ab", "sea"]
    wrapper.fit(texts, [[0, 1], [1, 0, 1]], verbose=0)
    tags, _ = crf.decode(wrapper(wrapper.preprocess_texts(texts)))
    assert np.asarray(tags).shape == (2, 3)
    alone, _ = crf.decode(wrapper(wrapper.preprocess_texts(texts[:1])))
    np.testing.assert_array_equal(np.asarray(alone)[0], np.asarray(tags)[0, :2])


@keras.saving.register_keras_serializable(package="test_keras_wrapper")
class Doubled(layers.Layer):
    def call(self, inputs):
        return inputs * 2


def test_registered_layers_and_keras_operations_are_kept():
    inputs = keras.Input((6, 4))
    model = keras.Model(inputs, keras.ops.abs(Doubled()(layers.GRU(3)(inputs))) + 1)
    wrapper = KerasWrapper(letters(), model).build(TEXTS)
    again = nlp_builder.deserialize(wrapper.serialize())
    np.testing.assert_array_equal(again.predict(TEXTS), wrapper.predict(TEXTS))


class Unregistered(layers.Layer):
    def call(self, inputs):
        return inputs * 3


def test_a_layer_that_is_not_registered_has_to_be_handed_in():
    model = sequential((6, 4), layers.GRU(3), Unregistered())
    data = KerasWrapper(letters(), model).build(TEXTS).serialize()
    with pytest.raises(nlp_builder.ArchiveError, match=r"needs 'Unregistered'.*custom_objects"):
        nlp_builder.deserialize(data)
    again = nlp_builder.deserialize(data, custom_objects={"Unregistered": Unregistered})
    assert again.predict(TEXTS).shape == (4, 3)


def test_code_is_not_kept():
    model = sequential((6, 4), layers.GRU(3), layers.Lambda(lambda x: x * 2, output_shape=(3,)))
    wrapper = KerasWrapper(letters(), model).build(TEXTS)
    with pytest.raises(TypeError, match=r"cannot keep a Lambda.*no code"):
        wrapper.serialize()


def test_a_model_in_two_wrappers_is_kept_once():
    model = sequential((6, 4), layers.GRU(5))
    two = [KerasWrapper(letters(), model), KerasWrapper(letters(), model)]
    top = KerasWrapper(two, compared()).build(TEXTS)
    again = nlp_builder.deserialize(top.serialize())
    assert again.reads[0].block.wrapped_model is again.reads[1].block.wrapped_model
    assert again.weights_amount == top.weights_amount


def test_models_that_share_a_layer_are_not_kept_as_two():
    shared = layers.GRU(5)
    two = [KerasWrapper(letters(), sequential((6, 4), shared)) for _ in range(2)]
    top = KerasWrapper(two, compared()).build(TEXTS)
    with pytest.raises(TypeError, match="which share layers"):
        top.serialize()
