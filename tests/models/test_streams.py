"""Training on streams."""

import itertools

import keras
import numpy as np
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_builder import generators
from nlp_builder.features import TrainableWordEmbeddingSequence
from nlp_builder.models import streams
from nlp_builder.models.streams import CorpusGenerator
from tests.labeling.own_models import WordCRF, WordTagger, learnt
from tests.models.table import ROWS, TAGS, TEXTS, TOPICS, weights_of


def eager(model, source, **arguments):
    model.build_model_generator(source)
    model.compile_model(optimizer=keras.optimizers.Adam(0.1), run_eagerly=True)
    return model.fit_generator(source, verbose=0, **arguments)


def corpus(texts=TEXTS, tags=TAGS):
    """A stream from functions, as from files that are too large for the memory."""
    return CorpusGenerator(lambda: (text for text in texts), lambda: iter(tags))


@pytest.mark.parametrize("cls", [WordTagger, WordCRF])
def test_a_stream_teaches_what_lists_teach(cls):
    one, other = cls(), cls()
    one.build_model(TEXTS, TAGS)
    other.build_model_generator(corpus())
    assert one.labels == other.labels
    assert one.embedding.blocks[0].vocabulary == other.embedding.blocks[0].vocabulary
    for a, b in zip(weights_of(one), weights_of(other), strict=True):
        np.testing.assert_array_equal(a, b)
    assert str(one.constraints) == str(other.constraints) != "None"


@pytest.mark.parametrize(
    ("texts", "tags", "message"),
    [
        (TEXTS, TAGS[:-1], f"got none of text {len(TAGS) - 1}, .*{TEXTS[-1][0]}"),
        (TEXTS[:-1], TAGS, f"got none for the labels {len(TAGS) - 1}, .*{TAGS[-1][0]}"),
    ],
)
def test_texts_without_labels_are_named(texts, tags, message):
    with pytest.raises(ValueError, match=message):
        list(CorpusGenerator(texts, tags))


TAG_LISTS = st.lists(st.lists(st.sampled_from(["O", "B-A", "I-A", "I-B"]), max_size=4), min_size=1)


@settings(max_examples=60, deadline=None)
@given(tags=TAG_LISTS.filter(lambda rows: any(rows)))
def test_a_survey_keeps_what_decides_labels_and_constraints(tags):
    source = CorpusGenerator([["a"] * len(row) for row in tags], tags)
    kept = streams.survey(source, None, lambda columns, labels: None).labels
    models = [WordCRF(), WordCRF()]
    for model, rows in zip(models, (tags, kept), strict=True):
        model._learn_from(rows)
    assert models[0]._names_in(tags) == models[1]._names_in(kept)
    assert str(models[0].constraints) == str(models[1].constraints)
    # There are no more texts than pairs of tags.
    assert len(kept) <= 25


def test_training_on_a_stream_learns():
    model = WordTagger()
    history = eager(model, corpus(), valid_sample_gen=corpus(), batch_size=5, epochs=8).history
    assert history["loss"][-1] < history["loss"][0]
    assert history["val_accuracy"][-1] == 1.0
    assert len(history["val_loss"]) == 8
    assert model.predict(TEXTS) == TAGS


def test_each_epoch_reads_the_whole_stream():
    read = []

    def texts():
        for text in TEXTS:
            read.append(text)
            yield text

    model = WordTagger()
    model.build_model(TEXTS, TAGS)
    model.compile_model(optimizer=keras.optimizers.Adam(0.1), run_eagerly=True)
    model.fit_generator(CorpusGenerator(texts, TAGS), batch_size=5, epochs=2, verbose=0)
    # One pass counts, two are trained on; some may be read ahead.
    assert read[: 3 * len(TEXTS)] == TEXTS * 3
    assert int(model.tf_model.optimizer.iterations) == 6


def test_several_streams_are_one():
    model = WordTagger()
    eager(model, [corpus(TEXTS[:2], TAGS[:2]), corpus(TEXTS[2:], TAGS[2:])], epochs=1)
    assert len(model.labels) == 5


def test_a_list_of_pairs_is_a_stream():
    model = WordTagger()
    eager(model, list(zip(TEXTS, TAGS, strict=True)), epochs=1)
    assert len(model.labels) == 5


def test_texts_without_tokens_are_left_out_of_streams():
    model = WordTagger()
    source = corpus([[], *TEXTS, [], []], [[], *TAGS, [], []])
    eager(model, source, epochs=1, batch_size=1)
    assert int(model.tf_model.optimizer.iterations) == len(TEXTS)


