import itertools

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp

from nlp_builder.layers import log_likelihood, token_log_likelihood

from .backend import array, double_precision, examples, tensorflow_graphs
from .gradients import value_and_gradients
from .reference import all_paths, chains, numeric_gradient, random_chain


def true_by_word(chain):
    """The chain rule by enumeration: all sequences that begin alike, less those before."""
    values = np.zeros(chain.mask.shape)
    for text, length in enumerate(chain.lengths):
        paths = all_paths(chain, text)
        gold = tuple(chain.tags[text, :length])
        weights = [
            logsumexp([score for path, score in paths.items() if path[:words] == gold[:words]])
            for words in range(length + 1)
        ]
        values[text, :length] = np.diff(weights)
    return values


def likelihood(chain, parts=None):
    potentials, transitions, start, end = chain[:4] if parts is None else parts
    rest = {"start": start, "end": end, "mask": chain.mask}
    return token_log_likelihood(potentials, chain.tags, transitions, **rest)


@examples(25)
@given(chains)
def test_each_word_equals_the_enumeration_of_all_paths(chain):
    np.testing.assert_allclose(likelihood(chain), true_by_word(chain), rtol=1e-5, atol=2e-5)


@examples(10)
@given(chains, st.integers(1, 5))
def test_more_padding_changes_nothing_and_is_zero(chain, more):
    words = chain.mask.shape[1]
    padded = likelihood(chain.padded_by(more))
    np.testing.assert_allclose(padded[:, :words], likelihood(chain), rtol=1e-6, atol=1e-6)
    assert not padded[:, words:].any()


def test_long_texts_sum_to_their_likelihood():
    chain = random_chain(1, batch=5, words=60, tags=9)
    total = log_likelihood(chain.potentials, chain.tags, chain.transitions, **chain.rest)
    np.testing.assert_allclose(likelihood(chain).sum(axis=1), total, rtol=1e-5)


@pytest.mark.parametrize("scale", [30.0, 1e3, 1e4])
def test_large_scores_cost_no_more_than_float32_must(scale):
    chain = random_chain(2, words=20, scale=scale)
    total = log_likelihood(chain.potentials, chain.tags, chain.transitions, **chain.rest)
    values = likelihood(chain)
    np.testing.assert_allclose(values.sum(axis=1), total, rtol=1e-5, atol=scale * 1e-5)
    assert values.max() <= 0


@pytest.mark.parametrize("forbidden", [-1e4, -1e9, -np.inf])
def test_what_constraints_leave_alone_is_certain(forbidden):
    transitions = np.full((3, 3), forbidden, "float32")
    transitions[0, 1] = transitions[1, 2] = transitions[2, 0] = 0.5
    potentials = np.random.default_rng(0).standard_normal((1, 4, 3)).astype("float32")
    tags = np.array([[0, 1, 2, 0]])

    def both(parts):
        return token_log_likelihood(parts[0], tags, parts[1])

    value, gradients = value_and_gradients(both, [potentials, transitions])
    first = log_likelihood(potentials, tags, transitions)
    np.testing.assert_allclose(value, [[float(first[0]), 0, 0, 0]], atol=1e-5)
    assert all(np.all(np.isfinite(gradient)) for gradient in gradients)


@pytest.mark.parametrize("scale", [1.0, 60.0])
def test_gradients_agree_with_finite_differences_in_float64(scale):
    chain = random_chain(6, batch=3, words=4, tags=3, scale=scale)
    parts = [part.astype("float64") for part in chain[:4]]
    weights = np.random.default_rng(1).random(chain.mask.shape)

    def weighted(parts):
        return keras.ops.multiply(likelihood(chain, parts), weights)

    with double_precision():
        _, gradients = value_and_gradients(weighted, parts)
        for index, gradient in enumerate(gradients):

            def function(values, index=index):
                moved = [*parts[:index], values, *parts[index + 1 :]]
                return float(keras.ops.sum(weighted(moved)))

            numeric = numeric_gradient(function, parts[index])
            np.testing.assert_allclose(gradient, numeric, atol=1e-6 * scale)


