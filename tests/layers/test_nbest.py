import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.layers import nbest, viterbi

from .backend import examples, tensorflow_graphs
from .reference import all_paths, chains, random_chain


@examples(25)
@given(chains, st.sampled_from([1, 2, 5, 20]))
def test_the_best_of_all_paths_come_in_order(chain, count):
    tags, score = nbest(chain.potentials, chain.transitions, count, **chain.rest)
    assert tags.shape == (len(chain.potentials), count, chain.potentials.shape[1])
    for text, length in enumerate(chain.lengths):
        best = sorted(all_paths(chain, text).items(), key=lambda item: -item[1])[:count]
        found = tags[text, : len(best), :length]
        assert [tuple(path) for path in found.tolist()] == [path for path, _ in best]
        true = [value for _, value in best]
        np.testing.assert_allclose(score[text, : len(best)], true, rtol=1e-5, atol=1e-4)
        assert (score[text, len(best) :] == -np.inf).all()
        assert not tags[text, :, length:].any()


def test_n_of_all_paths_lists_all_of_them():
    chain = random_chain(1, batch=1, words=4, tags=3, padding=False)
    tags, score = nbest(chain.potentials, chain.transitions, 3**4, **chain.rest)
    assert {tuple(path) for path in tags[0].tolist()} == set(all_paths(chain, 0))
    assert (np.diff(score[0]) <= 0).all()


def test_the_first_is_what_viterbi_finds_in_long_texts():
    chain = random_chain(2, words=300, tags=9, scale=1e3)
    tags, score = nbest(chain.potentials, chain.transitions, 3, **chain.rest)
    best, best_score = viterbi(chain.potentials, chain.transitions, **chain.rest)
    np.testing.assert_array_equal(tags[:, 0], best)
    np.testing.assert_allclose(score[:, 0], best_score, rtol=1e-5)


def test_sequences_that_are_forbidden_do_not_exist():
    transitions = np.where(np.eye(3, dtype=bool), 0.0, -np.inf)
    tags, score = nbest(np.zeros((1, 4, 3)), transitions, 5)
    assert sorted(tags[0, :3].tolist()) == [[0] * 4, [1] * 4, [2] * 4]
    assert score[0].tolist() == [0, 0, 0, -np.inf, -np.inf]


@tensorflow_graphs
def test_unknown_shapes_in_a_graph():
    import tensorflow as tf

    chain = random_chain(3, padding=False)

    @tf.function(input_signature=[tf.TensorSpec((None, None, 4))])
    def in_graph(potentials):
        return nbest(potentials, chain.transitions, 4)

    expected = nbest(chain.potentials, chain.transitions, 4)
    for ours, theirs in zip(in_graph(chain.potentials), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_a_wrong_count_is_named():
    with pytest.raises(ValueError, match="count must be a positive integer, got 0"):
        nbest(np.zeros((1, 2, 3)), np.zeros((3, 3)), 0)
