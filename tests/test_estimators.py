"""Estimators of scikit-learn that read texts."""

from __future__ import annotations

import re

import keras
import numpy as np
import pandas
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import estimator_checks

from nlp_builder import (
    CharEmbeddingSequence,
    KerasWrapper,
    PreTrainedWordEmbeddingSequence,
    RNNDigest,
    TextClassifier,
    TextRegressor,
    load,
)
from nlp_builder.features.checks import TRAIN_ANEW
from nlp_builder.text import WordVectors

NOUNS = ["day", "night", "sun", "moon", "sea"]
TEXTS = [f"{word} {noun}" for noun in NOUNS for word in ("good", "bad", "so so")]
LABELS = ["yes", "no", "perhaps"] * 5
SCORES = [1.0, -1.0, 0.0] * 5


def words() -> PreTrainedWordEmbeddingSequence:
    known = ["good", "bad", "so", *NOUNS]
    vectors = WordVectors(known, np.eye(8, dtype="float32"))
    return PreTrainedWordEmbeddingSequence(vectors, "whitespace", sequence_maxlen=4)


def mean_model(outputs: int, activation: str | None, dimension: int = 8) -> keras.Sequential:
    kernel = keras.initializers.GlorotUniform(1)
    dense = keras.layers.Dense(outputs, activation, kernel_initializer=kernel)
    pooling = keras.layers.GlobalAveragePooling1D()
    return keras.Sequential([keras.Input((None, dimension)), pooling, dense])


def classifier(outputs: int = 3, activation: str | None = "softmax", **kwargs) -> TextClassifier:
    wrapper = KerasWrapper(words(), mean_model(outputs, activation))
    settings = {"optimizer": keras.optimizers.Adam(0.2), "epochs": 8, **kwargs}
    return TextClassifier(wrapper, **settings)


def regressor(outputs: int = 1, **kwargs) -> TextRegressor:
    wrapper = KerasWrapper(words(), mean_model(outputs, None))
    settings = {"optimizer": keras.optimizers.Adam(0.2), "epochs": 20, **kwargs}
    return TextRegressor(wrapper, **settings)


def two_texts() -> KerasWrapper:
    shared = KerasWrapper(words(), mean_model(4, "tanh"))
    layers = [keras.Input((8,)), keras.layers.Dense(1, "sigmoid")]
    return KerasWrapper([("first", [shared]), ("second", [shared])], keras.Sequential(layers))


@pytest.mark.parametrize("collection", [list, np.array, pandas.Series], ids=lambda c: c.__name__)
def test_a_classifier_learns_labels_that_are_strings(collection):
    fitted = classifier().fit(collection(TEXTS), collection(LABELS))
    assert fitted.classes_.tolist() == ["no", "perhaps", "yes"]
    assert (fitted.n_outputs_, len(fitted.history_["loss"])) == (3, 8)
    assert fitted.predict(["a good thing", "bad luck", "so"]).tolist() == ["yes", "no", "perhaps"]
    assert fitted.score(TEXTS, LABELS) == 1
    probabilities = fitted.predict_proba(collection(TEXTS))
    assert (probabilities.shape, probabilities.dtype) == ((15, 3), "float32")
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


def test_one_output_serves_two_classes_of_any_numbers():
    texts = [text for text in TEXTS if "so" not in text]
    labels = pandas.Series([7, -2] * 5, index=range(90, 100))
    fitted = classifier(1, "sigmoid", metrics=["accuracy"]).fit(texts, labels)
    assert fitted.classes_.tolist() == [-2, 7]
    assert fitted.history_["accuracy"][-1] == 1
    probabilities = fitted.predict_proba(["good", "bad"])
    assert probabilities[0, 1] > 0.5 > probabilities[1, 1]
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    assert fitted.predict(["good", "bad"]).tolist() == [7, -2]
    assert fitted.predict_proba([]).shape == (0, 2)


def test_losses_of_one_hot_targets_get_them():
    for loss in ("categorical_crossentropy", keras.losses.CategoricalCrossentropy()):
        assert classifier(loss=loss).fit(TEXTS, LABELS).score(TEXTS, LABELS) == 1


def test_a_regressor_learns_numbers():
    fitted = regressor().fit(TEXTS, SCORES)
    assert fitted.score(TEXTS, SCORES) > 0.9
    assert fitted.predict(TEXTS[:2]).shape == (2,)
    both = np.stack([SCORES, np.ones(15)], axis=1)
    fitted = regressor(2).fit(TEXTS, both)
    assert fitted.n_outputs_ == 2
    np.testing.assert_allclose(fitted.predict(TEXTS), both, atol=0.5)


