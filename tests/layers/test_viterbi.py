import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.layers.viterbi import viterbi

from .backend import array, examples, tensorflow_graphs
from .reference import all_paths, chains, random_chain


def decoded(chain, backend):
    """Tags and scores by NumPy or by tensors, as arrays."""
    potentials = chain.potentials
    if backend == "tensors":
        potentials = keras.ops.convert_to_tensor(potentials)
    tags, score = viterbi(potentials, chain.transitions, **chain.rest)
    assert isinstance(tags, np.ndarray) == (backend == "numpy")
    return array(tags), array(score)


@pytest.mark.parametrize("backend", ["numpy", "tensors"])
@examples(15)
@given(chain=chains)
def test_the_best_of_all_paths_is_found(backend, chain):
    tags, score = decoded(chain, backend)
    assert tags.dtype == "int32"
    for text, length in enumerate(chain.lengths):
        paths = all_paths(chain, text)
        assert tuple(tags[text, :length]) == max(paths, key=paths.get)
        assert score[text] == pytest.approx(max(paths.values()), rel=1e-5, abs=1e-5)
        assert not tags[text, length:].any()


@pytest.mark.parametrize("backend", ["numpy", "tensors"])
def test_more_padding_changes_no_tag(backend):
    chain = random_chain(1, words=9)
    tags, score = decoded(chain, backend)
    more_tags, more_score = decoded(chain.padded_by(4), backend)
    np.testing.assert_array_equal(more_tags[:, :9], tags)
    np.testing.assert_allclose(more_score, score, rtol=1e-6)


@pytest.mark.parametrize("backend", ["numpy", "tensors"])
def test_a_text_without_words_scores_zero(backend):
    chain = random_chain(2)
    chain.mask[3] = False
    tags, score = decoded(chain, backend)
    assert score[3] == 0
    assert not tags[3].any()


@examples(20)
@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.sampled_from([1.0, 1e4, 1e30, 3e38]),
    backend=st.sampled_from(["numpy", "tensors"]),
)
def test_what_is_minus_infinity_is_never_taken(seed, size, backend):
    chain = random_chain(seed, words=8, tags=4)
    chain.transitions[0, 3] = chain.transitions[2, 3] = chain.start[3] = -np.inf
    potentials = np.random.default_rng(seed).uniform(-size, size, chain.potentials.shape)
    tags, _ = decoded(chain._replace(potentials=potentials.astype("float32")), backend)
    assert not np.any(tags[:, 0] == 3)
    assert not np.any(np.isin(tags[:, :-1], [0, 2]) & (tags[:, 1:] == 3))


def test_many_texts_are_decoded_as_each_alone():
    chain = random_chain(3, batch=1100, words=20)
    tags, _ = decoded(chain, "numpy")
    for text in (0, 511, 512, 1099):
        one = chain._replace(potentials=chain.potentials[[text]], mask=chain.mask[[text]])
        np.testing.assert_array_equal(decoded(one, "numpy")[0][0], tags[text])
    np.testing.assert_array_equal(decoded(chain, "tensors")[0], tags)


def test_arrays_are_decoded_by_numpy_with_the_variables_of_a_layer():
    chain = random_chain(3)
    tags, _ = viterbi(chain.potentials, keras.Variable(chain.transitions), **chain.rest)
    assert isinstance(tags, np.ndarray)
    np.testing.assert_array_equal(tags, decoded(chain, "numpy")[0])


@pytest.mark.parametrize("backend", ["numpy", "tensors"])
def test_an_empty_batch_is_decoded(backend):
    tags, score = decoded(random_chain(1, batch=0, words=5), backend)
    assert tags.shape == (0, 5)
    assert score.shape == (0,)


@tensorflow_graphs
def test_unknown_shapes_in_a_graph():
    import tensorflow as tf

    chain = random_chain(4, padding=False)

    @tf.function(input_signature=[tf.TensorSpec((None, None, 4))])
    def in_graph(potentials):
        return viterbi(potentials, chain.transitions)

    tags, _ = in_graph(chain.potentials)
    np.testing.assert_array_equal(tags, viterbi(chain.potentials, chain.transitions)[0])
