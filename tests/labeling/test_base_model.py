"""What all taggers do: by taggers of words, which are quick and learn their texts by heart."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
from scipy.special import logsumexp

from nlp_builder.features import (
    CharPerWordEmbeddingSequence,
    KerasWrapper,
    TrainableWordEmbeddingSequence,
)
from nlp_builder.labeling import BiGRU_Model, Entity
from tests.labeling.own_models import WordCRF, WordTagger, built, chain_of, learnt
from tests.layers.reference import all_paths
from tests.models.table import TAGS, TEXTS

both = pytest.mark.parametrize("cls", [WordTagger, WordCRF])
SHORT = [["Ada", "in", "Oslo"], ["slept"], ["Bob", "Noyce"]]


def chances_of_sequences(model, text):
    """The probability of each sequence of tags of one text, by brute force."""
    if isinstance(model, WordCRF):
        chain = chain_of(model, [text], [["O"] * len(text)])
        scores = all_paths(chain, 0)
        if model.constraints is not None:
            pairs, start, end = model.constraints
            scores = {
                path: score
                for path, score in scores.items()
                if start[path[0]]
                and end[path[-1]]
                and all(pairs[pair] for pair in itertools.pairwise(path))
            }
        total = logsumexp(list(scores.values()))
        return {path: np.exp(score - total) for path, score in scores.items()}
    (rows,) = model.predict_proba([text])
    paths = itertools.product(range(rows.shape[1]), repeat=len(text))
    return {path: np.prod(rows[np.arange(len(text)), path]) for path in paths}


@both
@pytest.mark.parametrize("text", SHORT)
def test_probabilities_are_those_of_brute_force(cls, text):
    model = built(cls)
    model.fit(TEXTS, TAGS, epochs=1, verbose=0)
    chances = chances_of_sequences(model, text)
    (rows,) = model.predict_proba([text])
    for word, tag in np.ndindex(rows.shape):
        expected = sum(chance for path, chance in chances.items() if path[word] == tag)
        assert rows[word, tag] == pytest.approx(expected, abs=1e-5)
    ranked = sorted(chances.items(), key=lambda item: -item[1])
    (found,) = model.predict_top_k([text], 4)
    expected = [chance for _, chance in ranked[: len(found)]]
    assert [chance for _, chance in found] == pytest.approx(expected, rel=1e-3)
    for tags, chance in found:
        assert chances[tuple(model.processor.numbers(tags))] == pytest.approx(chance, rel=1e-3)


@both
def test_the_best_of_several_sequences_is_the_prediction(cls):
    model = built(cls)
    model.fit(TEXTS, TAGS, epochs=1, verbose=0)
    texts = [*SHORT, ["it"] * 4]
    for k in (1, 7):
        found = model.predict_top_k(texts, k, batch_size=2)
        assert [sequences[0][0] for sequences in found] == model.predict(texts)
        for text, sequences in zip(texts, found, strict=True):
            chances = [chance for _, chance in sequences]
            assert chances == sorted(chances, reverse=True)
            assert len({tuple(tags) for tags, _ in sequences}) == len(sequences) <= k
            assert {len(tags) for tags, _ in sequences} == {len(text)}
            assert 0 < sum(chances) < 1 + 1e-5


def test_a_short_text_has_few_sequences_and_they_are_all():
    model = built(WordTagger)
    (found,) = model.predict_top_k([["Ada"]], 50)
    assert {tags[0] for tags, _ in found} == {*model.labels}
    assert sum(chance for _, chance in found) == pytest.approx(1, rel=1e-5)


@both
def test_the_best_sequences_of_an_empty_text(cls):
    model = built(cls)
    assert model.predict_top_k([[], ["Ada"]], 3)[0] == [([], pytest.approx(1.0))]


def test_the_best_sequences_of_a_text_that_is_read_in_windows_are_refused():
    model = built(WordTagger, sequence_length=5)
    with pytest.raises(ValueError, match="text 1 has 6 tokens, and the model reads 5 at once"):
        model.predict_top_k([["Ada"], ["a"] * 6], 2)
    with pytest.raises(ValueError, match="top_k"):
        model.predict_top_k(TEXTS, 0)


def test_entities_have_text_place_and_confidence():
    model = learnt(WordTagger)
    texts = [["Ada", "Lovelace", "slept"], [], ["New", "York"]]
    chances = model.predict_proba(texts)
    (ada,), none, (york,) = model.predict_entities(texts)
    sure = min(chances[0][0].max(), chances[0][1].max())
    assert ada == Entity("PER", 0, 2, "Ada Lovelace", pytest.approx(float(sure)))
    assert none == []
    assert york[:4] == ("LOC", 0, 2, "New York")
    assert model.predict_entities([["Ada", "Lovelace"]], join_chunk="")[0][0].text == "AdaLovelace"


@both
def test_confidences_are_probabilities_of_the_tags_that_are_predicted(cls):
    model = built(cls)
    model.fit(TEXTS, TAGS, epochs=2, verbose=0)
    chances = model.predict_proba(TEXTS)
    for (tags, sure), row in zip(model.predict_confidences(TEXTS), chances, strict=True):
        expected = row[np.arange(len(row)), model.processor.numbers(tags)]
        np.testing.assert_allclose(sure, expected, rtol=1e-5)


@both
@pytest.mark.parametrize("length", [1, 5, 6, 11, 23])
def test_a_long_text_is_read_in_windows(cls, length):
    model = built(cls, sequence_length=5)
    text = ["Ada", "Lovelace", "slept", "in", "New", "York", "."] * 4
    text = text[:length]
    (tags,) = model.predict([text])
    # Its words know of no others, so that windows lose nothing, also within an entity.
    assert tags == built(cls).predict([text])[0]
    assert len(tags) == len(model.predict_proba([text])[0]) == length
    assert model.predict([["Ada"], text, []]) == [["Ada"] and model.predict([["Ada"]])[0], tags, []]


# Several texts, and features beside the words.

POS = [["T" if token[0].isupper() else "t" for token in text] for text in TEXTS]


def embedding_of_two():
    words = TrainableWordEmbeddingSequence(None, 4, sequence_maxlen=None, random_state=1)
    flags = TrainableWordEmbeddingSequence(None, 2, sequence_maxlen=None, random_state=2)
    return {"tokens": [words], "pos": flags}


@pytest.mark.parametrize(
    "form", [lambda x, pos: (x, pos), lambda x, pos: {"tokens": x, "pos": pos}]
)
def test_a_tagger_reads_several_texts(form, tmp_path):
    x = form(TEXTS, POS)
    model = built(WordTagger, x, TAGS, embedding_of_two())
    assert model.embedding.text_names == ("tokens", "pos")
    assert model.embedding.dimension == 6
    model.fit(x, TAGS, x, TAGS, epochs=15, verbose=0)
    assert model.predict(x) == TAGS
    # What the second text says counts.
    other = form([["zzz"]] * 2, [["T"], ["t"]])
    upper, lower = model.predict_proba(other)
    assert abs(upper - lower).max() > 1e-3
    assert [len(spans) for spans in model.predict_entities(x)][:4] == [2, 1, 1, 1]
    assert model.evaluate(x, TAGS).f1 == 1
    assert len(model.predict_top_k(x, 2)) == 12
    model.save(tmp_path / "model.nlpb")
    again = WordTagger.load_model(tmp_path / "model.nlpb")
    assert again.predict(x) == TAGS
    assert again.fit(x, TAGS, epochs=1, verbose=0).history["loss"]


def test_wrong_numbers_of_texts_are_refused():
    model = WordTagger(embedding_of_two())
    with pytest.raises(ValueError, match=r"texts \['tokens', 'pos'\], got 3 lists"):
        model.build_model((TEXTS, POS, POS), TAGS)
    with pytest.raises(TypeError, match=r"\['tokens', 'pos'\] as a tuple .*: pass \(tokens, pos\)"):
        model.build_model(TEXTS, TAGS)
    with pytest.raises(ValueError, match="pos"):
        model.build_model({"tokens": TEXTS}, TAGS)
    with pytest.raises(ValueError, match="12"):
        model.build_model((TEXTS, POS[:3]), TAGS)
    with pytest.raises(ValueError, match=r"text 0 .* has 1 tokens of 'pos' and 5 tags"):
        model.build_model((TEXTS, [["t"], *POS[1:]]), TAGS)
    with pytest.raises(ValueError, match="2 lists of texts, and an embedding that reads one"):
        WordTagger().build_model((TEXTS, POS), TAGS)
    model.build_model((TEXTS, POS), TAGS)
    with pytest.raises(ValueError, match=r"got \{'tokens': 5, 'pos': 1\} for text 0"):
        model.predict((TEXTS, [["t"], *POS[1:]]))
    with pytest.raises(TypeError, match=r"got one list: pass \(tokens, pos\)"):
        model.predict(TEXTS)


def test_windows_of_several_texts_belong_together():
    model = built(WordTagger, (TEXTS, POS), TAGS, embedding_of_two(), sequence_length=5)
    model.fit((TEXTS, POS), TAGS, epochs=12, verbose=0)
    long = [[token for text in TEXTS for token in text]], [[tag for row in POS for tag in row]]
    assert model.predict(long) == [[tag for tags in TAGS for tag in tags]]


def test_words_and_characters_side_by_side():
    words = TrainableWordEmbeddingSequence(None, 4, sequence_maxlen=None)
    characters = CharPerWordEmbeddingSequence(None, 3, word_maxlen=None)
    with pytest.raises(ValueError, match="digest characters first"):
        BiGRU_Model([words, characters])


class LosesSteps(WordTagger):
    """Reads the first word alone, as layers do that keep the length of an earlier batch."""

    def build_model_arc(self):
        words = self.embedding.embed_model
        scores = keras.layers.Dense(len(self.processor), activation="softmax")(words.output)
        self.tf_model = keras.Model(words.inputs, scores[:, :1])


@pytest.mark.parametrize("maxlen", [None, 2])
def test_fewer_tags_than_tokens_are_an_error_that_names_the_remedy(maxlen):
    model = LosesSteps(sequence_length=maxlen)
    model.build_model([["Ada"], ["in"]], [["B-PER"], ["O"]])
    assert len(model.predict([["Ada"]])[0]) == 1
    message = r"for each of \d tokens, got 1: .*nlp_builder.layers.TimeDistributed; or Dense alone"
    with pytest.raises(ValueError, match=message):
        model.predict([["Ada", "in", "Oslo"]])
    if maxlen is None:
        with pytest.raises(ValueError, match=message):
            model.predict_top_k([["Ada", "in", "Oslo"]])


@both
def test_a_model_that_has_diverged_predicts_nothing(cls):
    model = built(cls)
    for weight in model.tf_model.trainable_weights:
        weight.assign(np.full(weight.shape, np.nan))
    message = r"the weights \[.*kernel.*\] of the model are not finite.*lower learning rate"
    predictions = (
        *(model.predict, model.predict_proba, model.predict_entities, model.predict_confidences),
        model.predict_top_k,
    )
    for predict in predictions:
        with pytest.raises(ValueError, match=message):
            predict(SHORT)
    with pytest.raises(ValueError, match=message):
        model.scores(TEXTS, TAGS)


def test_threads_predict_with_a_fresh_model_what_one_does_and_without_a_warning():
    letters = CharPerWordEmbeddingSequence(None, 3, word_maxlen=None)
    rows = keras.Input((None, 3))
    convolved = keras.layers.GlobalMaxPooling1D()(keras.layers.Conv1D(4, 2)(rows))
    words = KerasWrapper(letters, keras.Model(rows, convolved))
    model = built(WordTagger, embedding=words)
    # Where warnings are errors, a thread would raise it.
    with ThreadPoolExecutor(6) as pool:
        found = [*pool.map(lambda _: model.predict(TEXTS), range(6))]
    assert found == [model.predict(TEXTS)] * 6
