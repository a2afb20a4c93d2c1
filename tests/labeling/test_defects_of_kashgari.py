"""The sixteen defects that were measured in Kashgari 2.0.2: each of them would fail a test."""

import copy
import pickle

import keras
import numpy as np
import pytest
from scipy.special import logsumexp

import nlp_builder
from nlp_builder import ArchiveError, PreTrainedWordEmbeddingSequence
from nlp_builder.labeling import (
    READY_MADE,
    BiGRU_CRF_Model,
    BiGRU_Model,
    BiLSTM_Model,
    CNN_LSTM_Model,
)
from nlp_builder.layers import CRF, GRU, LSTM, MaskedConv1D
from tests.labeling.own_models import WordCRF, WordTagger, built, chain_of, learnt
from tests.layers.reference import all_paths, true_log_partition, true_score
from tests.models.table import TAGS, TEXTS, assert_same_outputs

SMALL = {"layer_bgru": {"units": 4}}
VALID_TEXTS = [["Ada", "slept"], ["Grace"], ["in", "New", "York"], ["it", "saw", "Bob", "Noyce"]]
VALID_TAGS = [["B-PER", "O"], ["B-PER"], ["O", "B-LOC", "I-LOC"], ["O", "O", "B-PER", "I-PER"]]


def true_accuracy(chain):
    """The share of words whose likeliest tag by brute force is the true one."""
    right = []
    for text, length in enumerate(chain.lengths):
        paths = all_paths(chain, text)
        for word in range(length):
            tags = range(chain.potentials.shape[-1])
            totals = [logsumexp([s for p, s in paths.items() if p[word] == tag]) for tag in tags]
            right.append(np.argmax(totals) == chain.tags[text, word])
    return np.mean(right)


def test_1_validation_loss_and_accuracy_of_a_crf_are_the_true_ones():
    # Slowly: large steps learn the few texts by heart in one epoch, and others less from then on.
    model = built(WordCRF, optimizer=keras.optimizers.Adam(0.01))
    history = model.fit(
        TEXTS, TAGS, VALID_TEXTS, VALID_TAGS, epochs=4, batch_size=3, verbose=0
    ).history
    chain = chain_of(model, VALID_TEXTS, VALID_TAGS)
    loss = np.mean(true_log_partition(chain) - true_score(chain))
    assert history["val_loss"][-1] == pytest.approx(loss, rel=1e-4)
    assert history["val_accuracy"][-1] == pytest.approx(true_accuracy(chain), rel=1e-6)
    assert history["val_loss"][-1] < history["val_loss"][0]


def test_1_validation_of_a_crf_agrees_with_its_predictions_after_training():
    model = built(WordCRF, optimizer=keras.optimizers.Adam(0.02))
    history = model.fit(TEXTS, TAGS, TEXTS, TAGS, epochs=12, verbose=0).history
    pairs = zip(model.predict(TEXTS), TAGS, strict=True)
    right = [a == b for row, tags in pairs for a, b in zip(row, tags, strict=True)]
    assert history["val_accuracy"][-1] == pytest.approx(np.mean(right)) == 1.0
    chain = chain_of(model, TEXTS, TAGS)
    loss = np.mean(true_log_partition(chain) - true_score(chain))
    assert history["val_loss"][-1] == pytest.approx(loss, rel=1e-3)
    assert loss < 0.1


def test_2_the_automatic_length_cuts_no_text_of_the_training():
    model = built(BiGRU_Model, sequence_length="auto", hyper_parameters=SMALL)
    # A warning that texts are cut would fail this test.
    model.fit(TEXTS, TAGS, epochs=1, verbose=0)
    assert model._maxlen == max(map(len, TEXTS)) == 5
    assert [len(tags) for tags in model.predict(TEXTS)] == [len(text) for text in TEXTS]


def test_3_a_cnn_lstm_has_a_convolution_and_an_lstm():
    model = built(CNN_LSTM_Model)
    layers = [type(layer) for layer in model._head().layers]
    assert layers.index(MaskedConv1D) < layers.index(LSTM)
    assert not {GRU, keras.layers.Bidirectional} & {*layers}


