"""What taggers learn from a corpus: weights, constraints, and what is no corpus."""

import itertools

import keras
import numpy as np
import pytest
from scipy.special import logsumexp

from nlp_builder.features import TrainableWordEmbeddingSequence
from nlp_builder.layers import L
from tests.labeling.own_models import WordCRF, WordTagger, built, chain_of, learnt
from tests.layers.reference import all_paths, true_log_partition, true_score
from tests.models.table import TAGS, TEXTS

SHORT = [["Ada", "in", "Oslo"], ["slept"], ["Bob", "Noyce"]]


# Weights.


def loss_by_word(model):
    """What each word of `SHORT` costs, before training."""
    gold = [["B-PER", "O", "B-LOC"], ["O"], ["B-PER", "I-PER"]]
    return gold, [
        -np.log(row[np.arange(len(row)), model.processor.numbers(tags)])
        for row, tags in zip(model.predict_proba(SHORT), gold, strict=True)
    ]


def first_loss(model, gold, **weights):
    model.compile_model(optimizer=keras.optimizers.SGD(0.0), metrics=[], run_eagerly=True)
    return model.fit(SHORT, gold, epochs=1, verbose=0, **weights).history["loss"][0]


@pytest.mark.parametrize(
    "weights",
    [
        {"class_weight": {"O": 3.0, "I-PER": 0.5}},
        {"fit_kwargs": {"class_weight": {"O": 3.0, "I-PER": 0.5}}},
        {"sample_weight": [1.0, 3.0, 0.25]},
        {"sample_weight": [[1.0, 2.0, 0.0], [3.0], [0.5, 1.0]]},
        {"class_weight": {"B-PER": 2.0}, "sample_weight": [[1.0, 2.0, 0.0], 3.0, [0.5, 1.0]]},
    ],
)
def test_weights_of_a_softmax_weigh_words(weights):
    model = built(WordTagger)
    gold, losses = loss_by_word(model)
    by_tag = (weights.get("fit_kwargs") or weights).get("class_weight", {})
    by_text = weights.get("sample_weight", [1.0] * len(SHORT))
    total = sum(
        np.sum(np.array([by_tag.get(tag, 1.0) for tag in tags]) * weight * loss)
        for tags, weight, loss in zip(gold, map(np.array, by_text), losses, strict=True)
    )
    # Keras divides by the number of words.
    assert first_loss(model, gold, **weights) == pytest.approx(total / 6, rel=1e-4)


def test_weights_of_texts_weigh_the_loss_of_a_crf():
    model = built(WordCRF)
    gold = [["B-PER", "O", "B-LOC"], ["O"], ["B-PER", "I-PER"]]
    chain = chain_of(model, SHORT, gold)
    losses = true_log_partition(chain) - true_score(chain)
    weights = np.array([1.0, 3.0, 0.25])
    found = first_loss(model, gold, sample_weight=weights.tolist())
    assert found == pytest.approx(np.mean(weights * losses), rel=1e-4)
    # A weight for all words of a text is that of the text.
    rows = [[weight] * len(tags) for weight, tags in zip(weights, gold, strict=True)]
    assert first_loss(model, gold, sample_weight=rows) == pytest.approx(found, rel=1e-4)


def test_weights_of_tags_weigh_what_each_word_adds_to_the_loss_of_a_crf():
    model = built(WordCRF)
    gold = [["B-PER", "O", "B-LOC"], ["O"], ["B-PER", "I-PER"]]
    by_tag = {"O": 3.0, "I-PER": 0.5}
    chain, total = chain_of(model, SHORT, gold), 0.0
    for text, tags in enumerate(gold):
        paths = all_paths(chain, text)
        numbers = tuple(model.processor.numbers(tags))
        # log p(tag | tags before it), from sums over all sequences that begin alike.
        sums = [
            logsumexp([s for path, s in paths.items() if path[:n] == numbers[:n]])
            for n in range(len(tags) + 1)
        ]
        total -= sum(by_tag.get(tag, 1.0) * (sums[n + 1] - sums[n]) for n, tag in enumerate(tags))
    assert first_loss(model, gold, class_weight=by_tag) == pytest.approx(total / 3, rel=1e-4)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"class_weight": {"B-ORG": 2.0}}, r"some of the tags .*'B-PER'.*got \['B-ORG'\]"),
        ({"class_weight": {0: 2.0}}, r"some of the tags .*got \[0\]"),
        ({"sample_weight": [1.0]}, "sample_weight for each of 12 texts, got 1"),
        ({"sample_weight": [[1.0]] + [1.0] * 11}, "text 0, or one for each of its 5 tokens"),
        ({"sample_weight": [-1.0] + [1.0] * 11}, "at least 0 for text 0"),
    ],
)
def test_wrong_weights_are_refused(weights, message):
    with pytest.raises(ValueError, match=message):
        built(WordTagger).fit(TEXTS, TAGS, epochs=1, verbose=0, **weights)


