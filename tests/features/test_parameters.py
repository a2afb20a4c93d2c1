"""Blocks as scikit-learn sees them: parameters, unfitted copies, steps of pipelines."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from gensim.test.utils import datapath
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.utils import estimator_checks
from sklearn.utils.validation import check_is_fitted

from nlp_builder.features import (
    CharEmbeddingSequence,
    CharPerWordEmbeddingSequence,
    FasttextEmbeddingSequence,
    Feature,
    KerasWrapper,
    MappingEmbedding,
    PerChunkSequencer,
    PreTrainedWordEmbeddingSequence,
    RNNDigest,
    TrainableWordEmbeddingSequence,
)
from nlp_builder.features.tree import parts_first
from nlp_builder.text import WordVectors

TEXTS = ["good day", "bad night", "a good night", "bad bad day", "good", "a bad one"]
LABELS = ["yes", "no", "yes", "no", "yes", "no"]


def vectors() -> WordVectors:
    matrix = np.random.default_rng(1).normal(size=(4, 3)).astype("float32")
    return WordVectors(["good", "bad", "day", "night"], matrix)


def words(maxlen: int = 4) -> PreTrainedWordEmbeddingSequence:
    return PreTrainedWordEmbeddingSequence(vectors(), "whitespace", sequence_maxlen=maxlen)


def letters(maxlen: int = 12) -> CharEmbeddingSequence:
    return CharEmbeddingSequence(3, sequence_maxlen=maxlen, min_freq_percentile=0)


def model(dimension: int = 3) -> keras.Sequential:
    gru = keras.layers.GRU(2, kernel_initializer=keras.initializers.GlorotUniform(4))
    return keras.Sequential([keras.Input((None, dimension)), gru, keras.layers.Dense(1)])


def spelling() -> CharPerWordEmbeddingSequence:
    return CharPerWordEmbeddingSequence("whitespace", 3, word_maxlen=4, char_maxlen=5)


def two_texts() -> KerasWrapper:
    shared = RNNDigest(letters(), 3, "gru")
    layers = [keras.Input((6,)), keras.layers.Dense(1)]
    return KerasWrapper([("first", [shared]), ("second", [shared])], keras.Sequential(layers))


def deep() -> KerasWrapper:
    inner = KerasWrapper([words(), RNNDigest(spelling(), 2, "lstm")], model(5))
    return KerasWrapper(inner, keras.Sequential([keras.Input((1,)), keras.layers.Dense(2)]))


BLOCKS = {
    "words": words,
    "letters": letters,
    "spelling": spelling,
    "trainable": lambda: TrainableWordEmbeddingSequence("whitespace", 3, vectors(), 4),
    "mapping": lambda: MappingEmbedding(vectors()),
    "chunks": lambda: PerChunkSequencer(letters(), str.split, 3),
    "digest": lambda: RNNDigest(words(), 2, "gru", dropout=0.5),
    "model": lambda: KerasWrapper(words(), model(), random_seed=3),
    "two texts": two_texts,
    "deep": deep,
}


def corpus_of(block: Feature) -> object:
    names = block.text_names
    return TEXTS if names is None else dict.fromkeys(names, TEXTS)


def plain_params(block: Feature) -> dict[str, object]:
    """The parameters that can be compared."""
    params = block.get_params().items()
    return {name: value for name, value in params if isinstance(value, str | int | float)}


def outputs_of(block: Feature) -> np.ndarray:
    return block(block.preprocess_texts(corpus_of(block)))


@pytest.mark.parametrize("make", BLOCKS.values(), ids=BLOCKS)
def test_a_clone_has_the_arguments_of_the_block_and_no_block_of_it(make):
    block = make()
    copied = clone(block)
    assert type(copied) is type(block)
    assert plain_params(copied) == plain_params(block)
    assert copied.outputs_shape == block.outputs_shape
    assert not {*parts_first(copied)} & {*parts_first(block)}


@pytest.mark.parametrize("make", BLOCKS.values(), ids=BLOCKS)
def test_a_clone_of_what_is_built_has_to_be_built_and_then_gives_the_same(make):
    block = make()
    block.build(corpus_of(block))
    copied = clone(block)
    assert copied.weights_amount is None
    with pytest.raises(NotFittedError):
        check_is_fitted(copied)
    copied.build(corpus_of(block))
    check_is_fitted(copied)
    np.testing.assert_array_equal(outputs_of(copied), outputs_of(block))


def test_a_shared_block_is_shared_in_the_clone():
    first, second = clone(two_texts()).reads
    assert first.block is second.block


def test_a_keras_model_that_two_blocks_wrap_is_one_in_the_clone():
    joint = model()
    branches = [KerasWrapper(words(), joint), KerasWrapper(words(), joint)]
    top = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    first, second = clone(KerasWrapper(branches, top)).blocks
    assert first.wrapped_model is second.wrapped_model
    assert first.wrapped_model is not joint


def test_models_are_cloned_with_the_weights_that_they_came_with():
    given = model()
    before = [weight.copy() for weight in given.get_weights()]
    block = KerasWrapper(letters(), given).build(TEXTS)
    block.compile("adam", "mse")
    block.fit(TEXTS, np.arange(len(TEXTS)), epochs=2, verbose=0)
    copied = clone(block)
    assert any(np.any(a != b) for a, b in zip(given.get_weights(), before, strict=True))
    for weight, expected in zip(copied.wrapped_model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_clones_of_frozen_blocks_are_frozen_and_can_be_thawed():
    built = two_texts().build({"first": TEXTS, "second": TEXTS})
    for block in (two_texts().freeze(), built.freeze()):
        copied = clone(block).build({"first": TEXTS, "second": TEXTS})
        assert copied.trainable_weights_amount == 0
        assert copied.unfreeze().trainable_weights_amount == copied.weights_amount


def from_file(path: Path) -> list[Feature]:
    model = path.with_name("subwords.bin")
    path.write_text("good 1 2\nbad 3 4\n", encoding="utf-8")
    model.write_bytes(Path(datapath("crime-and-punishment.bin")).read_bytes())
    blocks = [
        MappingEmbedding(path),
        PreTrainedWordEmbeddingSequence(path, "whitespace", sequence_maxlen=4),
        TrainableWordEmbeddingSequence("whitespace", 2, path, sequence_maxlen=4),
        FasttextEmbeddingSequence("whitespace", model, sequence_maxlen=4),
    ]
    path.unlink()
    model.unlink()
    return blocks


@pytest.mark.parametrize("number", range(4), ids=["mapping", "given", "trainable", "fasttext"])
def test_files_of_vectors_are_read_once(number, tmp_path):
    block = from_file(tmp_path / "vectors.txt")[number]
    copied = clone(block)
    assert copied.get_params() == block.get_params()
    if "sequence_maxlen" in copied.get_params():
        copied.set_params(sequence_maxlen=2)
        assert copied.outputs_shape.shape[0] == 2
    assert copied.build(TEXTS).transform(["good"]).any()


def test_vectors_are_shared_by_blocks_that_are_not_built():
    given = vectors()
    assert clone(MappingEmbedding(given)).get_params()["word2vec_src"].matrix is given.matrix


def test_parameters_are_named_by_the_way_to_their_block():
    names = set(deep().get_params())
    assert {"inputs__inputs__0__sequence_maxlen", "inputs__inputs__1__rnn_type"} <= names
    assert "inputs__inputs__1__inputs__word_maxlen" in names
    assert "inputs__first__0__inputs__sequence_maxlen" in two_texts().get_params()
    assert set(deep().get_params(deep=False)) == {"inputs", "wrapped_model", "random_seed"}


def test_nested_parameters_are_set_and_shapes_follow():
    block = RNNDigest(spelling(), 2, "gru")
    assert block.set_params(inputs__word_maxlen=7, units_per_layer=4) is block
    assert (block.inputs_shape.shape, block.outputs_shape.shape) == ((7, 5), (7, 4))
    assert block.set_params(dropout=0.5).get_params()["dropout"] == 0.5


def test_all_readers_of_a_shared_block_follow_it():
    shared = spelling()
    digests = [RNNDigest(shared, 2, "gru"), RNNDigest(shared, 3, "gru")]
    block = RNNDigest(digests, 4, "gru", return_sequences=True)
    block.set_params(inputs__0__inputs__word_maxlen=7)
    assert [part.outputs_shape.shape for part in block.blocks] == [(7, 2), (7, 3)]
    assert block.outputs_shape.shape == (7, 4)


def test_blocks_are_replaced_and_then_changed():
    block = RNNDigest([words(), words()], 2, "gru")
    block.set_params(inputs__1=spelled(9), inputs__0__sequence_maxlen=9)
    assert block.inputs_shape[1].shape == (9, 5)
    block.set_params(inputs=words(), inputs__sequence_maxlen=3)
    assert block.inputs_shape.shape == (3,)
    texts = two_texts()
    texts.set_params(inputs__first__0__inputs__sequence_maxlen=5)
    assert [shape.shape for shape in texts.inputs_shape] == [(5,), (5,)]


def spelled(word_maxlen: int) -> RNNDigest:
    return RNNDigest(spelling().set_params(word_maxlen=word_maxlen), 2, "gru")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"units": 3}, TypeError, "units"),
        ({"inputs__units": 3}, ValueError, r"has no \['units'\], expected some of \['word2vec"),
        ({"rnn_type__x": 3}, ValueError, r"'gru', which has none: no \['rnn_type__x'\]"),
        ({"inputs__sequence_maxlen": 9, "units_per_layer": 0}, ValueError, "units_per_layer"),
        ({"inputs__sequence_maxlen": 9, "inputs": 3}, ValueError, "got 3, which has none"),
        ({"inputs": 3}, TypeError, "expects a block"),
    ],
)
def test_a_refused_value_changes_nothing(change, error, message):
    block = RNNDigest(words(), 2, "gru").freeze()
    before = block.get_params()
    with pytest.raises(error, match=message):
        block.set_params(**change)
    assert block.get_params() == before
    assert block.build(TEXTS).trainable_weights_amount == 0


def test_what_is_built_is_not_changed():
    block = RNNDigest(words().build(TEXTS), 2, "gru")
    assert block.set_params(units_per_layer=3).outputs_shape.shape == (3,)
    with pytest.raises(ValueError, match=r"is built, and keeps what it learnt.*clone\(block\)"):
        block.set_params(inputs__sequence_maxlen=5)
    assert block.build(TEXTS).set_params() is block


CHECKS = [
    estimator_checks.check_estimator_cloneable,
    estimator_checks.check_estimator_repr,
    estimator_checks.check_estimator_tags_renamed,
    estimator_checks.check_get_params_invariance,
    estimator_checks.check_mixin_order,
    estimator_checks.check_parameters_default_constructible,
    estimator_checks.check_set_params,
    estimator_checks.check_valid_tag_types,
]


# Values out of range are refused at once, which scikit-learn would rather have at `fit`.
@pytest.mark.filterwarnings("ignore:(Type|Value)Error occurred during set_params:UserWarning")
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("kind", ["words", "trainable", "letters", "mapping", "chunks", "digest"])
def test_scikit_learns_own_checks(kind, check):
    assert check(kind, BLOCKS[kind]()) is None  # or it raises


@pytest.mark.parametrize("kind", ["mapping", "digest", "model"])
def test_a_block_is_a_step_of_a_pipeline(kind):
    pipeline = make_pipeline(clone(BLOCKS[kind]()), LogisticRegression())
    with pytest.raises(NotFittedError):
        pipeline.predict(TEXTS)
    assert pipeline.fit(TEXTS, LABELS).predict(["good"]).shape == (1,)
    assert type(pipeline[0]).__name__ in repr(pipeline)
    assert "LogisticRegression" in pipeline._repr_html_()


def test_a_pipeline_tells_good_from_bad():
    pipeline = make_pipeline(MappingEmbedding(vectors()), LogisticRegression(C=100))
    keys = ["good", "bad"]
    assert pipeline.fit(keys, [1, 0]).predict(keys).tolist() == [1, 0]


def test_blocks_stand_side_by_side_in_a_union():
    union = FeatureUnion([("a", RNNDigest(words(), 3, "gru")), ("b", MappingEmbedding(vectors()))])
    assert union.fit_transform(TEXTS).shape == (6, 6)
    assert union.transform(TEXTS[:2]).shape == (2, 6)


def test_a_grid_is_searched_over_a_block():
    pipeline = make_pipeline(RNNDigest(words(), 3, "gru"), LogisticRegression())
    grid = {"rnndigest__inputs__sequence_maxlen": [1, 4]}
    search = GridSearchCV(pipeline, grid, cv=2).fit(TEXTS, LABELS)
    assert search.cv_results_["params"] == [{name: value} for name in grid for value in (1, 4)]
    assert search.predict(TEXTS).shape == (6,)
    assert pipeline[0].weights_amount is None
