"""A small tagger: what it predicts, and what padding may not change."""

import keras
import numpy as np
import pytest

from nlp_builder import CRF, Batches, CRFLoss, TagAlphabet, load, predict_tags
from nlp_builder.features import (
    CharPerWordEmbeddingSequence,
    Feature,
    KerasWrapper,
    PreTrainedWordEmbeddingSequence,
    RNNDigest,
    TrainableWordEmbeddingSequence,
)
from nlp_builder.labeling import BiGRU_CRF_Model, entity_report, stream_tags
from nlp_builder.layers import MaskedConcatenate
from nlp_builder.text import WordVectors, convert_tags, load_sample_corpus

TEXTS, TAGS = [rows[:60] for rows in load_sample_corpus("train")]
ALPHABET = TagAlphabet.from_tags(TAGS)


def blocks() -> list[Feature]:
    names = sorted({word for text in TEXTS for word in text})[::2]
    matrix = np.random.default_rng(2).normal(size=(len(names), 8)).astype("float32")
    words = PreTrainedWordEmbeddingSequence(WordVectors(names, matrix), None, sequence_maxlen=None)
    characters = CharPerWordEmbeddingSequence(None, 6, word_maxlen=None, char_maxlen=8)
    digest = RNNDigest(characters, 6, "lstm", bidirectional=True)
    return [words.build(TEXTS), digest.build(TEXTS)]


def tagger(parts: list[Feature]) -> keras.Model:
    keras.utils.set_random_seed(1)
    words, digest = parts
    x = keras.layers.Concatenate()([words.outputs, digest.outputs])
    lstm = keras.layers.LSTM(10, return_sequences=True)
    x = keras.layers.Bidirectional(lstm)(x, mask=words.mask)
    potentials = keras.layers.Dense(len(ALPHABET))(x)
    crf = CRF(len(ALPHABET), transitions_initializer="random_normal")
    model = keras.Model([words.inputs, digest.inputs], crf(potentials, mask=words.mask))
    model.compile(keras.optimizers.Adam(0.05), CRFLoss())
    return model


def tag_ids() -> list[np.ndarray]:
    return [ALPHABET.ids(tags) for tags in TAGS]


def test_a_tagger_learns_its_corpus_and_its_digest_moves():
    parts = blocks()
    model = tagger(parts)
    before = [weight.numpy() for weight in parts[1].trainable_weights]
    train = Batches(parts, TEXTS, tag_ids(), batch_size=8)
    model.fit(train, epochs=25, shuffle=False, verbose=0)
    for old, weight in zip(before, parts[1].trainable_weights, strict=True):
        assert np.abs(old - weight.numpy()).max() > 1e-3, weight.path
    predicted = predict_tags(model, Batches(parts, TEXTS), ALPHABET)
    assert [len(tags) for tags in predicted] == [len(text) for text in TEXTS]
    assert entity_report(TAGS, predicted).f1 > 0.9


def test_padding_further_changes_no_loss_and_no_tag():
    parts = blocks()
    model = tagger(parts)
    words, digest = parts
    ids = words.preprocess_texts(TEXTS), digest.preprocess_texts(TEXTS)
    targets = ALPHABET.encode(TAGS)
    more = [np.pad(array, [(0, 0), (0, 30)] + [(0, 0)] * (array.ndim - 2)) for array in ids]
    # Padding tags may hold any value: the mask decides.
    more_targets = np.pad(targets, [(0, 0), (0, 30)], constant_values=-1)
    loss = model.evaluate(ids, targets, verbose=0)
    assert model.evaluate(tuple(more), more_targets, verbose=0) == pytest.approx(loss, rel=1e-5)
    crf = model.layers[-1]
    tags, scores = crf.decode(model.predict(ids, verbose=0))
    more_tags, more_scores = crf.decode(model.predict(tuple(more), verbose=0))
    np.testing.assert_allclose(scores, more_scores, rtol=1e-5)
    for one, other, text in zip(tags, more_tags, TEXTS, strict=True):
        np.testing.assert_array_equal(one[: len(text)], other[: len(text)])


def wrapped(parts: list[Feature]) -> KerasWrapper:
    """The same as one block, whose model gets the masks from the blocks."""
    keras.utils.set_random_seed(1)
    inputs = keras.Input((None, 20))
    lstm = keras.layers.LSTM(10, return_sequences=True)
    potentials = keras.layers.Dense(len(ALPHABET))(keras.layers.Bidirectional(lstm)(inputs))
    crf = CRF(len(ALPHABET), transitions_initializer="random_normal")
    return KerasWrapper(parts, keras.Model(inputs, crf(potentials))).build(TEXTS)