def test_4_false_positives_of_types_that_gold_does_not_have_count(capsys):
    model = learnt(WordTagger)
    texts, gold = [["Ada", "Oslo", "Paris"]], [["B-PER", "O", "O"]]
    assert model.predict(texts) == [["B-PER", "B-LOC", "B-LOC"]]
    scores = model.scores(texts, gold)
    assert scores == {"precision": pytest.approx(1 / 3), "recall": 1.0, "f1": 0.5}
    report = model.evaluate(texts, gold)
    assert report.by_type["LOC"] == {"precision": 0, "recall": 0, "f1-score": 0, "support": 0}
    # The mean over types is no mean by support.
    assert report.by_type["macro avg"]["f1-score"] == 0.5
    assert "LOC" in capsys.readouterr().out


def test_5_no_gold_entity_at_all_is_no_crash():
    model = learnt(WordTagger)
    report = model.evaluate([["Ada", "slept"]], [["O", "O"]])
    assert (report.precision, report.recall, report.f1) == (0, 0, 0)
    report = model.evaluate([["it", "rained"]], [["O", "O"]])
    assert (report.precision, report.recall, report.f1) == (0, 0, 0)
    with pytest.raises(ValueError, match="expected texts, got none"):
        model.evaluate([], [])


def test_6_class_weights_weigh_tags():
    """See tests/labeling/test_base_model.py for the loss by hand."""
    shares = {}
    for weight in (0.0, 100.0):
        model = built(WordTagger)
        model.fit(TEXTS, TAGS, epochs=5, verbose=0, class_weight={"O": weight})
        tags = [tag for row in model.predict(TEXTS) for tag in row]
        shares[weight] = tags.count("O") / len(tags)
    # 16 of 36 tags are O.
    assert shares[0.0] < 0.2
    assert shares[100.0] > 0.4


def test_7_a_saved_model_does_not_need_the_file_of_its_vectors(tmp_path):
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("Ada 1.0 0.5\nOslo 0.25 -1.0\n", encoding="utf-8")
    words = PreTrainedWordEmbeddingSequence(str(vectors), None, sequence_maxlen=None)
    model = learnt(WordTagger, embedding=words)
    model.save(tmp_path / "model.nlpb")
    vectors.unlink()
    assert_same_outputs(model, WordTagger.load_model(tmp_path / "model.nlpb"), TEXTS)


def test_8_a_model_of_ones_own_is_loaded_or_asked_for(tmp_path):
    model = learnt(WordTagger)
    model.save(tmp_path / "model.nlpb")
    with pytest.raises(ArchiveError, match=r"custom_objects=\{'WordTagger': its class\}"):
        nlp_builder.load(tmp_path / "model.nlpb")
    own = {"WordTagger": WordTagger}
    assert_same_outputs(model, nlp_builder.load(tmp_path / "model.nlpb", custom_objects=own))


@pytest.mark.parametrize("cls", READY_MADE)
def test_9_a_part_of_the_hyper_parameters_is_enough(cls):
    defaults = cls.get_default_hyper_parameters()
    model = cls(hyper_parameters={"layer_dropout": {"rate": 0.2}})
    assert model.hyper_parameters == {**defaults, "layer_dropout": {"rate": 0.2}}
    model.build_model(TEXTS, TAGS)


def test_10_odd_texts_to_predict():
    model = learnt(WordTagger)
    assert model.predict([]) == []
    assert model.predict([[]]) == [[]]
    assert model.predict([["Ada"], [], ["in", "Oslo"]]) == [["B-PER"], [], ["O", "B-LOC"]]
    assert model.predict([("in", "Oslo")]) == model.predict((["in", "Oslo"],)) == [["O", "B-LOC"]]
    assert model.predict((["Ada"], ["in", "Oslo"])) == [["B-PER"], ["O", "B-LOC"]]
    with pytest.raises(TypeError, match="list of tokens for each text, got 'raw text' for text 0"):
        model.predict(["raw text"])
    with pytest.raises(TypeError, match="raw text"):
        model.predict("raw text")


def test_11_lengths_that_differ_and_new_labels_are_clear_errors():
    with pytest.raises(ValueError, match=r"text 1 of the training data has 2 tokens and 1 tags"):
        WordTagger().fit([["Ada"], ["Ada", "slept"]], [["O"], ["O"]])
    model = learnt(WordTagger)
    with pytest.raises(ValueError, match=r"got \['B-NEW'\] in the training data: train a new"):
        model.fit([["Ada"]], [["B-NEW"]])