def test_each_fit_begins_with_the_same_weights():
    given = RNNDigest(CharEmbeddingSequence(3, sequence_maxlen=9), 2, "gru", activation="sigmoid")
    digest = TextClassifier(
        KerasWrapper(
            given, keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, "softmax")])
        ),
        epochs=2,
        batch_size=4,
    )
    first = digest.fit(TEXTS, LABELS).predict_proba(TEXTS)
    np.testing.assert_array_equal(digest.fit(TEXTS, LABELS).predict_proba(TEXTS), first)
    np.testing.assert_array_equal(clone(digest).fit(TEXTS, LABELS).predict_proba(TEXTS), first)
    assert digest.wrapper.weights_amount is None


def test_what_the_user_gave_is_not_changed():
    optimizer, stop = keras.optimizers.Adam(0.1), keras.callbacks.EarlyStopping("loss", patience=0)
    metric = keras.metrics.SparseCategoricalAccuracy()
    fitted = classifier(optimizer=optimizer, callbacks=[stop], metrics=[metric], epochs=2)
    fitted.fit(TEXTS, LABELS)
    assert not optimizer.built
    assert stop.stopped_epoch == 0
    assert stop.best is None
    assert fitted.callbacks_[0].best is not None
    assert metric.count == 0
    assert clone(fitted).fit(TEXTS, LABELS).history_ == fitted.history_


def test_weights_of_labels_are_weights_of_their_texts():
    texts, labels = ["good"] * 3 + ["bad"], ["no", "no", "yes", "yes"]

    def chances(weights: object, class_weight: object) -> list[float]:
        weighted = classifier(1, "sigmoid", class_weight=class_weight, epochs=2)
        return weighted.fit(texts, labels, weights).predict_proba(["good", "bad"])[:, 1].tolist()

    plain, heavier = chances(None, None), chances([1, 1, 4, 2], None)
    assert heavier[0] > plain[0]
    assert chances([1, 1, 2, 1], {"yes": 2, "no": 1}) == pytest.approx(heavier, rel=1e-5)
    labels = ["no"] * 3 + ["yes"]
    alike = chances([4 / 6, 4 / 6, 4 / 6, 4 / 2], None)
    assert chances(None, "balanced") == pytest.approx(alike, rel=1e-5)


def test_the_last_texts_validate():
    fitted = classifier(validation_split=0.2, epochs=1, workers=2).fit(TEXTS, LABELS)
    assert set(fitted.history_) == {"loss", "val_loss"}


def test_two_texts_come_in_a_table_or_a_dict():
    table = pandas.DataFrame({"second": TEXTS, "first": TEXTS[::-1], "unread": range(15)})
    labels = [text.startswith("good") for text in TEXTS]
    estimator = TextClassifier(two_texts(), epochs=5)
    fitted = clone(estimator).fit(table, labels)
    assert fitted.classes_.tolist() == [False, True]
    columns = {"first": TEXTS[::-1], "second": TEXTS}
    np.testing.assert_array_equal(fitted.predict_proba(columns), fitted.predict_proba(table))
    assert cross_val_score(estimator.set_params(epochs=1), table, labels, cv=2).shape == (2,)


def test_a_fitted_wrapper_is_a_block_that_can_be_saved(tmp_path):
    fitted = classifier(epochs=2).fit(TEXTS, LABELS)
    fitted.wrapper_.save(tmp_path / "wrapper.nlpb")
    again = load(tmp_path / "wrapper.nlpb")
    np.testing.assert_array_equal(again.predict(TEXTS), fitted.predict_proba(TEXTS))


def test_it_is_the_end_of_a_pipeline_and_is_validated_and_searched():
    lower = FunctionTransformer(lambda texts: [text.lower() for text in texts])
    pipeline = make_pipeline(lower, classifier())
    texts = [text.upper() for text in TEXTS]
    found = cross_val_predict(pipeline, texts, LABELS, cv=2, method="predict_proba")
    assert found.shape == (15, 3)
    deep = "textclassifier__wrapper__inputs__sequence_maxlen"
    search = GridSearchCV(pipeline, {deep: [1, 3]}, cv=2).fit(texts, LABELS)
    assert search.best_score_ == 1
    length = search.best_params_[deep]
    assert search.best_estimator_[-1].wrapper_.inputs_shape.shape == (length,)
    assert search.predict(["GOOD NIGHT"]).tolist() == ["yes"]


def three_axes() -> KerasWrapper:
    layers = [keras.Input((None, 8)), keras.layers.Dense(3, "softmax")]
    return KerasWrapper(words(), keras.Sequential(layers))


