import itertools

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.layers.linear_chain import (
    log_likelihood,
    log_partition,
    sequence_score,
)
from nlp_builder.layers.scores import scores

from .backend import array, double_precision, examples, tensorflow_graphs
from .gradients import value_and_gradients
from .reference import (
    chains,
    log_partition_recursion,
    numeric_gradient,
    random_chain,
    true_log_partition,
    true_score,
)


@examples(25)
@given(chains)
def test_everything_equals_the_enumeration_of_all_paths(chain):
    score = sequence_score(chain.potentials, chain.tags, chain.transitions, **chain.rest)
    partition = log_partition(chain.potentials, chain.transitions, **chain.rest)
    likelihood = log_likelihood(chain.potentials, chain.tags, chain.transitions, **chain.rest)
    true = true_score(chain), true_log_partition(chain)
    np.testing.assert_allclose(score, true[0], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(partition, true[1], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(likelihood, true[0] - true[1], rtol=1e-5, atol=1e-5)


@examples(10)
@given(chains, st.integers(1, 5))
def test_more_padding_changes_nothing(chain, more):
    padded = chain.padded_by(more)
    for function in (sequence_score, log_likelihood):
        before = function(chain.potentials, chain.tags, chain.transitions, **chain.rest)
        after = function(padded.potentials, padded.tags, padded.transitions, **padded.rest)
        np.testing.assert_allclose(before, after, rtol=1e-6, atol=1e-6)


def test_start_end_and_mask_may_be_left_out():
    chain = random_chain(1, padding=False)
    zeros = np.zeros(4)
    whole = chain._replace(start=zeros, end=zeros)
    value = log_partition(chain.potentials, chain.transitions)
    np.testing.assert_allclose(value, true_log_partition(whole), rtol=1e-5)


def test_a_text_without_words_scores_zero_and_has_zero_gradients():
    chain = random_chain(2, batch=3)
    chain.mask[1] = False
    chain.potentials[1] = np.nan
    value, gradients = value_and_gradients(lambda parts: _likelihood(parts, chain), chain[:4])
    assert value[1] == 0
    assert not np.any(gradients[0][1])
    assert all(np.all(np.isfinite(gradient)) for gradient in gradients)


def test_single_words_take_gradients():
    chain = random_chain(2, batch=3, words=1)
    value, gradients = value_and_gradients(lambda parts: _likelihood(parts, chain), chain[:4])
    np.testing.assert_allclose(value, true_score(chain) - true_log_partition(chain), atol=1e-5)
    assert not gradients[1].any()
    assert gradients[0].any()


def test_numpy_gives_numpy_and_tensors_give_tensors():
    chain = random_chain(3)
    arrays = log_likelihood(chain.potentials, chain.tags, chain.transitions, **chain.rest)
    potentials = keras.ops.convert_to_tensor(chain.potentials)
    tensors = log_likelihood(potentials, chain.tags, chain.transitions, **chain.rest)
    assert isinstance(arrays, np.ndarray)
    assert keras.ops.is_tensor(tensors)
    np.testing.assert_array_equal(arrays, tensors)


def test_a_variable_takes_its_gradient_also_beside_arrays():
    chain = random_chain(3)
    _, [gradient] = value_and_gradients(
        lambda parts: log_likelihood(chain.potentials, chain.tags, parts[0], **chain.rest),
        [chain.transitions],
    )
    assert gradient.any()


def test_half_precision_is_computed_in_single():
    chain = random_chain(4)
    half = keras.ops.cast(chain.potentials, "float16")
    value = log_partition(half, chain.transitions, **chain.rest)
    whole = chain._replace(potentials=array(half))
    assert keras.backend.standardize_dtype(value.dtype) == "float32"
    np.testing.assert_allclose(value, true_log_partition(whole), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("scale", [30.0, 1e3, 1e4])
def test_large_potentials_cost_no_more_than_float32_must(scale):
    chain = random_chain(5, scale=scale)
    value = log_likelihood(chain.potentials, chain.tags, chain.transitions, **chain.rest)
    true = true_score(chain) - true_log_partition(chain)
    np.testing.assert_allclose(value, true, rtol=1e-6, atol=scale * 1e-6)


def test_a_path_that_probability_space_loses_is_found():
    # Tag 0 is best in the middle by far, but the ends are cheaper by tags that cannot change.
    transitions = np.full((2, 2), -400.0, "float32")
    np.fill_diagonal(transitions, 0.0)
    potentials = np.tile(np.float32([[0.0, -8.0]]), (50, 1))[None]
    potentials[:, [0, -1]] = [-120.0, 0.0]
    mask = np.ones((1, 50), bool)
    zeros = np.zeros(2)
    value = log_partition(potentials, transitions)
    true = log_partition_recursion(potentials, transitions, zeros, zeros, mask)
    assert true == pytest.approx(-240)
    np.testing.assert_allclose(value, true, rtol=1e-5)


@examples(40)
@given(
    seed=st.integers(0, 2**32 - 1),
    ranges=st.tuples(*[st.sampled_from([1.0, 10.0, 40.0, 300.0, 1e4])] * 3),
    tags=st.integers(2, 5),
)
def test_no_range_of_scores_makes_probability_space_lie(seed, ranges, tags):
    chain = random_chain(seed, batch=4, words=40, tags=tags)
    potentials, transitions, start, end = (
        part * scale for part, scale in zip(chain[:4], (*ranges, ranges[2]), strict=True)
    )
    value = log_partition(potentials, transitions, start=start, end=end, mask=chain.mask)
    true = log_partition_recursion(potentials, transitions, start, end, chain.mask)
    np.testing.assert_allclose(value, true, rtol=1e-5, atol=1e-5 * max(ranges))


@pytest.mark.parametrize("forbidden", [-1e4, -1e9, -np.inf])
def test_hard_constraints_that_leave_one_path(forbidden):
    transitions = np.full((3, 3), forbidden, "float32")
    transitions[0, 1] = transitions[1, 2] = transitions[2, 0] = 0.5
    start = np.float32([0, forbidden, forbidden])
    potentials = np.random.default_rng(0).standard_normal((1, 4, 3)).astype("float32")
    one_path = sequence_score(potentials, [[0, 1, 2, 0]], transitions, start=start)
    partition = log_partition(potentials, transitions, start=start)
    np.testing.assert_allclose(partition, one_path, rtol=1e-5)
    likelihood = log_likelihood(potentials, [[0, 1, 2, 0]], transitions, start=start)
    np.testing.assert_allclose(likelihood, 0, atol=1e-5)


@pytest.mark.parametrize("scale", [1.0, 60.0])
def test_gradients_agree_with_finite_differences_in_float64(scale):
    chain = random_chain(6, batch=3, words=4, tags=3, scale=scale)
    parts = [part.astype("float64") for part in chain[:4]]

    def weighted(parts):
        return keras.ops.multiply(_likelihood(parts, chain), np.array([1.0, 2.0, 3.0]))

    with double_precision():
        _, gradients = value_and_gradients(weighted, parts)
        for index, gradient in enumerate(gradients):

            def function(values, index=index):
                moved = [*parts[:index], values, *parts[index + 1 :]]
                return float(keras.ops.sum(weighted(moved)))

            numeric = numeric_gradient(function, parts[index])
            np.testing.assert_allclose(gradient, numeric, atol=1e-6 * scale)


def test_float32_gradients_agree_with_float64():
    chain = random_chain(7, batch=5, words=40, tags=9)
    gradients = {}
    for kind in ("float32", "float64"):
        parts = [part.astype(kind) for part in chain[:4]]
        with double_precision():
            _, gradients[kind] = value_and_gradients(lambda p: _likelihood(p, chain), parts)
    for single, double in zip(gradients["float32"], gradients["float64"], strict=True):
        assert (single.dtype, double.dtype) == ("float32", "float64")
        np.testing.assert_allclose(single, double, atol=2e-5)


def test_logarithms_and_probabilities_agree():
    chain = random_chain(8, batch=4, words=30, tags=5, scale=3.0)
    value = log_partition(chain.potentials, chain.transitions, **chain.rest)
    # A transition that no text can afford makes the run fall back to logarithms.
    tags = 6
    wide = np.full((tags, tags), -500.0, "float32")
    wide[:5, :5] = chain.transitions
    potentials = np.pad(chain.potentials, ((0, 0), (0, 0), (0, 1)), constant_values=-500)
    edges = {name: np.pad(chain.rest[name], (0, 1)) for name in ("start", "end")}
    fallen = log_partition(potentials, wide, mask=chain.mask, **edges)
    np.testing.assert_allclose(value, fallen, rtol=1e-5)


@tensorflow_graphs
@pytest.mark.parametrize("jit_compile", [False, True])
def test_unknown_shapes_in_a_graph(jit_compile):
    import tensorflow as tf

    if jit_compile:
        shapes = [tf.TensorSpec((7, 6, 4)), tf.TensorSpec((7, 6), "int32")]
    else:
        shapes = [tf.TensorSpec((None, None, 4)), tf.TensorSpec((None, None), "int32")]
    chain = random_chain(9, padding=False)

    @tf.function(input_signature=shapes, jit_compile=jit_compile)
    def gradient(potentials, tags):
        with tf.GradientTape() as tape:
            tape.watch(potentials)
            value = log_likelihood(potentials, tags, chain.transitions)
        return value, tape.gradient(value, potentials)

    value, slope = gradient(chain.potentials, chain.tags.astype("int32"))
    np.testing.assert_allclose(
        value, log_likelihood(chain.potentials, chain.tags, chain.transitions), rtol=1e-5
    )
    # Each word's gradient is one for the true tag less the probabilities of all.
    np.testing.assert_allclose(tf.reduce_sum(slope, axis=-1), np.zeros((7, 6)), atol=1e-5)


def test_wrong_shapes_are_named():
    with pytest.raises(ValueError, match=r"\(batch, words, tags\), got \(2, 3\)"):
        scores(np.zeros((2, 3)), np.zeros((3, 3)))
    with pytest.raises(ValueError, match=r"transitions of shape \(3, 3\).*got \(4, 4\)"):
        scores(np.zeros((1, 2, 3)), np.zeros((4, 4)))


def test_parts_that_do_not_fit_the_potentials_are_named():
    potentials, transitions = np.zeros((2, 4, 3)), np.zeros((3, 3))
    with pytest.raises(ValueError, match=r"Expected start of shape \(3,\).*got \(1,\)"):
        log_partition(potentials, transitions, start=np.zeros(1))
    with pytest.raises(ValueError, match=r"Expected mask of shape \(batch, words\) = \(2, 4\)"):
        log_partition(potentials, transitions, mask=np.ones((2, 1), bool))
    with pytest.raises(ValueError, match=r"Expected tags of shape.*got \(2, 1\)"):
        log_likelihood(potentials, np.zeros((2, 1), int), transitions)


def test_padding_before_words_is_refused_in_arrays():
    with pytest.raises(ValueError, match="padding before a word"):
        log_partition(np.zeros((1, 3, 2)), np.zeros((2, 2)), mask=np.array([[False, True, True]]))


def _likelihood(parts, chain):
    potentials, transitions, start, end = parts
    return log_likelihood(
        potentials, chain.tags, transitions, start=start, end=end, mask=chain.mask
    )


@pytest.mark.parametrize("form", [np.asarray, keras.ops.convert_to_tensor])
def test_lengths_serve_as_a_mask(form):
    truth = random_chain(5)
    potentials = form(truth.potentials.astype("float32"))
    transitions = form(truth.transitions.astype("float32"))
    mask = np.arange(truth.mask.shape[1]) < truth.lengths[:, None]
    by_mask, by_length = (
        array(log_partition(potentials, transitions, mask=form(kind)))
        for kind in (mask, truth.lengths)
    )
    np.testing.assert_array_equal(by_mask, by_length)


@tensorflow_graphs
def test_the_gradient_has_a_gradient():
    import tensorflow as tf

    rng = np.random.default_rng(5)
    potentials, transitions = (tf.constant(rng.normal(size=s), "float32") for s in ((3, 2), (2, 2)))

    def enumerated(transitions):
        paths = [
            sum(potentials[word, tag] for word, tag in enumerate(tags))
            + sum(transitions[pair] for pair in itertools.pairwise(tags))
            for tags in itertools.product(range(2), repeat=3)
        ]
        return tf.reduce_logsumexp(tf.stack(paths))

    def penalty_gradient(function):
        with tf.GradientTape() as outer:
            outer.watch(transitions)
            with tf.GradientTape() as inner:
                inner.watch(transitions)
                value = function(transitions)
            penalty = tf.reduce_sum(inner.gradient(value, transitions) ** 2)
        return outer.gradient(penalty, transitions)

    ours = penalty_gradient(lambda transitions: log_partition(potentials[None], transitions)[0])
    np.testing.assert_allclose(ours, penalty_gradient(enumerated), rtol=1e-4, atol=1e-5)