def test_the_gradients_of_all_words_are_those_of_the_text():
    chain = random_chain(7, batch=5, words=30, tags=5)

    def whole(parts):
        potentials, transitions, start, end = parts
        rest = {"start": start, "end": end, "mask": chain.mask}
        return log_likelihood(potentials, chain.tags, transitions, **rest)

    _, by_word = value_and_gradients(lambda parts: likelihood(chain, parts), chain[:4])
    _, by_text = value_and_gradients(whole, chain[:4])
    for one, other in zip(by_word, by_text, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-5)


@pytest.mark.parametrize("words", [1, 3])
def test_a_text_without_words_is_zeros_and_takes_no_gradient(words):
    chain = random_chain(2, batch=3, words=words)
    chain.mask[1] = False
    chain.potentials[1] = np.nan
    value, gradients = value_and_gradients(lambda parts: likelihood(chain, parts), chain[:4])
    assert not value[1].any()
    assert not gradients[0][1].any()
    assert all(np.all(np.isfinite(gradient)) for gradient in gradients)


@pytest.mark.parametrize("words", [1, 6])
def test_a_batch_without_texts_gives_an_empty_result(words):
    assert likelihood(random_chain(3, batch=0, words=words)).shape == (0, words)


def test_half_precision_is_computed_in_single():
    chain = random_chain(4)
    half = keras.ops.cast(chain.potentials, "float16")
    value = likelihood(chain, (half, *chain[1:4]))
    assert keras.backend.standardize_dtype(value.dtype) == "float32"
    whole = chain._replace(potentials=array(half))
    np.testing.assert_allclose(value, true_by_word(whole), rtol=1e-5, atol=1e-5)


def test_numpy_gives_numpy_and_tensors_give_tensors():
    chain = random_chain(3)
    tensors = likelihood(chain, [keras.ops.convert_to_tensor(part) for part in chain[:4]])
    assert isinstance(likelihood(chain), np.ndarray)
    assert keras.ops.is_tensor(tensors)
    np.testing.assert_array_equal(likelihood(chain), tensors)


@tensorflow_graphs
@pytest.mark.parametrize("jit_compile", [False, True])
def test_unknown_shapes_in_a_graph(jit_compile):
    import tensorflow as tf

    sizes = (7, 6) if jit_compile else (None, None)
    shapes = [tf.TensorSpec((*sizes, 4)), tf.TensorSpec(sizes, "int32")]
    chain = random_chain(9, padding=False)

    @tf.function(input_signature=shapes, jit_compile=jit_compile)
    def gradient(potentials, tags):
        with tf.GradientTape() as tape:
            tape.watch(potentials)
            value = token_log_likelihood(potentials, tags, chain.transitions)
        return value, tape.gradient(value, potentials)

    value, slope = gradient(chain.potentials, chain.tags.astype("int32"))
    alone = chain._replace(start=np.zeros(4), end=np.zeros(4))
    np.testing.assert_allclose(value, likelihood(alone), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(tf.reduce_sum(slope, axis=-1), np.zeros((7, 6)), atol=1e-5)


def test_a_tag_that_is_none_is_refused_or_shows_as_nan():
    chain = random_chain(5, batch=2, words=3)
    chain.mask[1] = [True, True, False]
    chain.tags[1, 0] = 4
    with pytest.raises(ValueError, match="Expected tags from 0 to 3 at words, got others in tex"):
        likelihood(chain)
    value = array(likelihood(chain, [keras.ops.convert_to_tensor(part) for part in chain[:4]]))
    assert np.isfinite(value[0]).all()
    np.testing.assert_array_equal(value[1], [np.nan, np.nan, 0.0])


def test_other_words_than_the_potentials_have_are_named():
    with pytest.raises(ValueError, match=r"Expected tags of shape.*\(2, 4\).*got \(2, 1\)"):
        token_log_likelihood(np.zeros((2, 4, 3)), np.zeros((2, 1), int), np.zeros((3, 3)))


def test_beginnings_of_all_sequences_are_a_distribution():
    chain = random_chain(8, batch=1, words=3, tags=3, padding=False)
    paths = np.array(list(itertools.product(range(3), repeat=3)))
    many = chain._replace(
        potentials=np.repeat(chain.potentials, 27, axis=0), mask=np.ones((27, 3)), tags=paths
    )
    np.testing.assert_allclose(np.exp(likelihood(many).sum(axis=1)).sum(), 1, rtol=1e-5)
