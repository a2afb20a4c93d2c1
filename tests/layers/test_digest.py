import keras
import numpy as np
import pytest

from nlp_builder.layers import Digest, MaskedEmbedding

from .backend import array
from .gradients import layer_gradients

MASK = np.array([[[1, 1, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]]], bool)  # (batch, words, chars)


def characters(seed=0, batch=1):
    return np.random.default_rng(seed).standard_normal((batch, 3, 4, 5)).astype("float32")


@pytest.mark.parametrize("rnn_type", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_words_are_digested_as_if_each_were_alone(rnn_type, bidirectional):
    layer = Digest(6, rnn_type, bidirectional=bidirectional, stacked_layers=2)
    inputs = characters()
    digest = array(layer(inputs, mask=MASK))
    assert digest.shape == (1, 3, 12 if bidirectional else 6)
    alone = array(layer(inputs[0, :1, :3]))
    np.testing.assert_allclose(digest[0, 0], alone[0], atol=1e-6)
    alone = array(layer(inputs[0, 1:2, :1]))
    np.testing.assert_allclose(digest[0, 1], alone[0], atol=1e-6)
    assert not digest[0, 2].any()


def test_the_recurrent_layers_are_those_of_keras():
    theirs = keras.layers.Bidirectional(keras.layers.LSTM(6))
    ours = Digest(6, "lstm", bidirectional=True)
    inputs = characters()[0]
    theirs(inputs), ours(inputs)
    ours.set_weights(theirs.get_weights())
    np.testing.assert_allclose(array(ours(inputs)), array(theirs(inputs)), atol=1e-6)


@pytest.mark.parametrize("return_sequences", [False, True])
@pytest.mark.parametrize("rnn_type", ["gru", "lstm"])
@pytest.mark.parametrize("mask", [MASK[0], MASK[0, :, ::-1].copy(), None])
def test_stacked_layers_hand_on_what_those_of_keras_do(rnn_type, return_sequences, mask):
    ours = Digest(6, rnn_type, stacked_layers=3, return_sequences=return_sequences)
    kind = {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM}[rnn_type]
    theirs = [kind(6, return_sequences=True) for _ in range(2)]
    theirs.append(kind(6, return_sequences=return_sequences))
    inputs = characters()[0]

    class Stack(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.layers = theirs

        def build(self, shape):
            for layer in self.layers:
                layer.build(shape)
                shape = (*shape[:-1], 6)

        def call(self, x):
            for layer in self.layers:
                x = layer(x, mask=opened)
            return x if kept is None else x * kept

    # A text without a step is read by none, and gives zeros.
    opened = None if mask is None else mask | (np.arange(4) == 0) & ~mask.any(1, keepdims=True)
    kept = None if mask is None else mask.any(1)[:, None].astype("float32")
    if kept is not None and return_sequences:
        kept = mask[..., None].astype("float32")
    stack = Stack()
    stack.build(inputs.shape), ours.build(inputs.shape)
    ours.set_weights(stack.get_weights())
    found = layer_gradients(ours, inputs, mask=mask)
    expected = layer_gradients(stack, inputs)
    np.testing.assert_allclose(array(ours(inputs, mask=mask)), array(stack(inputs)), atol=1e-6)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_sequences_are_zero_at_padding(bidirectional):
    layer = Digest(6, "gru", return_sequences=True, bidirectional=bidirectional)
    steps = array(layer(characters(), mask=MASK))
    assert steps.shape == (1, 3, 4, 12 if bidirectional else 6)
    assert not steps[~MASK].any()
    assert steps[MASK].all()


def test_no_recurrent_kernel_sees_a_row_without_a_valid_step(monkeypatch):
    seen = []
    original = keras.layers.LSTM.call

    def call(self, sequences, initial_state=None, mask=None, training=False):
        seen.append(np.asarray(mask))
        return original(self, sequences, initial_state, mask, training)

    monkeypatch.setattr(keras.layers.LSTM, "call", call)
    Digest(6, bidirectional=True, stacked_layers=2)(characters(), mask=MASK)
    assert len(seen) == 4
    assert all(mask.any(axis=-1).all() for mask in seen)


def test_without_masking_padding_is_read_but_empty_rows_stay_zero():
    layer = Digest(6, masking=False)
    inputs = characters()
    digest = array(layer(inputs, mask=MASK))
    np.testing.assert_allclose(digest[:, :2], array(layer(inputs))[:, :2], atol=1e-6)
    assert not digest[0, 2].any()


def test_the_mask_comes_from_the_embedding_and_goes_on_by_word():
    ids = np.array([[[3, 4, 0], [0, 0, 0]]])
    digest = Digest(4)(MaskedEmbedding(6, 5)(ids))
    np.testing.assert_array_equal(digest._keras_mask, [[True, False]])
    assert not array(digest)[0, 1].any()


def test_the_mask_after_one_axis_of_steps():
    mask = MASK[0]
    assert Digest(4).compute_mask(None, mask) is None
    np.testing.assert_array_equal(Digest(4, return_sequences=True).compute_mask(None, mask), mask)


def test_gradients_reach_weights_and_inputs():
    layer = Digest(4, bidirectional=True, stacked_layers=2)
    gradients = layer_gradients(layer, characters(), mask=MASK, training=True)
    assert len(gradients) == 1 + 2 * 2 * 3
    assert all(gradient.any() for gradient in gradients)
    assert not gradients[0][~MASK].any()


def test_one_seed_gives_the_same_weights_and_no_two_directions_are_equal():
    first, second = (Digest(4, bidirectional=True, random_seed=7) for _ in range(2))
    inputs = characters()
    np.testing.assert_array_equal(array(first(inputs)), array(second(inputs)))
    weights = [w for w in first.get_weights() if w.any() and w.shape == (5, 16)]
    assert len(weights) == 2
    assert (weights[0] != weights[1]).all()
    other = Digest(4, bidirectional=True, random_seed=8)
    assert (array(other(inputs)) != array(first(inputs))).any()


def test_unknown_batch_words_and_steps_train_in_a_graph(tmp_path):
    ids = keras.Input((None, None), dtype="int32")
    steps = Digest(4, "gru", dropout=0.1, kernel_regularizer="l2")(MaskedEmbedding(9, 3)(ids))
    model = keras.Model(ids, keras.layers.Dense(1)(steps))
    model.compile("adam", "mse")
    before = model.layers[2].get_weights()
    for words, chars in ((3, 4), (5, 2), (1, 1)):
        texts = np.random.default_rng(0).integers(0, 9, (2, words, chars))
        model.train_on_batch(texts, np.ones((2, words, 1)))
    assert all((a != b).any() for a, b in zip(before, model.layers[2].get_weights(), strict=True))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(array(model(texts)), array(loaded(texts)))
    assert loaded.layers[2].get_config() == model.layers[2].get_config()


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision(policy):
    digest = Digest(4, bidirectional=True, dtype=policy)(characters(), mask=MASK)
    assert keras.backend.standardize_dtype(digest.dtype) == policy.removeprefix("mixed_")
    assert not array(keras.ops.cast(digest, "float32"))[0, 2].any()


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="one of 'rnn', 'gru', 'lstm', got 'LSTM'"):
        Digest(4, "LSTM")
    with pytest.raises(ValueError, match="stacked_layers must be a positive integer, got 0"):
        Digest(4, stacked_layers=0)
    with pytest.raises(ValueError, match="units must be a positive integer, got -1"):
        Digest(-1)
