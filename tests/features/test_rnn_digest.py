"""Digests: wrong wiring is refused when the block is made, and no row is ever fully masked."""

import keras
import numpy as np
import pytest

from nlp_builder.features import CharPerWordEmbeddingSequence, RNNDigest
from nlp_builder.layers import GRU, LSTM
from tests.blocks import CORPUS, characters, words


def test_the_kind_of_the_layer_is_what_it_says():
    for name, layer in [
        ("rnn", keras.layers.SimpleRNN),
        ("gru", GRU),
        ("lstm", LSTM),
    ]:
        digest = RNNDigest(characters(), 3, name, stacked_layers=2).build(CORPUS)
        assert [type(rnn) for rnn in digest._layers[0].rnn_layers] == [layer] * 2


@pytest.mark.parametrize("wrong", ["LSTM", "foo", None])
def test_an_unknown_kind_is_refused(wrong):
    with pytest.raises(ValueError, match="rnn_type must be one of 'rnn', 'gru', 'lstm', got"):
        RNNDigest(characters(), 3, wrong)


@pytest.mark.parametrize(
    ("bidirectional", "return_sequences", "shape"),
    [
        (False, False, (6, 3)),
        (True, False, (6, 6)),
        (False, True, (6, 4, 3)),
        (True, True, (6, 4, 6)),
    ],
)
def test_both_directions_honour_return_sequences(bidirectional, return_sequences, shape):
    digest = RNNDigest(
        characters(), 3, "gru", bidirectional=bidirectional, return_sequences=return_sequences
    )
    assert digest.outputs_shape.shape == shape
    assert digest.build(CORPUS).outputs.shape == (None, *shape)


def test_a_seed_decides_the_weights():
    one, other, third = (
        RNNDigest(characters(), 3, "lstm", random_seed=seed).build(CORPUS) for seed in (1, 1, 2)
    )
    ids = one.preprocess_texts(CORPUS)
    np.testing.assert_array_equal(one(ids), other(ids))
    assert np.abs(one(ids) - third(ids)).max() > 1e-3


def test_the_global_random_state_is_left_alone():
    np.random.seed(3)
    before = np.random.get_state()[1].tolist()
    RNNDigest(characters(), 3, "lstm").build(CORPUS)
    assert np.random.get_state()[1].tolist() == before


class RecordingGRU(keras.layers.GRU):
    """Keeps the masks that it is given."""

    def call(self, sequences, initial_state=None, mask=None, training=False):
        self.masks.append(mask)
        return super().call(sequences, initial_state, mask=mask, training=training)


def test_no_row_that_reaches_an_rnn_is_fully_masked():
    """cuDNN refuses a batch with such a row; padding words are such rows."""
    digest = RNNDigest(characters(), 3, "gru").build(CORPUS)
    layer = digest._layers[0]
    (old,) = layer.rnn_layers
    recorder = RecordingGRU.from_config(old.get_config())
    recorder.masks = []
    layer.rnn_layers[0] = recorder
    layer(np.zeros((2, 6, 4, 5), "float32"), mask=np.zeros((2, 6, 4), bool))
    (mask,) = recorder.masks
    mask = np.asarray(mask)
    assert mask.shape == (12, 4)
    assert mask.any(axis=1).all()
    # Right-padded, as cuDNN wants it: no step counts after one that does not.
    assert (np.diff(mask.astype(int), axis=1) <= 0).all()


def test_a_dimension_is_digested_at_a_time():
    text = RNNDigest(RNNDigest(characters(), 3, "gru"), 5, "lstm")
    assert text.outputs_shape.shape == (5,)
    with pytest.raises(ValueError, match="digests sequences of vectors"):
        RNNDigest(text, 2, "gru")


def test_blocks_that_cannot_stand_side_by_side_are_refused():
    with pytest.raises(ValueError, match=r"all axes but the last are equal.*\(6, 4\), float32"):
        RNNDigest([words(), characters()], 3, "gru")
    longer = CharPerWordEmbeddingSequence(None, 3, word_maxlen=9)
    with pytest.raises(ValueError, match="give the blocks the same lengths"):
        RNNDigest([words(), RNNDigest(longer, 2, "gru")], 3, "gru")


