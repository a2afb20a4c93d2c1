"""Which metrics can read the output of a CRF."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from nlp_builder.layers import CRF


def require_readable(graph: keras.Model, metrics: Any, names: Sequence[str] | None) -> None:
    """Refuse metrics by a name of Keras, such as "accuracy", for the output of a CRF.

    Keras finds out in the first step, by a graph in which shapes do not fit.

    Args:
        graph: a built model.
        metrics: as for `keras.Model.compile`; of several outputs a dict by name.
        names: the names of several outputs, in their order; None for one.

    Raises:
        ValueError: it says what to do.

    Example:
        >>> words = keras.Input((None, 2))
        >>> require_readable(keras.Model(words, CRF(2)(words)), ["accuracy"], None)
        Traceback (most recent call last):
            ...
        ValueError: expected metrics that read the chain which a CRF returns, got 'accuracy': pas...
    """
    for number, output in enumerate(graph.outputs):
        own = metrics
        if names is not None and isinstance(metrics, Mapping):
            own = metrics.get(names[number])
        if isinstance(output._keras_history.operation, CRF):
            for metric in own if isinstance(own, list | tuple) else [own]:
                if isinstance(metric, str):
                    raise ValueError(
                        "expected metrics that read the chain which a CRF returns, got "
                        f"{metric!r}: pass metrics=[nlp_builder.layers.TagAccuracy()]"
                    )