def test_a_wrapped_tagger_is_the_same_and_comes_back_from_its_file(tmp_path):
    parts = blocks()
    by_hand, block = tagger(parts), wrapped(parts)
    names = ("lstm", "bidirectional", "dense", "crf")
    written = [layer for layer in by_hand.layers if layer.name.startswith(names)]
    weights = [weight for layer in written for weight in layer.get_weights()]
    block.wrapped_model.set_weights(weights)
    expected = predict_tags(by_hand, Batches(parts, TEXTS), ALPHABET)
    assert len({len(tags) for tags in expected}) > 5
    block.save(tmp_path / "tagger.nlpb")
    for one in (block, load(tmp_path / "tagger.nlpb")):
        assert predict_tags(one, Batches(one, TEXTS), ALPHABET) == expected
    block.compile("adam", CRFLoss())
    batch = next(iter(Batches(parts, TEXTS[:4], tag_ids()[:4], batch_size=4, shuffle=False)))
    loss = by_hand.evaluate(*batch, verbose=0)
    assert block.evaluate(TEXTS[:4], tag_ids()[:4], verbose=0) == pytest.approx(loss, rel=1e-5)


def test_a_batch_of_any_size_gives_the_same_tags():
    parts = blocks()
    model = tagger(parts)
    predicted = [
        predict_tags(model, Batches(parts, TEXTS, batch_size=size, shuffle=False), ALPHABET)
        for size in (1, 7, 60)
    ]
    streamed = [*stream_tags(model, Batches(parts, TEXTS, batch_tokens=99), ALPHABET)]
    assert predicted[0] == predicted[1] == predicted[2] == streamed


def test_the_mask_survives_an_input_without_one():
    """Keras' own layer takes an input without a mask as all True: the explicit mask has to do."""
    words, _ = blocks()
    others = keras.Input((None, 1))
    x = keras.layers.Concatenate()([words.outputs, others])
    # What comes last is read first: padding that is not masked would change every state.
    state = keras.layers.LSTM(5, go_backwards=True)(x, mask=words.mask)
    chain = CRF(3)(keras.layers.Dense(3)(x), mask=words.mask)
    model = keras.Model([words.inputs, others], [chain, state])
    ids = words.preprocess_texts(TEXTS[:5])
    rows = np.random.default_rng(0).normal(size=(5, ids.shape[1] + 9, 1)).astype("float32")
    chain, state = model.predict([ids, rows[:, : ids.shape[1]]], verbose=0)
    more_chain, more_state = model.predict([np.pad(ids, [(0, 0), (0, 9)]), rows], verbose=0)
    np.testing.assert_allclose(state, more_state, rtol=1e-5, atol=1e-6)
    crf = CRF(3)
    (tags, _), (more_tags, _) = crf.decode(chain), crf.decode(more_chain)
    lengths = crf.lengths(chain)
    assert lengths.tolist() == crf.lengths(more_chain).tolist() == [len(t) for t in TEXTS[:5]]
    for one, other, length in zip(tags, more_tags, lengths, strict=True):
        np.testing.assert_array_equal(one[:length], other[:length])


def test_the_implicit_mask_survives_our_concatenation():
    words, _ = blocks()
    joined = MaskedConcatenate()([words.outputs, keras.Input((None, 1))])
    model = keras.Model(words.inputs, [joined._keras_mask, words.mask])
    one, other = model.predict(words.preprocess_texts(TEXTS[:5]), verbose=0)
    np.testing.assert_array_equal(one, other)
    assert not one.all()


def test_no_texts_give_no_tags():
    parts = blocks()
    assert predict_tags(tagger(parts), Batches(parts, []), ALPHABET) == []


def test_an_empty_text_has_no_tags():
    parts = blocks()
    texts = [["Oslo"], []]
    predicted = predict_tags(tagger(parts), Batches(parts, texts, shuffle=False), ALPHABET)
    assert [len(tags) for tags in predicted] == [1, 0]


def without_a_mask(block):
    scores = keras.layers.Dense(len(ALPHABET))(block.outputs)
    return keras.Model(block.inputs, CRF(len(ALPHABET))(keras.ops.stop_gradient(scores)))