@pytest.mark.parametrize(
    "once",
    [
        lambda: zip(TEXTS, TAGS, strict=True),
        lambda: (pair for pair in zip(TEXTS, TAGS, strict=True)),
        lambda: [corpus(), iter([])],
        lambda: "a text",
        lambda: None,
    ],
)
def test_what_can_be_read_once_only_is_refused(once):
    for act in (WordTagger().fit_generator, WordTagger().build_model_generator):
        with pytest.raises(TypeError, match=r"read again in each epoch, got .*CorpusGenerator\("):
            act(once())


def test_a_corpus_of_iterators_is_refused():
    with pytest.raises(TypeError, match="with functions that return a new generator each"):
        CorpusGenerator(iter(TEXTS), TAGS)
    with pytest.raises(TypeError, match="read again"):
        CorpusGenerator(TEXTS, (tags for tags in TAGS))
    with pytest.raises(ValueError, match="buffer_size"):
        CorpusGenerator(TEXTS, TAGS, buffer_size=0)
    assert generators.CorpusGenerator is CorpusGenerator


@pytest.mark.parametrize(
    ("texts", "tags", "error", "message"),
    [
        ([["Ada", "b"]], [["O"]], ValueError, "text 0 of the training data has 2 tokens and 1"),
        (["Ada"], [["O"]], TypeError, "got 'Ada'"),
        ([["Ada"]], [[3]], TypeError, "tags of type str, got 3"),
        ([["Ada"], ["b"]], [["O"]], ValueError, "got none of text 1"),
        ([], [], ValueError, "got a stream without any"),
        ([[]], [[]], ValueError, "got a stream without any"),
    ],
)
def test_wrong_streams_are_refused(texts, tags, error, message):
    model = WordTagger()
    with pytest.raises(error, match=message):
        model.fit_generator(corpus(texts, tags))
    assert repr(model) == "<WordTagger, not built>"


@pytest.mark.parametrize("nothing", [[], [([], [])]])
@pytest.mark.parametrize("maxlen", [None, 5])
def test_an_empty_validation_is_refused_before_training(nothing, maxlen):
    model = WordTagger(sequence_length=maxlen)
    with pytest.raises(ValueError, match="expected texts, got a stream without any"):
        model.fit_generator(corpus(), nothing, epochs=1, verbose=0)
    with pytest.raises(ValueError, match="expected texts, got a stream without any"):
        next(streams.batches([], 2, None, seed=None))


def test_what_are_no_pairs_is_refused():
    with pytest.raises(TypeError, match="expected pairs of a text and its labels, got 7"):
        WordTagger().fit_generator((7, 8))


def test_new_labels_of_validation_are_listed():
    model = learnt(WordTagger)
    with pytest.raises(ValueError, match=r"\['B-NEW'\] in the validation data"):
        model.fit_generator(corpus(), corpus([["a"]], [["B-NEW"]]), epochs=1, verbose=0)


def test_long_texts_of_a_stream_are_told_once():
    model = WordTagger(sequence_length=3)
    model.build_model_generator(corpus())
    model.compile_model(run_eagerly=True)
    with pytest.warns(UserWarning, match="texts of the training data have") as told:
        model.fit_generator(corpus(), epochs=3, batch_size=2, verbose=0)
    cut = [str(warning.message) for warning in told if "are cut" in str(warning.message)]
    assert cut == [
        "4 of 12 texts of the training data have more than 3 tokens, and are cut: give a larger "
        "sequence_length, or None"
    ]


def test_an_automatic_length_is_that_of_the_longest_text_of_a_stream():
    model = WordTagger(sequence_length="auto")
    model.build_model_generator(corpus())
    assert model._maxlen == 5


def test_weights_of_tags_work_on_streams():
    losses = {}
    for weights in (None, {"O": 0.0}, {"O": 1.0}):
        model = WordTagger()
        model.build_model_generator(corpus())
        model.compile_model(optimizer=keras.optimizers.SGD(0.0), run_eagerly=True)
        history = model.fit_generator(corpus(), epochs=1, verbose=0, class_weight=weights)
        losses[str(weights)] = history.history["loss"][0]
    assert losses["None"] == pytest.approx(losses["{'O': 1.0}"], rel=1e-5)
    assert losses["{'O': 0.0}"] < losses["None"]