@pytest.mark.parametrize("cls", [WordTagger, WordCRF])
def test_12_no_model_can_predict_padding(cls):
    model = built(cls)
    assert set(model.labels) == {tag for tags in TAGS for tag in tags}
    assert model.tf_model.count_params() > 0
    texts = [["word"] * length for length in (1, 7, 3)]
    assert {tag for tags in model.predict(texts) for tag in tags} <= {*model.labels}
    assert {row.shape[1] for row in model.predict_proba(texts)} == {5}


def test_13_the_whole_validation_is_scored_after_each_epoch():
    model = built(WordTagger, optimizer=keras.optimizers.SGD(0.0))
    # 4 texts in batches of 3.
    history = model.fit(
        TEXTS, TAGS, VALID_TEXTS, VALID_TAGS, epochs=3, batch_size=3, verbose=0
    ).history
    chances = model.predict_proba(VALID_TEXTS)
    losses = [
        -np.log(row[np.arange(len(row)), model.processor.numbers(tags)])
        for row, tags in zip(chances, VALID_TAGS, strict=True)
    ]
    right = [
        tag == gold
        for row, tags in zip(model.predict(VALID_TEXTS), VALID_TAGS, strict=True)
        for tag, gold in zip(row, tags, strict=True)
    ]
    assert len({*history["val_loss"]}) == len({*history["val_accuracy"]}) == 1
    assert history["val_accuracy"][0] == pytest.approx(np.mean(right))
    whole = model.fit(TEXTS, TAGS, VALID_TEXTS, VALID_TAGS, epochs=1, verbose=0).history
    assert whole["val_accuracy"] == history["val_accuracy"][:1]
    assert whole["val_loss"][0] == pytest.approx(np.mean(np.concatenate(losses)), rel=1e-4)


def test_14_tags_of_no_scheme_are_no_entities():
    texts, tags = [["Ada", "wrote"], ["it", "rained"]], [["NOUN", "VERB"], ["PRON", "VERB"]]
    model = built(WordTagger, texts, tags)
    model.fit(texts, tags, epochs=12, verbose=0)
    assert model.scheme is None
    assert model.predict(texts) == tags
    for act in (
        lambda: model.predict_entities(texts),
        lambda: model.evaluate(texts, tags),
        lambda: model.scores(texts, tags),
    ):
        with pytest.raises(ValueError, match=r"these are no spans; .*by_token=True"):
            act()
    assert "VERB" in model.evaluate(texts, tags, by_token=True)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_15_models_can_be_copied(copied):
    model = built(BiGRU_CRF_Model, hyper_parameters=SMALL)
    model.fit(TEXTS, TAGS, epochs=1, verbose=0)
    twin = copied(model)
    assert_same_outputs(model, twin)
    before = model.predict_proba(TEXTS)
    losses = twin.fit(TEXTS, TAGS, epochs=1, verbose=0, shuffle=False).history["loss"]
    np.testing.assert_array_equal(model.predict_proba(TEXTS)[0], before[0])
    # The copy goes on where the model is.
    assert losses == model.fit(TEXTS, TAGS, epochs=1, verbose=0, shuffle=False).history["loss"]
    assert_same_outputs(model, twin)
    assert copied(BiLSTM_Model(random_seed=3)).random_seed == 3


def test_16_the_configuration_of_a_crf_has_its_arguments_and_no_weights():
    model = learnt(WordCRF)
    crf = model._head().get_layer("layer_crf")
    config = crf.get_config()
    assert (config["name"], config["num_tags"]) == ("layer_crf", 5)
    weights = [np.asarray(weight).tolist() for weight in crf.weights]
    assert not [value for value in config.values() if value in weights]
    renamed = CRF.from_config({**config, "name": "other", "dtype": "float64"})
    assert (renamed.name, renamed.compute_dtype) == ("other", "float64")
    # Nothing of a call stays on the layer.
    before = {*vars(crf)}
    model.predict(TEXTS)
    assert {*vars(crf)} == before
    assert crf.compute_output_shape((None, 7, 5)) == (None, 14, 6)
