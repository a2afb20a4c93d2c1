"""Masks behind Keras models: they go on where steps stay in their places, and end elsewhere."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from nlp_builder.features import (
    CharEmbeddingSequence,
    CharPerWordEmbeddingSequence,
    Feature,
    KerasWrapper,
    PerChunkSequencer,
    RNNDigest,
)
from nlp_builder.features.kept_steps import kept_inputs
from nlp_builder.features.masks import mask_of
from nlp_builder.features.shapes import Connection
from nlp_builder.layers import CRF, Digest, Folded, MaskedConcatenate

TEXTS = ["sea", "a small town", "", "by the sea"]


def letters(maxlen: int | None = 6) -> CharEmbeddingSequence:
    return CharEmbeddingSequence(4, sequence_maxlen=maxlen, min_freq_percentile=0)


def spelling() -> CharPerWordEmbeddingSequence:
    return CharPerWordEmbeddingSequence("words", 3, word_maxlen=4, char_maxlen=5)


def sequential(shape: tuple[int | None, ...], *rest: layers.Layer) -> keras.Model:
    return keras.Sequential([keras.Input(shape), *rest])


def convolution(units: int = 3) -> layers.Layer:
    return layers.Conv1D(units, 3, padding="same", bias_initializer="ones")


def mask(block: Feature, texts: list[str]) -> np.ndarray:
    ids = block.preprocess_texts(texts)
    return keras.Model(block.inputs, block.mask).predict(ids, verbose=0)


# Free and fixed lengths.


@pytest.mark.parametrize("maxlen", [6, None])
def test_a_convolution_keeps_the_mask_at_any_length(maxlen):
    block = KerasWrapper(letters(maxlen), sequential((maxlen, 4), convolution())).build(TEXTS)
    np.testing.assert_array_equal(mask(block, ["sea", "by the"]), [[1, 1, 1, 0, 0, 0], [1] * 6])


@pytest.mark.parametrize(
    "above",
    [
        lambda block: KerasWrapper(block, sequential((None, 3), layers.GRU(4))),
        lambda block: RNNDigest(block, 4, "lstm", bidirectional=True),
        lambda block: RNNDigest([block, letters(None)], 4, "gru"),
    ],
    ids=["wrapper", "digest", "digest of two"],
)
def test_behind_a_convolution_no_padding_is_read_at_free_length(above):
    convolved = KerasWrapper(letters(None), sequential((None, 4), convolution()))
    block = above(convolved).build(TEXTS)
    one_by_one = block.predict(TEXTS, inference_batch=1)
    np.testing.assert_allclose(block.predict(TEXTS), one_by_one, atol=1e-6)


def test_steps_of_a_decoder_are_not_those_of_the_text():
    decoder = [layers.GRU(3), layers.RepeatVector(6), layers.GRU(2, return_sequences=True)]
    block = KerasWrapper(letters(), sequential((6, 4), *decoder)).build(TEXTS)
    assert block.outputs_shape.shape == (6, 2)
    assert block.mask is None


def test_a_model_inside_a_model_is_looked_into():
    inner = sequential((6, 4), convolution(4), layers.Dropout(0.5))
    kept = KerasWrapper(letters(), sequential((6, 4), inner, layers.Dense(2))).build(TEXTS)
    np.testing.assert_array_equal(mask(kept, ["sea"]), [[1, 1, 1, 0, 0, 0]])
    pooled = sequential((6, 4), layers.MaxPooling1D(6), layers.Flatten(), layers.RepeatVector(6))
    moved = KerasWrapper(letters(), sequential((6, 4), pooled, layers.Dense(2))).build(TEXTS)
    assert moved.mask is None


def test_each_output_has_the_mask_of_the_input_whose_steps_it_has():
    one, other = keras.Input((6, 4)), keras.Input((6, 4))
    both = layers.Concatenate()([convolution()(one), convolution()(other)])
    outputs = [convolution()(other), both, layers.GlobalMaxPooling1D()(one)]
    model = keras.Model([one, other], outputs)
    block = KerasWrapper({"one": letters(), "other": letters()}, model)
    texts = {"one": ["sea"], "other": ["by the"]}
    block.build(texts)
    second, joined, pooled = block.mask
    assert pooled is None
    found = keras.Model(block.inputs, [second, joined])
    expected = [[[1] * 6], [[1, 1, 1, 0, 0, 0]]]
    for its, wanted in zip(found.predict(block.preprocess_texts(texts)), expected, strict=True):
        np.testing.assert_array_equal(its, wanted)


# Blocks without a mask, and masks by row.


@pytest.mark.parametrize("masking", [True, False])
@pytest.mark.parametrize("return_sequences", [True, False])
def test_a_digest_without_a_mask_counts_everything(masking, return_sequences):
    pooled = KerasWrapper(letters(), sequential((6, 4), layers.MaxPooling1D(2)))
    assert pooled.build(TEXTS).mask is None
    digest = RNNDigest(pooled, 3, "gru", masking=masking, return_sequences=return_sequences)
    digest.build()
    assert digest.mask is None
    outputs = digest.predict(TEXTS)
    layer = digest._layers[0].rnn_layers[0]
    np.testing.assert_allclose(outputs, layer(pooled.predict(TEXTS)), atol=1e-6)


def test_a_convolution_along_words_keeps_the_mask_of_their_letters():
    convolved = KerasWrapper(spelling(), sequential((5, 3), convolution())).build(TEXTS)
    (connection,) = convolved._connections
    model = keras.Model(convolved.inputs, connection.mask)
    steps = model.predict(convolved.preprocess_texts(["by the"]), verbose=0)
    np.testing.assert_array_equal(steps.sum(axis=-1), [[2, 3, 0, 0]])


def test_what_is_made_of_a_word_counts_in_all_its_steps():
    pooled = KerasWrapper(spelling(), sequential((5, 3), layers.MaxPooling1D(2))).build(TEXTS)
    (connection,) = pooled._connections
    model = keras.Model(pooled.inputs, connection.mask)
    steps = model.predict(pooled.preprocess_texts(["by the"]), verbose=0)
    np.testing.assert_array_equal(steps, [[[1, 1], [1, 1], [0, 0], [0, 0]]])
    np.testing.assert_array_equal(mask(pooled, ["by the"]), [[1, 1, 0, 0]])


@pytest.mark.parametrize("inner", [convolution(), layers.AveragePooling1D(1)], ids=type)
@pytest.mark.parametrize(
    "above",
    [
        lambda block, chars: RNNDigest(block, 4, "gru"),
        lambda block, chars: RNNDigest([chars, block], 4, "gru"),
        lambda block, chars: KerasWrapper([chars, block], sequential((5, 6), layers.GRU(4))),
        lambda block, chars: KerasWrapper([block, chars], sequential((4, 5, 6), layers.Dense(4))),
    ],
    ids=["digest", "digest beside letters", "model beside letters", "model of all axes"],
)
def test_models_along_words_are_composed_on(inner, above):
    chars = spelling()
    block = above(KerasWrapper(chars, sequential((5, 3), inner)), chars).build(TEXTS)
    outputs = block.predict(TEXTS, inference_batch=1)
    assert outputs.shape[:2] == (4, 4)
    np.testing.assert_allclose(block.predict(TEXTS), outputs, atol=1e-6)
    np.testing.assert_array_equal(mask(block, TEXTS).sum(axis=1), [1, 3, 0, 3])


def test_a_mask_by_line_is_brought_to_the_letters_of_its_words():
    lines = PerChunkSequencer(spelling(), "whitespace", chunking_maxlen=3)
    block = KerasWrapper(lines, sequential((4, 5, 3), layers.Reshape((2, 10, 3)))).build(TEXTS)
    digest = RNNDigest([block, block], 2, "gru").build(TEXTS)
    assert digest.predict(TEXTS).shape == (4, 3, 2, 2)


def test_layers_above_skip_what_was_padding_under_a_convolution():
    block = KerasWrapper(letters(None), sequential((None, 4), convolution())).build(TEXTS)
    model = keras.Model(block.inputs, layers.GRU(3)(block.outputs))
    alone, padded = (block.preprocess_texts(texts) for texts in (TEXTS[:1], TEXTS))
    np.testing.assert_allclose(
        model.predict(padded, verbose=0)[:1], model.predict(alone, verbose=0), atol=1e-6
    )


def test_a_mask_of_kerass_own_goes_before_those_of_inputs():
    sequence = keras.Input((6, 4))
    given, own = (keras.Input((6,), dtype="bool") for _ in range(2))
    output = layers.Activation("tanh")(sequence)
    assert mask_of(output, [Connection(sequence, given)]) is given
    output._keras_mask = own
    assert mask_of(output, [Connection(sequence, given)]) is own


# Which layers keep steps in their places.


def attended(sequence, other):
    return layers.MultiHeadAttention(2, 3)(key=other, query=sequence, value=other)


def scaled_by_pooled(sequence):
    gates = layers.Dense(4, "sigmoid")(layers.GlobalAveragePooling1D()(sequence))
    return layers.Multiply()([sequence, layers.Reshape((1, 4))(gates)])


def decoded(sequence):
    pooled = layers.GlobalAveragePooling1D()(sequence)
    return layers.Add()([sequence, layers.RepeatVector(6)(pooled)])


KEEP = {
    "causal convolution": layers.Conv1D(3, 3, padding="causal", dilation_rate=2),
    "separable convolution": layers.SeparableConv1D(3, 3, padding="same"),
    "depthwise convolution": layers.DepthwiseConv1D(3, padding="same"),
    "pooling of neighbours": layers.MaxPooling1D(3, strides=1, padding="same"),
    "dense": layers.Dense(3),
    "einsum": layers.EinsumDense("abc,cd->abd", (6, 3)),
    "activation": layers.LeakyReLU(),
    "dropout": layers.SpatialDropout1D(0.5),
    "layer normalization": layers.LayerNormalization(),
    "rms normalization": layers.RMSNormalization(),
    "batch normalization": layers.BatchNormalization(),
    "gru": layers.GRU(3, return_sequences=True),
    "rnn of cells": layers.RNN(layers.GRUCell(3), return_sequences=True),
    "both directions": layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
    "digest": Digest(3, "gru", return_sequences=True),
    "dense along steps": layers.TimeDistributed(layers.Dense(3)),
    "model along steps": Folded(sequential((4,), layers.Dense(3)), 1),
    "spectral normalization": layers.SpectralNormalization(convolution()),
    "model": sequential((6, 4), convolution(), layers.Dense(2)),
    "elementwise": lambda x: ops.relu(x) + ops.tanh(x * 2),
    "concatenation": lambda x: layers.Concatenate()([x, convolution()(x)]),
    "concatenation by number": lambda x: ops.concatenate([x, x], axis=2),
    "masked concatenation": lambda x: MaskedConcatenate()([x, x]),
    "residual": lambda x: layers.Add()([x, convolution(4)(x)]),
    "gates of the whole": scaled_by_pooled,
    "attention": lambda x: layers.Attention()([x, convolution(4)(x)]),
    "query": lambda x: attended(x, layers.MaxPooling1D(2)(x)),
}
MOVE = {
    "valid convolution": layers.Conv1D(3, 1, padding="valid"),
    "strides": layers.Conv1D(3, 3, strides=2, padding="same"),
    "channels first": layers.Conv1D(6, 3, padding="same", data_format="channels_first"),
    "pooling": layers.AveragePooling1D(2),
    "pooling of all": layers.GlobalMaxPooling1D(),
    "last step": layers.GRU(3),
    "backwards": layers.GRU(3, return_sequences=True, go_backwards=True),
    "digest": Digest(3, "gru"),
    "reshape": layers.Reshape((6, 4)),
    "einsum": layers.EinsumDense("abc,bd->adc", (6, 4)),
    "permutation": lambda x: layers.Permute((2, 1))(layers.Permute((2, 1))(x)),
    "flip": lambda x: ops.flip(x, axis=1),
    "roll": lambda x: ops.roll(x, 1, axis=1),
    "slice": lambda x: x[:, ::-1],
    "concatenation of steps": lambda x: layers.Concatenate(axis=1)([x[:, :3], x[:, 3:]]),
    "decoder": lambda x: layers.RepeatVector(6)(layers.GRU(3)(x)),
    "beside a decoder": decoded,
    "value": lambda x: attended(layers.RepeatVector(6)(layers.GRU(4)(x)), x),
    "model": sequential((6, 4), layers.MaxPooling1D(2), layers.UpSampling1D(2)),
    "crf": CRF(4),
}


def kept(change) -> frozenset[int]:
    inputs = keras.Input((6, 4))
    return kept_inputs(keras.Model(inputs, change(inputs)))[0]


@pytest.mark.parametrize("change", KEEP.values(), ids=KEEP.keys())
def test_what_keeps_steps_in_their_places(change):
    assert kept(change) == {0}


@pytest.mark.parametrize("change", MOVE.values(), ids=MOVE.keys())
def test_what_moves_or_ends_steps(change):
    assert kept(change) == set()


class Halved(layers.Layer):
    def call(self, inputs):
        return inputs / 2


def test_a_layer_of_ones_own_says_so_by_supporting_masks():
    assert kept(Halved()) == set()
    layer = Halved()
    layer.supports_masking = True
    assert kept(layer) == {0}


def test_states_are_no_steps():
    inputs = keras.Input((6, 4))
    model = keras.Model(inputs, layers.LSTM(3, return_sequences=True, return_state=True)(inputs))
    assert kept_inputs(model) == [{0}, set(), set()]