def test_a_classifier_reads_streams():
    row = next(row for row in ROWS if not row.is_tagger)
    model = row.model()
    eager(model, CorpusGenerator(TEXTS, TOPICS), batch_size=4, epochs=1)
    assert model.labels == ("person", "place", "weather")
    with pytest.raises(TypeError, match="label of type str"):
        row.model().fit_generator(CorpusGenerator(TEXTS, TAGS))


@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        (b"ab", TypeError, r"one after the other, got b'ab' \(bytes\): wrap one text in a list"),
        ({"a"}, TypeError, r"one after the other, got \{'a'\} \(set\): pass a list of texts"),
        (pandas.DataFrame({"a": [["b"]]}), TypeError, r"\(DataFrame\): pass a list of texts, or"),
        (3, TypeError, r"one after the other, got 3 \(int\)"),
        ([["a"], 2], TypeError, r"a str or a list of tokens as text 1, got 2 \(int\)"),
        ([None], TypeError, r"a str or a list of tokens as text 0, got None \(NoneType\)"),
        ([b"ab"], TypeError, r"as text 0, got b'ab' \(bytes\): leave it out, or decode it"),
        ([{"a": ["b"]}], TypeError, r"a str or a list of tokens as text 0, got \{'a"),
    ],
)
def test_what_gives_no_texts_to_predict_is_told(texts, error, message):
    model = WordTagger()
    model.build_model(TEXTS, TAGS)
    with pytest.raises(error, match=message):
        list(model.predict_stream(texts))


def test_a_name_is_no_method():
    model = WordTagger()
    model.build_model(TEXTS, TAGS)
    with pytest.raises(TypeError, match=r"got 'predict_proba' \(str\): pass predict=model.predict"):
        model.predict_stream(TEXTS, predict="predict_proba")


def test_texts_of_several_names_are_a_stream():
    words = TrainableWordEmbeddingSequence(None, 4, sequence_maxlen=None)
    flags = TrainableWordEmbeddingSequence(None, 2, sequence_maxlen=None)
    pos = [["T" if token[0].isupper() else "t" for token in text] for text in TEXTS]
    named = [{"tokens": text, "pos": flags} for text, flags in zip(TEXTS, pos, strict=True)]
    vocabularies = []
    for texts in (named, list(zip(TEXTS, pos, strict=True))):
        model = WordTagger({"tokens": words, "pos": flags})
        if vocabularies:
            model = WordTagger({"tokens": new(4), "pos": new(2)})
        eager(model, CorpusGenerator(texts, TAGS), epochs=1)
        vocabularies.append([block.vocabulary for block in model.embedding.blocks])
    assert vocabularies[0] == vocabularies[1]


def new(size):
    return TrainableWordEmbeddingSequence(None, size, sequence_maxlen=None)


@given(size=st.integers(1, 40), batch_size=st.integers(1, 9), seed=st.none() | st.integers(0, 9))
@settings(max_examples=30, deadline=None)
def test_batches_of_a_pass_are_all_texts_once(size, batch_size, seed):
    texts = [[str(number)] * (number % 4 + 1) for number in range(size)]
    source = CorpusGenerator(texts, texts)
    number = streams.num_batches(source, batch_size)
    endless = streams.batches(source, batch_size, None, seed=seed)
    for _ in range(2):
        parts = list(itertools.islice(endless, number))
        assert sorted(text for part, _ in parts for text in part) == sorted(texts)
        assert all(len(part) <= batch_size and part == labels for part, labels in parts)


def test_each_block_of_a_stream_learns_its_own_text():
    pos = [["T" for _ in text] for text in TEXTS]

    def embedding():
        return {
            "tokens": TrainableWordEmbeddingSequence(None, 4, sequence_maxlen=None),
            "pos": TrainableWordEmbeddingSequence(None, 2, sequence_maxlen=None),
        }

    one, other = WordTagger(embedding()), WordTagger(embedding())
    one.build_model_generator(CorpusGenerator(list(zip(TEXTS, pos, strict=True)), TAGS))
    other.build_model((TEXTS, pos), TAGS)
    for a, b in zip(one.embedding.blocks, other.embedding.blocks, strict=True):
        assert a.vocabulary == b.vocabulary
    assert one.embedding.blocks[1].vocabulary.tokens == ("T",)


def test_a_text_of_a_stream_without_its_tags_is_not_lost():
    with pytest.raises(ValueError, match=r"has 2 tokens and 0 tags"):
        eager(WordTagger(), corpus([*TEXTS, ["lost", "data"]], [*TAGS, []]))
