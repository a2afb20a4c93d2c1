import keras
import numpy as np
from scipy.special import logsumexp

from nlp_builder import addons

from .layers.backend import array
from .layers.gradients import value_and_gradients
from .layers.reference import all_paths, random_chain, true_log_partition, true_score
from .oracle.addons_oracle import random_case, results


def plain_chain(seed=1):
    """A chain without start and end scores, which tensorflow-addons does not have."""
    chain = random_chain(seed)
    return chain._replace(start=np.zeros(4), end=np.zeros(4))


def test_likelihood_and_its_parts_with_tags_of_minus_one_at_padding():
    chain = plain_chain()
    rest = chain.lengths, chain.transitions
    value, transitions = addons.crf_log_likelihood(chain.potentials, chain.tags, *rest)
    true = true_score(chain), true_log_partition(chain)
    np.testing.assert_allclose(value, true[0] - true[1], rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(transitions, chain.transitions)
    score = addons.crf_sequence_score(chain.potentials, chain.tags, *rest)
    np.testing.assert_allclose(score, true[0], rtol=1e-5, atol=1e-5)
    unary = addons.crf_unary_score(chain.tags, chain.lengths, chain.potentials)
    binary = addons.crf_binary_score(chain.tags, *rest)
    np.testing.assert_allclose(unary + binary, score, atol=1e-5)
    np.testing.assert_allclose(
        addons.crf_log_norm(chain.potentials, *rest), true[1], rtol=1e-5, atol=1e-5
    )


def test_arrays_and_tensors_both_give_tensors():
    chain = plain_chain()
    arguments = chain.potentials, chain.transitions, chain.lengths
    for given in (arguments, [keras.ops.convert_to_tensor(part) for part in arguments]):
        tags, score = addons.crf_decode(*given)
        assert keras.ops.is_tensor(tags)
        assert keras.backend.standardize_dtype(tags.dtype) == "int32"
        best = [max(all_paths(chain, text).values()) for text in range(7)]
        np.testing.assert_allclose(score, best, rtol=1e-5, atol=1e-5)


def test_only_active_tags_are_decoded_and_summed():
    chain = plain_chain()
    bitmap = np.random.default_rng(0).random(chain.potentials.shape) < 0.5
    bitmap[..., 1] = True
    rest = chain.transitions, chain.lengths
    tags, _ = addons.crf_constrained_decode(chain.potentials, bitmap, *rest)
    active = np.take_along_axis(bitmap, array(tags)[..., None], axis=-1)[..., 0]
    assert active[chain.mask].all()
    one_hot = np.eye(4, dtype=bool)[chain.tags]
    score = addons.crf_multitag_sequence_score(chain.potentials, one_hot, *rest[::-1])
    np.testing.assert_allclose(score, true_score(chain), rtol=1e-5, atol=1e-5)


def test_the_forward_scores_sum_to_the_norm():
    chain = plain_chain()
    first, others = chain.potentials[:, 0], chain.potentials[:, 1:]
    scores = addons.crf_forward(others, first, chain.transitions, chain.lengths)
    norm = logsumexp(array(scores), axis=-1)
    np.testing.assert_allclose(norm, true_log_partition(chain), rtol=1e-5, atol=1e-5)


def test_the_oracle_compares_every_function():
    called = set()

    class Recorder:
        def __getattr__(self, name):
            called.add(name)
            return getattr(addons, name)

    results(Recorder(), **random_case(0, 2, 3, 4, "float32"))
    assert called == set(addons.__all__)


def test_forward_scores_of_single_words_are_their_own():
    first = np.random.default_rng(0).standard_normal((2, 3)).astype("float32")
    scores = addons.crf_forward(np.zeros((2, 0, 3), "float32"), first, np.zeros((3, 3)), [1, 1])
    np.testing.assert_array_equal(array(scores), first)


def test_one_text_outside_of_tensorflow():
    chain = plain_chain()._replace(mask=np.ones((7, 6), bool))
    path, score = addons.viterbi_decode(chain.potentials[0], chain.transitions)
    paths = all_paths(chain, 0)
    assert tuple(path) == max(paths, key=paths.get)
    np.testing.assert_allclose(score, max(paths.values()), rtol=1e-5)


def test_transitions_are_made_if_none_are_given():
    chain = plain_chain()
    _, transitions = addons.crf_log_likelihood(chain.potentials, chain.tags, chain.lengths)
    assert transitions.shape == (4, 4)


def test_the_likelihood_trains_the_transitions():
    chain = plain_chain()
    rest = chain.tags, chain.lengths
    _, [gradient] = value_and_gradients(
        lambda parts: addons.crf_log_likelihood(chain.potentials, *rest, parts[0])[0],
        [chain.transitions],
    )
    assert gradient.any()