def test_weights_of_words_are_cut_and_left_out_with_the_texts():
    model = built(WordTagger, sequence_length=2)
    model.compile_model(optimizer=keras.optimizers.SGD(0.0), metrics=[], run_eagerly=True)
    texts, tags = [["Ada", "slept", "in"], [], ["Oslo"]], [["B-PER", "O", "O"], [], ["B-LOC"]]
    weights = [[1.0, 2.0, 50.0], [], [0.5]]
    with pytest.warns(UserWarning, match="1 of 2 texts of the training data"):
        history = model.fit(texts, tags, epochs=1, verbose=0, sample_weight=weights)
    chances = model.predict_proba([["Ada", "slept"], ["Oslo"]])
    picked = [chances[0][0, 3], chances[0][1, 0], chances[1][0, 1]]
    assert model.labels == ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
    expected = -np.sum(np.log(picked) * [1.0, 2.0, 0.5]) / 3
    assert history.history["loss"][0] == pytest.approx(expected, rel=1e-4)


# Constraints.


def test_a_crf_never_predicts_what_its_well_formed_training_does_not_allow():
    model = built(WordCRF)
    texts = [[token, "Lovelace", "York"] for token in ("Ada", "slept", "zzz")]
    assert model.scheme == "IOB2"
    for tags in model.predict(texts):
        for before, tag in itertools.pairwise(["O", *tags]):
            assert not tag.startswith("I-") or before[2:] == tag[2:]


def test_ill_formed_tags_constrain_nothing():
    model = built(WordCRF, [["a", "b"], ["c", "d"]], [["O", "I-PER"], ["B-PER", "I-PER"]])
    assert model.constraints is None
    assert model._head().get_layer("layer_crf").get_config()["constraints"] is None


def test_a_saved_crf_keeps_its_constraints(tmp_path):
    model = built(WordCRF)
    model.save(tmp_path / "model.nlpb")
    again = WordCRF.load_model(tmp_path / "model.nlpb")
    configs = [m._head().get_layer("layer_crf").get_config()["constraints"] for m in (model, again)]
    assert str(configs[0]) == str(configs[1])
    assert configs[0] is not None


# Labels and texts that do not belong together.


@pytest.mark.parametrize(
    ("texts", "tags", "error", "message"),
    [
        (
            ["Ada slept"],
            [["O"]],
            TypeError,
            "got 'Ada slept' for text 0 of the training data: split it",
        ),
        ("Ada slept", [["O"]], TypeError, "Ada slept"),
        ([["Ada"]], ["O"], TypeError, r"list of tags, one for each token, got 'O' for text 0"),
        ([["Ada"]], [None], TypeError, r"list of tags, one for each token, got None for text 0"),
        ([["Ada"]], "O", TypeError, "list of the labels of each text, got 'O'"),
        ([["Ada"]], None, TypeError, "list of the labels of each text, got None"),
        (None, [["O"]], TypeError, "None"),
        ([["Ada"], ["Bob"]], [["O"]], ValueError, "labels for 2 texts, got 1"),
        ([["Ada", "b"]], [["O"]], ValueError, r"2 tokens and 1 tags: \['Ada', 'b'\], \['O'\]"),
        ([["Ada"]], [[1]], TypeError, "tags of type str, got 1"),
        ([["a"], ["b"]], [["O"], [None]], TypeError, "str, got None for text 1 of the training"),
        ([[1]], [["O"]], TypeError, "1"),
        ([], [], ValueError, "expected texts, got none"),
        ([[]], [[]], ValueError, "expected at least one tag, got none"),
    ],
)
def test_what_is_no_corpus_is_refused_before_anything_is_learnt(texts, tags, error, message):
    model = WordTagger()
    with pytest.raises(error, match=message):
        model.fit(texts, tags)
    assert repr(model) == "<WordTagger, not built>"
    model.build_model(TEXTS, TAGS)


