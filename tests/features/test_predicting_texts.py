"""Predicting from texts: order, batches, streams, what is computed and what is shown."""

import keras
import numpy as np
import pytest
from keras import layers

from nlp_builder.features import KerasWrapper
from tests.features.classifiers import LABELS, TEXTS, characters, classifier, generator, two_outputs


@pytest.mark.parametrize("size", [1, 3, 7, 20, 256])
def test_predictions_do_not_depend_on_the_batch(size):
    wrapper = classifier()
    outputs = wrapper.predict(TEXTS, inference_batch=size)
    assert outputs.dtype == np.float32
    np.testing.assert_allclose(outputs, wrapper.predict(TEXTS), atol=1e-6)


def test_prediction_computes_no_more_texts_than_there_are():
    sizes = []

    @keras.saving.register_keras_serializable("test_training")
    class Counting(layers.Layer):
        def call(self, inputs):
            sizes.append(inputs.shape[0])
            return inputs

    model = keras.Sequential([keras.Input((6, 4)), Counting(), layers.Flatten()])
    wrapper = KerasWrapper(characters(), model).build(TEXTS)
    wrapper._graph.run_eagerly = True
    sizes.clear()
    wrapper.predict(TEXTS, inference_batch=8)
    assert sizes == [8, 8, 4]


def test_no_texts_give_no_outputs():
    assert classifier().predict([]).shape == (0, 1)
    assert [output.shape for output in two_outputs().predict([])] == [(0, 1), (0, 2)]


def test_predictions_are_float32_in_mixed_precision_and_batches_of_any_number():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        wrapper = classifier()
    finally:
        keras.config.set_dtype_policy("float32")
    assert wrapper.predict(TEXTS, inference_batch=3).dtype == np.float32
    wrapper.fit(TEXTS, LABELS, verbose=0)


def test_texts_of_any_length_are_predicted_in_their_order():
    model = keras.Sequential([keras.Input((None, 4)), layers.GRU(3, return_sequences=True)])
    wrapper = KerasWrapper(characters(None), model).build(TEXTS)
    texts = ["good", "a very good day", "no", "", "bad 3"]
    outputs = wrapper.predict(texts, inference_batch=2)
    assert outputs.shape == (5, 15, 3)
    for text, output in zip(texts, outputs, strict=True):
        alone = wrapper.predict([text])[0]
        np.testing.assert_allclose(output[: len(text)], alone[: len(text)], atol=1e-6)


def test_a_generator_that_ends_early_warns_once():
    with pytest.warns(UserWarning, match="expected 9 batches to predict, and the generator gave 5"):
        outputs = classifier().predict(generator(targets=False), steps=9)
    assert len(outputs) == 20


def test_a_progress_bar_is_shown_when_it_is_asked_for(capsys):
    wrapper = classifier()
    wrapper.predict(TEXTS)
    assert capsys.readouterr().out == ""
    wrapper.predict(TEXTS, inference_batch=5, verbose=1)
    assert "4/4" in capsys.readouterr().out