@pytest.mark.parametrize("maxlen", [None, 4])
@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([["Oslo", "is"], ["Oslo"], []], "got [24] for text [01]"),
        ([[], []], "got [14] for text 0, which has 0"),
    ],
)
def test_a_crf_without_a_mask_is_refused_where_it_tags_padding(texts, message, maxlen):
    block = TrainableWordEmbeddingSequence(None, 4, sequence_maxlen=maxlen).build(TEXTS)
    batches = Batches(block, texts, shuffle=False)
    for predict in (predict_tags, lambda *args: [*stream_tags(*args)]):
        with pytest.raises(ValueError, match=f"{message}.*mask=block.mask"):
            predict(without_a_mask(block), batches, ALPHABET)


def test_a_crf_without_a_mask_tags_texts_without_padding():
    block = TrainableWordEmbeddingSequence(None, 4, sequence_maxlen=None).build(TEXTS)
    texts = [["Oslo", "is"], ["Ada", "slept"]]
    predicted = predict_tags(without_a_mask(block), Batches(block, texts), ALPHABET)
    assert [len(tags) for tags in predicted] == [2, 2]


def test_texts_that_are_cut_are_told_once():
    strings = ["in Oslo", "Ada slept well", "it was so", "so it was"]
    characters = CharPerWordEmbeddingSequence("whitespace", 4, word_maxlen=2)
    block = RNNDigest(characters, 4, "gru").build(strings)
    batches = Batches(block, strings)
    told = "expected a tag for each token, got 2 for the 3 tokens of text 1, the first of"
    for predict in (predict_tags, lambda *args: [*stream_tags(*args)]):
        with pytest.warns(UserWarning, match=told) as warnings:
            found = predict(without_a_mask(block), batches, [*ALPHABET.tags])
        assert [len(tags) for tags in found] == [2] * 4 and len(warnings) == 1
    with pytest.raises(TypeError, match="expected a TagAlphabet, or a list of its tags"):
        predict_tags(without_a_mask(block), batches, {"O"})


def test_another_alphabet_is_refused():
    parts = blocks()
    with pytest.raises(ValueError, match=r"the model knows \d+ tags and the alphabet 1"):
        predict_tags(tagger(parts), Batches(parts, TEXTS), TagAlphabet(["O"]))


def test_a_model_without_a_crf_is_refused():
    parts = blocks()
    model = keras.Model(parts[0].inputs, keras.layers.Dense(3)(parts[0].outputs))
    with pytest.raises(ValueError, match="whose only output is that of a CRF layer"):
        predict_tags(model, Batches(parts[0], TEXTS), ALPHABET)


def test_constraints_are_obeyed():
    words, _ = blocks()
    potentials = keras.layers.Dense(len(ALPHABET), kernel_initializer="random_normal")(
        words.outputs
    )
    crf = CRF(len(ALPHABET), constraints=ALPHABET.allowed_transitions("IOB2"))
    model = keras.Model(words.inputs, crf(potentials, mask=words.mask))
    for tags in predict_tags(model, Batches(words, TEXTS), ALPHABET):
        assert convert_tags(tags, "IOB2", "IOB2") == tags


def test_tags_are_predicted_for_a_stream_as_for_lists():
    model = BiGRU_CRF_Model(hyper_parameters={"layer_bgru": {"units": 4}})
    texts = [["Ada", "wrote"], ["Ada"], [], ["it", "wrote", "Ada", "it"]] * 3
    model.build_model(texts[:2], [["B-PER", "O"], ["B-PER"]])
    read = []

    def source():
        for text in texts:
            read.append(text)
            yield text

    for at_once in (1, 5, 4096):
        assert list(model.predict_stream(source(), texts_at_once=at_once)) == model.predict(texts)
    entities = model.predict_stream(texts, predict=model.predict_entities)
    assert [len(e) for e in entities] == [len(e) for e in model.predict_entities(texts)]
    read.clear()
    stream = model.predict_stream(source(), texts_at_once=2)
    assert read == []
    next(stream)
    assert read == texts[:2]
    with pytest.raises(TypeError, match="expected texts one after the other, got 'Ada'"):
        model.predict_stream("Ada")
    with pytest.raises(ValueError, match="not built"):
        BiGRU_CRF_Model().predict_stream(texts)
