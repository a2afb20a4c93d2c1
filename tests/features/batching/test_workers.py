"""Workers of Keras, on each backend: what they make ahead is trained on once, and in its order."""

import keras
import numpy as np
import pytest

from nlp_builder import Batches
from tests.features.batching.letters import Letters, embedded

TEXTS = ["abcdefghij"[: 1 + n % 10] for n in range(200)]


def trained(workers: int, batch_size: int) -> tuple[list[np.ndarray], list[int]]:
    """The weights after two epochs, and the number of each; steps are so large that order shows."""
    keras.utils.set_random_seed(0)
    ids = keras.Input((None,), dtype="int32")
    mean = keras.layers.GlobalAveragePooling1D()(embedded(ids))
    model = keras.Model(ids, keras.layers.Dense(1)(mean))
    model.compile(keras.optimizers.Adam(0.1), "mse")
    # Of two lengths at most, since JAX compiles for each anew.
    batches = Batches(
        Letters(),
        TEXTS,
        [len(text) for text in TEXTS],
        batch_size=batch_size,
        bucket_lengths=(10,),
        workers=workers,
    )
    epochs = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            epochs.append(batches.epoch)

    model.test_on_batch(*batches[0])
    model.fit(batches, epochs=2, shuffle=False, verbose=0, callbacks=[Watch()])
    return model.get_weights(), [*epochs, batches.epoch]


# More batches than Keras queues, and fewer.
@pytest.mark.parametrize("batch_size", [8, 40])
def test_workers_change_nothing_where_keras_need_not_look(batch_size):
    alone, epochs = trained(1, batch_size)
    assert epochs == [0, 1, 2]
    together, epochs = trained(2, batch_size)
    assert epochs == [0, 1, 2]
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)
