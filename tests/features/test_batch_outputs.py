import threading

import keras
import numpy as np
import pytest

from nlp_builder.features.batch_outputs import BatchOutputs
from nlp_builder.layers import MaskedEmbedding

SIZES = [(2, 3), (1, 7), (4, 1), (3, 5), (1, 1), (2, 9), (5, 2)]


class Counted(keras.layers.Layer):
    """Counts how often it is called, and not merely run in a graph that is there."""

    times = 0

    def call(self, inputs):
        self.times += 1
        return inputs

    def compute_output_spec(self, inputs):
        return keras.KerasTensor(inputs.shape, inputs.dtype)


def model():
    ids, rows = keras.Input((None,), dtype="int32"), keras.Input((None, 2), dtype="float32")
    words = MaskedEmbedding(9, 2, random_seed=1)(ids)
    sums = keras.layers.GRU(3)(Counted(name="counted")(words + rows))
    return keras.Model([ids, rows], {"sums": sums, "words": words})


def batch(size):
    random = np.random.default_rng(0)
    return [random.integers(0, 9, size), random.standard_normal((*size, 2))]


@pytest.mark.parametrize("compiled", [{}, {"run_eagerly": True}, {"jit_compile": False}])
def test_outputs_are_those_of_keras(compiled):
    graph = model()
    if compiled:
        graph.compile(**compiled)
    outputs = BatchOutputs(graph)
    for size in SIZES:
        found, expected = outputs(batch(size)), graph.predict_on_batch(batch(size))
        assert {*found} == {"sums", "words"}
        for name in expected:
            np.testing.assert_allclose(found[name], expected[name], atol=1e-6)


def test_weights_that_change_change_the_outputs():
    graph = model()
    outputs = BatchOutputs(graph)
    assert outputs(batch((2, 3)))["sums"].any()
    graph.set_weights([weight * 0 for weight in graph.get_weights()])
    assert not outputs(batch((2, 3)))["sums"].any()


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="only TensorFlow traces")
def test_one_trace_does_for_all_sizes_and_threads():
    graph = model()
    outputs = BatchOutputs(graph)
    graph.get_layer("counted").times = 0
    threads = [threading.Thread(target=outputs, args=(batch(size),)) for size in SIZES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert graph.get_layer("counted").times == 1


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_one_input_alone_is_no_list(run_eagerly):
    rows = keras.Input((None, 2))
    graph = keras.Model(rows, keras.layers.Dense(3)(rows))
    graph.compile(run_eagerly=run_eagerly)
    assert BatchOutputs(graph)([np.ones((2, 5, 2))]).shape == (2, 5, 3)  # and without a warning
