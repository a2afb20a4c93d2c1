import keras
import numpy as np
import pytest

from nlp_builder.features import KerasWrapper, TrainableWordEmbeddingSequence
from nlp_builder.layers import CRF, CRFLoss, TagAccuracy

TEXTS, TAGS = [["a", "b"], ["b"]], [np.array([0, 1]), np.array([1])]


def tagger(*, sentiment: bool = False) -> KerasWrapper:
    words = TrainableWordEmbeddingSequence(None, 4, sequence_maxlen=None)
    vectors = keras.Input((None, 4))
    tags = CRF(2, name="tags")(keras.layers.Dense(2)(vectors))
    kind = keras.layers.Dense(1, "sigmoid", name="kind")(keras.ops.max(vectors, axis=1))
    outputs = {"tags": tags, "kind": kind} if sentiment else tags
    return KerasWrapper(words, keras.Model(vectors, outputs)).build(TEXTS)


@pytest.mark.parametrize("kind", ["metrics", "weighted_metrics"])
def test_what_cannot_read_a_chain_is_refused_and_compile_can_be_called_again(kind):
    model = tagger()
    message = r"the chain which a CRF returns, got 'accuracy': pass metrics=\[.*TagAccuracy\(\)\]"
    with pytest.raises(ValueError, match=message):
        model.compile("adam", CRFLoss(), **{kind: ["accuracy"]})
    model.compile("adam", CRFLoss(), metrics=[TagAccuracy()], run_eagerly=True)
    assert set(model.fit(TEXTS, TAGS, verbose=0).history) == {"loss", "tag_accuracy"}
    model.compile("adam", CRFLoss(), run_eagerly=True)
    assert set(model.fit(TEXTS, TAGS, verbose=0).history) == {"loss"}


def test_another_output_may_have_any_metric():
    model, losses = tagger(sentiment=True), {"tags": CRFLoss(), "kind": "mse"}
    model.compile("adam", losses, metrics={"kind": ["accuracy"]})
    model.compile("adam", losses, metrics=[["accuracy"], [TagAccuracy()]])  # by name, kind first
    with pytest.raises(ValueError, match="got 'acc'"):
        model.compile("adam", losses, metrics={"tags": "acc"})
