import itertools

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.layers import CRF, CRFLoss
from nlp_builder.layers.forward_backward import forward_backward
from nlp_builder.layers.linear_chain import shifted
from nlp_builder.layers.scores import scores

from .backend import array, examples
from .reference import random_chain

# O, B-X, I-X, B-Y, I-Y in IOB2: I-X only after B-X and I-X.
TRANSITIONS = np.ones((5, 5), bool)
TRANSITIONS[:, 2] = [False, True, True, False, False]
TRANSITIONS[:, 4] = [False, False, False, True, True]
START = np.array([True, True, False, True, False])
IOB2 = (TRANSITIONS, START, np.ones(5, bool))


def is_legal(path):
    return START[path[0]] and all(TRANSITIONS[pair] for pair in itertools.pairwise(path))


def chain_of(crf, potentials, mask):
    return array(crf(potentials.astype("float32"), mask=mask))


@examples(25)
@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.sampled_from([1.0, 50.0, 1e4, 1e30, 3e38]),
    constrain_training=st.booleans(),
)
def test_no_decoded_sequence_is_illegal_whatever_the_potentials(seed, size, constrain_training):
    truth = random_chain(seed, words=9, tags=5)
    crf = CRF(5, constraints=IOB2, constrain_training=constrain_training)
    potentials = np.random.default_rng(seed).uniform(-size, size, truth.potentials.shape)
    chain = chain_of(crf, potentials, truth.mask)
    for form in (chain, keras.ops.convert_to_tensor(chain)):
        tags, _ = crf.decode(form)
        for path, length in zip(array(tags).tolist(), truth.lengths, strict=True):
            assert is_legal(path[:length])


def test_nbest_and_marginals_obey_the_constraints():
    truth = random_chain(1, batch=3, words=5, tags=5)
    crf = CRF(5, constraints=IOB2)
    chain = chain_of(crf, truth.potentials, truth.mask)
    tags, score = crf.decode_nbest(chain, 7)
    for text, length in enumerate(truth.lengths):
        real = score[text] > -np.inf
        assert real.any()
        assert all(is_legal(path[:length]) for path in tags[text][real].tolist())
    probable = crf.marginals(chain)
    assert not probable[:, 0, [2, 4]].any()
    np.testing.assert_allclose(probable.sum(axis=-1), truth.mask, atol=1e-5)


def test_training_knows_the_constraints_only_when_asked():
    truth = random_chain(2, words=4, tags=5)
    legal = np.where(truth.mask, 1, -1)
    free, bound = (CRF(5, constraints=IOB2, constrain_training=asked) for asked in (False, True))
    values = [
        crf.log_likelihood(chain_of(crf, truth.potentials, truth.mask), legal)
        for crf in (free, bound)
    ]
    assert (values[1] > values[0]).all()
    illegal = np.where(truth.mask, 2, -1)
    value = bound.log_likelihood(chain_of(bound, truth.potentials, truth.mask), illegal)
    assert (value < -9e5).all()


def test_constrained_training_stays_in_fast_probabilities():
    truth = random_chain(3, batch=32, words=50, tags=5, scale=6.0)
    crf = CRF(5, constraints=IOB2, constrain_training=True)
    rows = chain_of(crf, truth.potentials, truth.mask)[0, 50:, :5]
    parts = scores(truth.potentials, rows[:5], start=rows[5], end=rows[6], mask=truth.mask)
    assert forward_backward(*shifted(parts)[0]).exact


def test_a_model_that_predicts_tags_and_its_saved_copy(tmp_path):
    words = keras.Input((None, 5))
    crf = CRF(5, constraints=IOB2, constrain_training=True)
    chain = crf(words)
    model = keras.Model(words, chain)
    model.compile("adam", CRFLoss())
    potentials = np.random.default_rng(4).standard_normal((3, 6, 5)).astype("float32")
    model.fit(potentials, np.ones((3, 6)), verbose=0)
    tagger = keras.Model(words, crf.decode(chain))
    tags, score = tagger.predict(potentials, verbose=0)
    expected = crf.decode(model.predict(potentials, verbose=0))
    np.testing.assert_array_equal(tags, expected[0])
    np.testing.assert_allclose(score, expected[1], rtol=1e-5)
    tagger.save(tmp_path / "tagger.keras")
    loaded = keras.saving.load_model(tmp_path / "tagger.keras")
    np.testing.assert_array_equal(loaded.predict(potentials, verbose=0)[0], tags)
    assert loaded.layers[-1].get_config()["constraints"] == [part.tolist() for part in IOB2]


def test_wrong_constraints_are_named():
    with pytest.raises(ValueError, match=r"a chain with 5 tags, as the constraints have, got .* 3"):
        CRF(5, constraints=IOB2).decode(np.zeros((1, 8, 4)))
    with pytest.raises(ValueError, match=r"shapes \[\(3, 3\), \(3,\), \(3,\)\], got \[\(5, 5\)"):
        CRF(3, constraints=IOB2)
    with pytest.raises(ValueError, match="No tag is allowed to begin or to end"):
        CRF(2, constraints=(np.ones((2, 2)), [0, 0], [1, 1]))
    with pytest.raises(ValueError, match="constrain_training needs constraints"):
        CRF(2, constrain_training=True)
