"""What all classifiers do: by a classifier of word counts, which is quick."""

from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_builder.classification import BaseClassificationModel
from nlp_builder.features import TrainableWordEmbeddingSequence
from nlp_builder.layers import MaskedMaxPooling
from tests.models.table import TEXTS, TOPICS

LINES = [" ".join(text) for text in TEXTS]


class Pooled(BaseClassificationModel):
    """The largest values of the words, and a softmax."""

    @classmethod
    def get_default_hyper_parameters(cls) -> dict[str, dict[str, Any]]:
        return {"layer_output": {}}

    def build_model_arc(self) -> None:
        words = self.embedding.embed_model
        text = MaskedMaxPooling()(words.output)
        size = len(self.processor)
        output = self.layer(keras.layers.Dense, "layer_output", units=size, activation="softmax")
        self.tf_model = keras.Model(words.inputs, output(text))


def built(texts=TEXTS, topics=TOPICS, embedding=None, learning_rate=0.1, **arguments):
    model = Pooled(embedding, **arguments)
    model.build_model(texts, topics)
    model.compile_model(optimizer=keras.optimizers.Adam(learning_rate), run_eagerly=True)
    return model


def learnt(texts=TEXTS, **arguments):
    model = built(texts, **arguments)
    model.fit(texts, TOPICS, epochs=10, verbose=0)
    return model


@pytest.fixture(scope="module")
def model():
    return learnt()


def test_topics_are_learnt(model):
    assert model.labels == ("person", "place", "weather")
    assert model.predict(TEXTS) == TOPICS
    assert model.scores(TEXTS, TOPICS) == {"precision": 1.0, "recall": 1.0, "f1": 1.0}


@settings(max_examples=15, deadline=None)
@given(texts=st.lists(st.lists(st.text(max_size=5), max_size=6), max_size=4))
def test_any_texts_have_labels_with_probabilities(model, texts):
    chances = model.predict_proba(texts)
    assert chances.shape == (len(texts), 3)
    np.testing.assert_allclose(chances.sum(axis=1), np.ones(len(texts)), rtol=1e-5)
    ranked = model.predict_top_k(texts, 2)
    assert [best[0][0] for best in ranked] == model.predict(texts)
    for row, best in zip(chances, ranked, strict=True):
        assert [chance for _, chance in best] == sorted(row.tolist(), reverse=True)[:2]
        assert len({label for label, _ in best}) == 2
    assert all(len(best) == 3 for best in model.predict_top_k(texts, 9))


def test_texts_may_be_strings(tmp_path):
    model = learnt(LINES)
    assert model.predict(LINES) == TOPICS
    assert model.predict(["", "Oslo"])[1] == "place"
    model.save(tmp_path / "model.nlpb")
    assert Pooled.load_model(tmp_path / "model.nlpb").predict(LINES) == TOPICS


def test_long_texts_are_cut_for_predictions_and_told_in_training():
    model = built(sequence_length=2)
    with pytest.warns(UserWarning, match="6 of 12 texts of the training data have more than 2"):
        model.fit(TEXTS, TOPICS, epochs=1, verbose=0)
    with pytest.warns(UserWarning, match="6 of 12 texts of the validation data"):
        model.fit(TEXTS[1:3], TOPICS[1:3], TEXTS, TOPICS, epochs=1, verbose=0)
    whole = model.predict_proba(TEXTS)
    np.testing.assert_array_equal(whole, model.predict_proba([text[:2] for text in TEXTS]))


def test_the_report_is_printed_and_returned(model, capsys):
    report = model.evaluate(TEXTS, TOPICS, digits=3)
    assert capsys.readouterr().out.strip() == report.strip()
    assert "weather      1.000" in report
    # A label that the model does not know, and one that nobody has.
    with pytest.warns(UserWarning, match=r"training had no \['sport'\]: they are scored as missed"):
        assert "sport" in model.evaluate(TEXTS[:2], ["sport", "person"])
    assert model.scores(TEXTS[:1], ["sport"])["f1"] == 0