@pytest.mark.parametrize("wrong", [None, "a block", [characters(), 7]])
def test_what_is_no_block_is_refused(wrong):
    with pytest.raises(TypeError, match="expects a block, a list of blocks, or blocks for each"):
        RNNDigest(wrong, 3, "gru")


def test_odd_arguments_are_refused():
    with pytest.raises(ValueError, match="got no block at all"):
        RNNDigest([], 3, "gru")
    with pytest.raises(ValueError, match="expected units_per_layer to be a whole number"):
        RNNDigest(characters(), 0, "gru")
    with pytest.raises(ValueError, match="expected stacked_layers to be a whole number"):
        RNNDigest(characters(), 3, "gru", stacked_layers=0)
    with pytest.raises(ValueError, match="return_state=True cannot be handed"):
        RNNDigest(characters(), 3, "gru", return_state=True)
    with pytest.raises(ValueError, match="Unrecognized keyword arguments"):
        RNNDigest(characters(), 3, "gru", colour="red")


def test_a_built_block_can_get_a_digest_without_texts():
    built = characters().build(CORPUS)
    digest = RNNDigest(built, 3, "gru").build()
    assert digest(digest.preprocess_texts(CORPUS)).shape == (4, 6, 3)
    with pytest.raises(ValueError, match="build needs texts"):
        RNNDigest(characters(), 3, "gru").build()


def test_a_shared_block_trains_for_both():
    shared = characters()
    one, other = (
        RNNDigest(shared, 3, "gru").build(CORPUS),
        RNNDigest(shared, 3, "lstm").build(CORPUS),
    )
    assert one._layers is not other._layers
    weight = shared.trainable_weights[0]
    assert any(weight is w for w in one.trainable_weights)
    assert any(weight is w for w in other.trainable_weights)


def test_mixed_precision_shows_in_the_shape():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        digest = RNNDigest(characters(), 3, "gru")
        assert str(digest.outputs_shape) == "(6, 3), bfloat16"
        digest.build(CORPUS)
        assert digest.outputs.dtype == "bfloat16"
        assert digest(digest.preprocess_texts(CORPUS)).dtype == np.float32
    finally:
        keras.config.set_dtype_policy(before)


def test_without_masking_the_recurrence_runs_over_padding():
    """Keras would fill in the implicit mask that word vectors carry."""
    masked, unmasked = (
        RNNDigest(words(), 3, "gru", masking=masking).build(CORPUS) for masking in (True, False)
    )
    ids = masked.preprocess_texts([["a"], ["a"] * 6, []])
    one, other = masked(ids), unmasked(ids)
    assert np.abs(one[0] - other[0]).max() > 1e-3
    # Products of another number of rows may add in another order.
    np.testing.assert_allclose(one[1], other[1], atol=1e-6)
    assert not one[2].any()
    assert not other[2].any()


def test_a_frozen_digest_stays_frozen_in_a_saved_model(tmp_path):
    digest = RNNDigest(characters(), 3, "lstm", bidirectional=True).build(CORPUS).freeze()
    model = keras.Model(digest.inputs, keras.layers.Dense(1)(digest.outputs))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert len(again.trainable_weights) == len(model.trainable_weights) == 2


def test_a_shared_digest_is_applied_once():
    shared = RNNDigest(characters(), 3, "gru", random_seed=1)
    both = RNNDigest([shared, shared], 4, "gru").build(CORPUS)
    calls = [layer.name for layer in keras.Model(both.inputs, both.outputs).layers]
    assert sum("digest" in name for name in calls) == 2


@pytest.mark.parametrize("wrong", [1.5, "x", None, True])
def test_a_seed_that_is_none_is_refused_at_once(wrong):
    with pytest.raises(TypeError, match="expected random_seed to be a whole number"):
        RNNDigest(characters(), 3, "gru", random_seed=wrong)
    with pytest.raises(TypeError, match="expected random_state to be a whole number"):
        CharPerWordEmbeddingSequence(None, 3, random_state=wrong)


def test_a_numpy_seed_is_a_seed():
    digest = RNNDigest(characters(), 3, "gru", random_seed=np.int64(42))
    same = RNNDigest(characters(), 3, "gru", random_seed=42)
    assert digest.build(CORPUS).serialize() == same.build(CORPUS).serialize()