def test_texts_and_tags_may_be_tuples_and_arrays():
    texts = tuple(tuple(text) for text in TEXTS)
    tags = tuple(tuple(row) for row in TAGS)
    one, other = built(WordTagger, texts, tags), built(WordTagger)
    assert one.labels == other.labels
    losses = [
        one.fit(texts, tags, epochs=1, verbose=0).history["loss"],
        other.fit(TEXTS, TAGS, epochs=1, verbose=0).history["loss"],
    ]
    assert losses[0] == losses[1]
    array = np.array([["Ada", "slept"], ["in", "Oslo"]], dtype=object)
    assert [len(row) for row in one.predict(array)] == [2, 2]


def test_tags_of_validation_that_training_never_had_are_listed():
    tags = [["B-ORG", "O"], ["B-EVENT"]]
    for model in (WordTagger(), learnt(WordTagger)):
        with pytest.raises(ValueError, match=r"\['B-EVENT', 'B-ORG'\] in the validation data"):
            model.fit(TEXTS, TAGS, [["Ada", "b"], ["c"]], tags, verbose=0)


def test_half_a_validation_is_refused():
    with pytest.raises(TypeError, match="got None"):
        WordTagger().fit(TEXTS, TAGS, TEXTS)
    with pytest.raises(TypeError, match="None"):
        WordTagger().fit(TEXTS, TAGS, None, TAGS)


def test_gold_tags_of_evaluation_may_be_new():
    model = learnt(WordTagger)
    with pytest.warns(UserWarning, match=r"training had no \['B-EVENT', 'B-ORG'\]") as warned:
        report = model.evaluate([["Ada", "slept"], ["b"]], [["B-ORG", "O"], ["B-EVENT"]])
    assert [warning.filename for warning in warned] == [__file__]
    assert report.by_type["ORG"]["support"] == 1
    assert report.f1 == 0
    with pytest.raises(ValueError, match="1 gold tags and 2 predicted"):
        model.evaluate([["Ada", "slept"]], [["O"]])


def test_texts_without_tokens_are_no_training():
    model = built(WordTagger)
    empty = [[], *TEXTS, []], [[], *TAGS, []]
    losses = [
        model.fit(*corpus, epochs=1, verbose=0).history["loss"]
        for model, corpus in ((built(WordTagger), (TEXTS, TAGS)), (built(WordTagger), empty))
    ]
    assert losses[0] == losses[1]
    with pytest.raises(ValueError, match="expected texts with tokens, got 2 without any"):
        model.fit([[], []], [[], []])


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="elsewhere it is right")
def test_a_layer_that_keeps_the_length_of_the_first_batch_is_refused():
    class Each(WordTagger):
        wrapper = keras.layers.TimeDistributed

        def build_model_arc(self):
            words = self.embedding.embed_model
            scores = keras.layers.Dense(len(self.processor), activation="softmax")
            self.tf_model = keras.Model(words.inputs, self.wrapper(scores)(words.output))

    class Ours(Each):
        wrapper = L.TimeDistributed

    with pytest.raises(ValueError, match=r"is keras.layers.TimeDistributed, .*L.TimeDistributed\)"):
        Each().build_model(TEXTS, TAGS)
    Ours().build_model(TEXTS, TAGS)
    blocks = TrainableWordEmbeddingSequence(None, 4, sequence_maxlen=5)
    Each(blocks).build_model(TEXTS, TAGS)  # of one length it is right