@pytest.mark.parametrize(
    ("texts", "topics", "error", "message"),
    [
        (TEXTS, TOPICS[1:], ValueError, "labels for 12 texts, got 11"),
        (TEXTS, "person", TypeError, "a list of the labels of each text, got 'person'"),
        (TEXTS, None, TypeError, "got None"),
        (
            [["a"]],
            [1],
            TypeError,
            "label of type str for each text, got 1 for text 0 of the training",
        ),
        ([["a"]], [["x", "y"]], TypeError, r"label of type str for each text, got \['x', 'y'\]"),
        ([["a"]], [None], TypeError, "label of type str for each text, got None"),
        ("a text", ["x"], TypeError, "a text"),
        (None, ["x"], TypeError, "None"),
        ([], [], ValueError, "expected texts, got none"),
    ],
)
def test_what_is_no_corpus_is_refused(texts, topics, error, message):
    model = Pooled()
    with pytest.raises(error, match=message):
        model.fit(texts, topics)
    assert repr(model) == "<Pooled, not built>"


def test_new_labels_are_listed(model):
    with pytest.raises(ValueError, match=r"got \['film', 'sport'\] in the validation data"):
        Pooled().fit(TEXTS, TOPICS, TEXTS[:2], ["sport", "film"])
    with pytest.raises(ValueError, match=r"got \['sport'\] in the training data"):
        model.fit(TEXTS[:1], ["sport"])
    with pytest.raises(ValueError, match="labels for 2 texts, got 1"):
        model.evaluate(TEXTS[:2], ["person"])


@pytest.mark.parametrize(
    "weights",
    [
        {"class_weight": {"place": 3.0, "weather": 0.0}},
        {"fit_kwargs": {"class_weight": {"place": 3.0, "weather": 0.0}}},
        {"sample_weight": [0.5, 2.0, 0.0, 1.0] * 3},
        {"class_weight": {"person": 2.0}, "sample_weight": np.arange(12.0)},
    ],
)
def test_weights_weigh_texts(weights):
    model = built()
    chances = model.predict_proba(TEXTS)
    losses = -np.log(chances[np.arange(12), model.processor.numbers(TOPICS)])
    by_label = (weights.get("fit_kwargs") or weights).get("class_weight", {})
    scale = np.array([by_label.get(topic, 1.0) for topic in TOPICS])
    scale = scale * np.array(weights.get("sample_weight", 1.0))
    model.compile_model(optimizer=keras.optimizers.SGD(0.0), metrics=[], run_eagerly=True)
    history = model.fit(TEXTS, TOPICS, epochs=1, verbose=0, **weights).history
    assert history["loss"][0] == pytest.approx(np.mean(scale * losses), rel=1e-4)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"class_weight": {"sport": 2.0}}, r"got \['sport'\] in class_weight"),
        ({"class_weight": {"place": -2.0}}, "weights of 0 or more"),
        ({"sample_weight": [1.0]}, "expected 12 weights of 0 or more"),
        ({"sample_weight": [float("nan")] * 12}, "expected 12 weights of 0 or more"),
    ],
)
def test_wrong_weights_are_refused(weights, message):
    with pytest.raises(ValueError, match=message):
        built().fit(TEXTS, TOPICS, epochs=1, verbose=0, **weights)


def test_validation_is_scored_whole():
    model = built(learning_rate=0.0)
    history = model.fit(
        TEXTS, TOPICS, TEXTS[:7], TOPICS[:7], epochs=2, batch_size=3, verbose=0
    ).history
    chances = model.predict_proba(TEXTS[:7])
    losses = -np.log(chances[np.arange(7), model.processor.numbers(TOPICS[:7])])
    assert history["val_loss"] == [pytest.approx(np.mean(losses), rel=1e-4)] * 2
    right = np.mean([a == b for a, b in zip(model.predict(TEXTS[:7]), TOPICS[:7], strict=True)])
    assert history["val_accuracy"] == [pytest.approx(right)] * 2


def test_a_classifier_reads_several_texts():
    first = TrainableWordEmbeddingSequence(None, 4, sequence_maxlen=5)
    second = TrainableWordEmbeddingSequence(None, 3, sequence_maxlen=5)
    questions, answers = TEXTS, [text[::-1] for text in TEXTS]
    model = built((questions, answers), embedding={"question": first, "answer": second})
    model.fit((questions, answers), TOPICS, epochs=10, verbose=0)
    assert model.predict({"question": questions, "answer": answers}) == TOPICS
    with pytest.raises(ValueError, match=r"texts \['question', 'answer'\], got 1 lists"):
        model.predict((questions,))


def test_a_graph_with_other_outputs_is_refused():
    class Wrong(Pooled):
        def build_model_arc(self):
            words = self.embedding.embed_model
            self.tf_model = keras.Model(words.inputs, keras.layers.Dense(3)(words.output))

    with pytest.raises(ValueError, match=r"one output \(batch, 3\), .*got \[\(None, None, 3\)\]"):
        Wrong().build_model(TEXTS, TOPICS)
