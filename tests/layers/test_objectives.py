import keras
import numpy as np
import pytest

from nlp_builder.layers import CRF, CRFLoss, TagAccuracy, lengths

from .backend import array
from .reference import random_chain


def chain_and_truth(seed=1):
    truth = random_chain(seed)
    crf = CRF(4, transitions_initializer=keras.initializers.RandomNormal(seed=1))
    return crf, array(crf(truth.potentials, mask=truth.mask)), truth


def test_the_accuracy_is_that_of_the_most_probable_tags_without_padding():
    crf, chain, truth = chain_and_truth()
    correct = (crf.marginals(chain).argmax(axis=-1) == truth.tags)[truth.mask]
    metric = TagAccuracy()
    for text in range(7):
        metric.update_state(truth.tags[[text]], chain[[text]])
    assert float(metric.result()) == pytest.approx(correct.mean())
    metric.reset_state()
    assert float(metric.result()) == 0


def test_the_accuracy_weighs_texts():
    crf, chain, truth = chain_and_truth()
    weights = np.array([0, 0, 0, 3, 0, 0, 0])
    metric = TagAccuracy()
    metric.update_state(truth.tags, chain, sample_weight=weights)
    correct = (crf.marginals(chain).argmax(axis=-1) == truth.tags)[3][truth.mask[3]]
    assert float(metric.result()) == pytest.approx(correct.mean())


def test_evaluate_shows_true_loss_and_accuracy_after_training_and_loading(tmp_path):
    _, _, truth = chain_and_truth(2)
    inputs = keras.Input((None, 4)), keras.Input((None,), dtype="bool")
    crf = CRF(4, name="crf")
    model = keras.Model(inputs, crf(keras.layers.Dense(4)(inputs[0]), mask=inputs[1]))
    model.compile("adam", CRFLoss(), weighted_metrics=[TagAccuracy()])
    data = (truth.potentials, truth.mask), truth.tags
    history = model.fit(*data, epochs=2, validation_data=data, verbose=0).history
    chain = model.predict(data[0], verbose=0)
    correct = (crf.marginals(chain).argmax(axis=-1) == truth.tags)[truth.mask].mean()
    true = {"loss": -crf.log_likelihood(chain, truth.tags).mean(), "tag_accuracy": correct}
    model.save(tmp_path / "model.keras")
    for each in (model, keras.saving.load_model(tmp_path / "model.keras")):
        shown = each.evaluate(*data, return_dict=True, verbose=0)
        assert shown == pytest.approx(true, rel=1e-5)
    assert history["val_loss"][-1] == pytest.approx(true["loss"], rel=1e-5)


def test_tags_of_another_length_are_named():
    _, chain, truth = chain_and_truth()
    with pytest.raises(ValueError, match=r"\(batch, words\) = \(7, 6\).*got \(7, 5\)"):
        CRFLoss()(truth.tags[:, :5], chain)


def test_lengths_count_words():
    _, chain, truth = chain_and_truth()
    np.testing.assert_array_equal(lengths(chain), truth.lengths)


@pytest.mark.parametrize("wrong", [-1, 3, 99])
def test_a_tag_that_is_none_is_refused_or_shows_as_nan(wrong):
    crf = CRF(3)
    chain = keras.ops.convert_to_numpy(crf(np.zeros((2, 4, 3), "float32")))
    tags = np.zeros((2, 4), "int32")
    tags[1, 2] = wrong
    with pytest.raises(
        ValueError, match="Expected tags from 0 to 2 at words, got others in text 1"
    ):
        crf.log_likelihood(chain, tags)
    values = keras.ops.convert_to_numpy(crf.log_likelihood(keras.ops.array(chain), tags))
    assert np.isfinite(values[0])
    assert np.isnan(values[1])


def test_targets_and_weights_of_other_shapes_are_refused():
    chain = CRF(3)(np.zeros((2, 4, 3), "float32"))
    with pytest.raises(ValueError, match="Tags are ids, not one-hot vectors"):
        CRFLoss()(np.zeros((2, 4, 3)), chain)
    with pytest.raises(ValueError, match=r"Expected sample_weight of shape \(batch,\)"):
        CRFLoss()(np.zeros((2, 4)), chain, sample_weight=np.ones((2, 4)))
