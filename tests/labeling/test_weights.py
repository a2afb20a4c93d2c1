"""Weights of tags and texts, and how they train a tagger."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder import CRF, Batches, CRFLoss
from nlp_builder.features import CharPerWordEmbeddingSequence, RNNDigest
from nlp_builder.labeling.weights import token_weights
from nlp_builder.layers import TagAccuracy
from nlp_builder.layers.chain import token_log_likelihood

KNOWN = ["O", "B-PER", "I-PER"]
TAGS = [["O", "B-PER", "I-PER"], ["O"], []]


def test_no_weights_are_none():
    assert token_weights(TAGS, None, None, known=KNOWN) is None


def test_weights_of_texts_alone_stay_weights_of_texts():
    weights = token_weights(TAGS, None, (1, 0.5, 2), known=KNOWN)
    assert isinstance(weights, np.ndarray)
    assert (weights.dtype, weights.tolist()) == ("float32", [1.0, 0.5, 2.0])


def test_tags_without_a_weight_weigh_one():
    weights = token_weights(TAGS, {"B-PER": 3, "I-PER": 2.5}, None, known=KNOWN)
    assert [row.tolist() for row in weights] == [[1.0, 3.0, 2.5], [1.0], []]
    assert {row.dtype for row in weights} == {np.dtype("float32")}


def test_weights_of_tokens_and_of_texts_multiply_those_of_tags():
    given = [[1, 2, 0], 4, np.zeros(0)]
    weights = token_weights(TAGS, {"O": 0.5}, given, known=KNOWN)
    assert [row.tolist() for row in weights] == [[0.5, 2.0, 0.0], [2.0], []]
    weights = token_weights(TAGS, None, given, known=KNOWN)
    assert [row.tolist() for row in weights] == [[1.0, 2.0, 0.0], [4.0], []]


rows = st.lists(st.lists(st.tuples(st.sampled_from(KNOWN), st.floats(0, 100, width=32))))


@given(rows, st.dictionaries(st.sampled_from(KNOWN), st.floats(0, 100, width=32)))
def test_each_token_weighs_the_product(rows, class_weight):
    tags = [[tag for tag, _ in row] for row in rows]
    numbers = [[number for _, number in row] for row in rows]
    weights = token_weights(tags, class_weight, numbers, known=KNOWN)
    expected = [[np.float32(class_weight.get(tag, 1)) * n for tag, n in row] for row in rows]
    for row, true in zip(weights, expected, strict=True):
        np.testing.assert_allclose(row, true, rtol=1e-6)


def test_unknown_tags_are_named_beside_the_known():
    with pytest.raises(ValueError, match=r"'O', 'B-PER', 'I-PER'.*got \['PER', 'LOC'\]"):
        token_weights(TAGS, {"PER": 1, "O": 1, "LOC": 2}, None, known=KNOWN)


def test_other_lengths_name_the_text():
    with pytest.raises(ValueError, match="each of 3 texts, got 2 weights"):
        token_weights(TAGS, None, [1, 1], known=KNOWN)
    with pytest.raises(ValueError, match=r"text 1, or one for each of its 1 tokens, .* \(2,\)"):
        token_weights(TAGS, None, [1, [1, 1], []], known=KNOWN)


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf"), "much", [1, -1, 1], [[1], 2]])
def test_what_is_no_weight_is_refused(wrong):
    with pytest.raises(ValueError, match=r"weights .*text 0"):
        token_weights(TAGS, None, [wrong, 1, 1], known=KNOWN)
    with pytest.raises(ValueError, match=r"weight.* the tag 'O'"):
        token_weights(TAGS, {"O": wrong}, None, known=KNOWN)


def test_a_bare_string_of_tags_is_refused():
    with pytest.raises(TypeError, match="expected a list of tags for each text, got the str 'OO'"):
        token_weights(["OO"], {"O": 1}, None, known=KNOWN)


@pytest.mark.parametrize("texts", [[["ab", "c", "b"], ["a"], ["c", "ca"]], [["ab"], ["c"], ["a"]]])
def test_batches_bring_the_weights_of_tokens_to_loss_and_accuracy(texts):
    tags = [KNOWN[: len(text)] for text in texts]
    weights = token_weights(tags, {"O": 0.5, "B-PER": 3}, [1, 2, 0.25], known=KNOWN)
    block = RNNDigest(CharPerWordEmbeddingSequence(None, 4, word_maxlen=None), 4, "gru")
    block.build(texts)
    crf = CRF(3)
    potentials = keras.layers.Dense(3)(block.outputs)
    model = keras.Model(block.inputs, [crf(potentials, mask=block.mask)])
    model.compile(keras.optimizers.SGD(0.1), CRFLoss(), weighted_metrics=[TagAccuracy()])
    ids = [[KNOWN.index(tag) for tag in row] for row in tags]
    batches = Batches(block, texts, ids, sample_weight=weights, batch_size=2, shuffle=False)
    model.fit(batches, epochs=2, verbose=0)
    shown = model.evaluate(batches, return_dict=True, verbose=0)
    losses, right = [], []
    for text, row, weight in zip(texts, ids, weights, strict=True):
        chain = model.predict(block.preprocess_texts([text]), verbose=0)
        losses.append(-(token_log_likelihood(chain, np.array([row]))[0] * weight).sum())
        right += (crf.marginals(chain)[0, : len(text)].argmax(axis=-1) == row).tolist()
    true = np.mean(losses), np.average(right, weights=np.concatenate(weights))
    assert (shown["loss"], shown["tag_accuracy"]) == pytest.approx(true, rel=1e-4)
