"""Texts without words, and of one word: the loops of a chain then have no step."""

import keras
import numpy as np
import pytest
from keras import ops

from nlp_builder import layers
from nlp_builder.layers import CRF, CRFLoss, TagAccuracy

from .backend import array, tensorflow_graphs

TRANSITIONS = np.random.default_rng(0).normal(size=(3, 3)).astype("float32")
# What each function gives for two texts of so many words.
SHAPES = {
    "sequence_score": [()],
    "log_partition": [()],
    "log_likelihood": [()],
    "token_log_likelihood": [("words",)],
    "viterbi": [("words",), ()],
    "nbest": [(2, "words"), (2,)],
    "marginals": [("words", 3)],
    "pair_marginals": [("pairs", 3, 3)],
    "entropy": [()],
    "sample": [("words",)],
}
each_function = pytest.mark.parametrize("name", SHAPES)


def results(name, potentials, tags):
    function = getattr(layers, name)
    if name in ("sequence_score", "log_likelihood", "token_log_likelihood"):
        found = function(potentials, tags, TRANSITIONS)
    elif name == "nbest":
        found = function(potentials, TRANSITIONS, 2)
    else:
        found = function(potentials, TRANSITIONS, **({"seed": 1} if name == "sample" else {}))
    return found if isinstance(found, tuple) else (found,)


def chains(words):
    rng = np.random.default_rng(words)
    potentials = rng.normal(size=(2, words, 3)).astype("float32")
    return potentials, rng.integers(0, 3, (2, words)).astype("int32")


@each_function
@pytest.mark.parametrize("form", [np.asarray, ops.convert_to_tensor], ids=["array", "tensor"])
def test_texts_without_words_score_zero(name, form):
    potentials, tags = chains(words=0)
    found = [array(part) for part in results(name, form(potentials), tags)]
    sizes = {"words": 0, "pairs": 0}
    expected = [(2, *(sizes.get(axis, axis) for axis in shape)) for shape in SHAPES[name]]
    assert [part.shape for part in found] == expected
    assert not any(part.any() for part in found)


@tensorflow_graphs
@each_function
def test_a_graph_of_unknown_lengths_gives_what_arrays_give(name):
    import tensorflow as tf

    specs = [tf.TensorSpec((None, None, 3)), tf.TensorSpec((None, None), "int32")]
    graph = tf.function(
        lambda *parts: results(name, *parts), input_signature=specs, autograph=False
    )
    for words in (0, 1, 3):
        expected = results(name, *chains(words))
        for one, other in zip(graph(*chains(words)), expected, strict=True):
            assert one.shape == other.shape
            if name != "sample":  # another graph draws other numbers
                np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def tagger():
    words = keras.Input((None, 4))
    crf = CRF(3, transitions_initializer="ones")
    return keras.Model(words, crf(keras.layers.Dense(3)(words))), crf


@pytest.mark.parametrize("weights", [None, np.ones(2), np.ones((2, 0))], ids=["", "text", "word"])
def test_a_step_with_texts_without_words_moves_nothing(weights):
    model, _ = tagger()
    model.compile("sgd", CRFLoss(), metrics=[TagAccuracy()])
    model.train_on_batch(np.ones((2, 3, 4)), np.ones((2, 3)))
    before = model.get_weights()
    loss = model.train_on_batch(np.ones((2, 0, 4)), np.ones((2, 0)), sample_weight=weights)
    assert np.isfinite(loss).all()
    for one, other in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_model_that_decodes_reads_batches_of_any_length():
    """Keras traces it for any length after the second batch, and TensorFlow stacked nothing."""
    model, crf = tagger()
    decoding = keras.Model(model.inputs, crf.decode(model.output))
    rng = np.random.default_rng(0)
    for length in (4, 3, 1, 0, 2):
        words = rng.normal(size=(2, length, 4)).astype("float32")
        tags, scores = decoding.predict(words, verbose=0)
        expected_tags, expected_scores = crf.decode(model.predict(words, verbose=0))
        np.testing.assert_array_equal(tags, expected_tags)
        np.testing.assert_allclose(scores, expected_scores, rtol=1e-5, atol=1e-6)