@pytest.mark.parametrize(
    ("outputs", "activation", "labels", "message"),
    [
        (2, "softmax", LABELS, r"3 classes, \['no', 'perhaps', 'yes'\], and a wrapper with 2 out"),
        (1, "sigmoid", LABELS, r'end its model with Dense\(3, "softmax"\)$'),
        (3, "softmax", ["a", "b", "b"] * 5, r'Dense\(2, "softmax"\) or Dense\(1, "sigmoid"\)'),
        (3, "softmax", ["a"] * 15, r"two classes or more, got 15 texts of \['a'\]"),
        (3, None, LABELS, "expects probabilities, got outputs like"),
        (3, "relu", LABELS, "expects probabilities, got outputs like"),
        (3, "sigmoid", LABELS, "expects probabilities, got outputs like"),
        (3, "softmax", LABELS[:14], "expected a target for each of 15 texts, got 14"),
        (3, "softmax", None, "requires y to be passed"),
        (3, "softmax", np.linspace(0, 1, 15), "Unknown label type: continuous"),
        (3, "softmax", np.ones((15, 2)), "y should be a 1d array"),
    ],
)
def test_what_does_not_fit_is_refused(outputs, activation, labels, message):
    with pytest.raises(ValueError, match=message):
        classifier(outputs, activation).fit(TEXTS, labels)


def test_a_linear_output_that_happens_to_look_like_a_probability_is_refused():
    estimator = classifier(1, None)
    kernel, bias = estimator.wrapper.wrapped_model.get_weights()
    layers = [keras.Input((None, 8)), keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.set_weights([0 * kernel, bias + 0.5])
    estimator.set_params(wrapper__wrapped_model=model)
    with pytest.raises(ValueError, match="expects probabilities"):
        estimator.fit(["good", "bad"], [0, 1])


@pytest.mark.parametrize("labels", [["a", 1, "b"] * 5, ["a", None, "b"] * 5], ids=["mixed", "none"])
def test_labels_are_all_strings_or_all_numbers(labels):
    with pytest.raises(TypeError, match="labels that are all strings or all numbers, got"):
        classifier().fit(TEXTS, labels)


def test_wrappers_that_cannot_classify_are_refused():
    with pytest.raises(ValueError, match="one output of one axis, got <KerasWrapper"):
        TextClassifier(three_axes()).fit(TEXTS, LABELS)
    for wrong in (words(), mean_model(3, "softmax")):
        with pytest.raises(TypeError, match="expects a KerasWrapper or an RNNDigest, got"):
            TextClassifier(wrong).fit(TEXTS, LABELS)


def test_weights_that_do_not_fit_are_refused():
    for weighted in (classifier(), classifier(class_weight="balanced")):
        with pytest.raises(ValueError, match=r"sample weight for each of 15 .*, got 2"):
            weighted.fit(TEXTS, LABELS, [1, 2])
    with pytest.raises(ValueError, match="are not in class_weight"):
        classifier(class_weight={0: 1, 1: 2}).fit(TEXTS, LABELS)


def test_targets_of_a_regressor_are_as_many_as_its_outputs():
    with pytest.raises(ValueError, match=r"shape \(15, 2\) and a wrapper with 1 .*Dense\(2\)"):
        regressor().fit(TEXTS, np.ones((15, 2)))
    with pytest.raises(ValueError, match="contains NaN"):
        regressor().fit(TEXTS, [float("nan"), *SCORES[1:]])


def test_training_that_goes_astray_is_told():
    wild = regressor(optimizer=keras.optimizers.SGD(1e20), epochs=3)
    with pytest.warns(UserWarning, match="the loss is not a number since epoch 2"):
        wild.fit(TEXTS, SCORES)
    with pytest.raises(ValueError, match=rf"expected finite outputs.*{re.escape(TRAIN_ANEW)}$"):
        wild.predict(TEXTS)


def test_nothing_is_predicted_before_a_fit():
    for estimator in (classifier(), regressor()):
        with pytest.raises(NotFittedError):
            estimator.predict(TEXTS)


CHECKS = [
    estimator_checks.check_do_not_raise_errors_in_init_or_set_params,
    estimator_checks.check_estimator_cloneable,
    estimator_checks.check_estimator_repr,
    estimator_checks.check_estimator_tags_renamed,
    estimator_checks.check_estimators_unfitted,
    estimator_checks.check_get_params_invariance,
    estimator_checks.check_mixin_order,
    estimator_checks.check_no_attributes_set_in_init,
    estimator_checks.check_parameters_default_constructible,
    estimator_checks.check_requires_y_none,
    estimator_checks.check_set_params,
    estimator_checks.check_valid_tag_types,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("make", [classifier, regressor])
def test_scikit_learns_own_checks(make, check):
    assert check(make.__name__, make()) is None  # or it raises
