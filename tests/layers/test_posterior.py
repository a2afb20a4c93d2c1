import keras
import numpy as np
import pytest
from hypothesis import given

from nlp_builder.layers import entropy, log_partition, marginals, pair_marginals, sample

from .backend import examples, tensorflow_graphs
from .gradients import value_and_gradients
from .reference import all_paths, chains, random_chain


def probabilities(chain, text):
    """All sequences of a text and their probabilities."""
    paths = all_paths(chain, text)
    weights = np.exp(np.array(list(paths.values())) - max(paths.values()))
    return np.array(list(paths)), weights / weights.sum()


def fallen_back(chain):
    """The same beliefs with a tag that none can reach, which needs logarithms."""
    wide = np.full((5, 5), -900.0, "float32")
    wide[:4, :4] = chain.transitions
    potentials = np.pad(chain.potentials, ((0, 0), (0, 0), (0, 1)), constant_values=-900)
    start, end = (np.pad(edge, (0, 1), constant_values=-900) for edge in (chain.start, chain.end))
    return chain._replace(potentials=potentials, transitions=wide, start=start, end=end)


@examples(15)
@given(chains)
def test_marginals_and_entropy_equal_the_enumeration(chain):
    arguments = chain.potentials, chain.transitions
    tags, pairs = (f(*arguments, **chain.rest) for f in (marginals, pair_marginals))
    nats = entropy(*arguments, **chain.rest)
    for text, length in enumerate(chain.lengths):
        paths, chances = probabilities(chain, text)
        one_hot = np.eye(tags.shape[-1])[paths]
        true = np.einsum("p,pwt->wt", chances, one_hot)
        np.testing.assert_allclose(tags[text, :length], true, atol=1e-5)
        true = np.einsum("p,pwi,pwj->wij", chances, one_hot[:, :-1], one_hot[:, 1:])
        np.testing.assert_allclose(pairs[text, : length - 1], true, atol=1e-5)
        true = -np.sum(chances * np.log(np.maximum(chances, 1e-300)))
        assert nats[text] == pytest.approx(true, abs=2e-4)
        assert not tags[text, length:].any()


def test_marginals_are_the_gradient_of_the_log_partition():
    chain = random_chain(1, words=30, tags=9)
    _, [gradient] = value_and_gradients(
        lambda parts: log_partition(parts[0], chain.transitions, **chain.rest), [chain.potentials]
    )
    probable = marginals(chain.potentials, chain.transitions, **chain.rest)
    np.testing.assert_allclose(gradient, probable, atol=1e-6)
    np.testing.assert_allclose(probable.sum(axis=-1), chain.mask, atol=1e-5)


def test_logarithms_and_probabilities_agree():
    chain = random_chain(2)
    wide = fallen_back(chain)
    for function in (marginals, pair_marginals):
        narrow_values = function(chain.potentials, chain.transitions, **chain.rest)
        wide_values = function(wide.potentials, wide.transitions, **wide.rest)
        inner = (Ellipsis, *[slice(4)] * (wide_values.ndim - 2 if wide_values.ndim > 3 else 1))
        np.testing.assert_allclose(wide_values[inner], narrow_values, atol=1e-5)
    nats = [entropy(c.potentials, c.transitions, **c.rest) for c in (chain, wide)]
    np.testing.assert_allclose(*nats, atol=1e-4)


def test_a_text_without_words_has_no_entropy():
    chain = random_chain(3)
    chain.mask[2] = False
    assert entropy(chain.potentials, chain.transitions, **chain.rest)[2] == 0


@pytest.mark.parametrize("change", [lambda chain: chain, fallen_back])
def test_samples_come_as_often_as_they_should(change):
    one = random_chain(4, batch=1, words=3, padding=False)
    many = change(one)._replace(mask=np.ones((20_000, 3), bool))
    potentials = np.repeat(change(one).potentials, 20_000, axis=0)
    drawn = sample(potentials, many.transitions, seed=5, **many.rest)
    paths, chances = probabilities(one, 0)
    seen = np.array([(drawn == path).all(axis=1).mean() for path in paths])
    np.testing.assert_allclose(seen, chances, atol=0.015)


def test_a_batch_without_texts_gives_empty_results():
    chain = random_chain(3, batch=0)
    arguments = chain.potentials, chain.transitions
    assert pair_marginals(*arguments, **chain.rest).shape == (0, 5, 4, 4)
    assert entropy(*arguments, **chain.rest).shape == (0,)
    assert sample(*arguments, seed=1, **chain.rest).shape == (0, 6)


def test_samples_repeat_with_their_seed_and_spare_padding():
    chain = random_chain(5, words=20)
    arguments = chain.potentials, chain.transitions
    first, again, other = (sample(*arguments, seed=seed, **chain.rest) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert not first[~chain.mask].any()
    assert first.dtype == "int32"


@tensorflow_graphs
def test_tensors_of_unknown_shape():
    import tensorflow as tf

    chain = random_chain(6, padding=False)

    @tf.function(input_signature=[tf.TensorSpec((None, None, 4))])
    def in_graph(potentials):
        return [f(potentials, chain.transitions) for f in (marginals, pair_marginals, entropy)] + [
            sample(potentials, chain.transitions, seed=1)
        ]

    tags, _, nats, drawn = in_graph(chain.potentials)
    assert keras.ops.is_tensor(nats)
    assert drawn.shape == (7, 6)
    np.testing.assert_allclose(tags, marginals(chain.potentials, chain.transitions), atol=1e-6)
