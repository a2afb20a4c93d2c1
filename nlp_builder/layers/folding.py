"""Layers and models applied along further axes between batch and the rest, in one run."""

from __future__ import annotations

import math
import threading
import warnings
from typing import Any

import keras
import numpy as np
from keras import ops, tree

from nlp_builder.layers.masking import first_step_open

# Filters of warnings are those of all threads: one of them would bring back those of another.
_QUIET = threading.RLock()


@keras.saving.register_keras_serializable(package="nlp_builder")
class Folded(keras.layers.Wrapper):
    """Applies a layer or a model along axes that stand between batch and the rest, in one run.

    The inputs `(batch, a, b, ...)` are folded to `(batch * a * b, ...)`, and the outputs unfolded
    again. `keras.layers.TimeDistributed` gives the same by a loop, for one axis and one input.

    A row is what the inner layer takes for a text. A row that is masked throughout gets its first
    step opened, since cuDNN refuses it else, and its results are set to zeros. It counts as masked
    in the output; so does a row that is masked in any one of several inputs. An output to which the
    inner layer gives a mask of its own keeps that, such as the steps of returned sequences.

    Args:
        layer: A layer or a model of one or several inputs and outputs; it is used, not copied.
        leading: Number of axes to fold. With 0 the layer is applied as it is; rows that are masked
            throughout are opened, their results are left alone.
        **kwargs: `name`, `dtype`, `trainable` of a Keras layer.

    Input shape: `(batch, *leading, ...)`, or a list of them. Its mask, bool, has the shape of the
    first `1 + leading` axes, by row, or of some axes more, by step. Output shape:
    `(batch, *leading, *output of the layer)`, or a list of them.

    Raises:
        TypeError: If `layer` is no Keras layer.
        ValueError: If `leading` is negative, or an input or mask has too few axes.

    Example:
        >>> words = keras.Sequential([keras.Input((None, 5)), keras.layers.LSTM(8)])
        >>> Folded(words)(keras.Input((20, None, 5))).shape
        (None, 20, 8)
    """

    def __init__(self, layer: keras.layers.Layer, leading: int = 1, **kwargs: Any) -> None:
        """Checks and stores the arguments; see the class."""
        if not isinstance(layer, keras.layers.Layer):
            raise TypeError(f"Expected a Keras layer or model, got {type(layer).__name__}.")
        if not isinstance(leading, int | np.integer) or leading < 0:
            raise ValueError(f"leading must be an integer, 0 or more, got {leading!r}.")
        # What precision the inputs are cast to is the inner layer's affair.
        super().__init__(layer, **{"autocast": False, **kwargs})
        self.leading = int(leading)
        self.supports_masking = True
        self._fold = Fold(self.leading)
        self._unfold = Unfold(self.leading)

    def build(self, input_shape: Any) -> None:
        """Builds the inner layer for folded inputs."""
        if not self.layer.built:
            self.layer.build(self._folded_shapes(input_shape))
        if not self.trainable:
            self.layer.trainable = False  # what the constructor was told holds for the variables
        self.built = True

    def call(self, inputs: Any, mask: Any = None, training: bool | None = None) -> Any:
        """Folds, runs the inner layer and unfolds; see the class for shapes."""
        flat = tree.flatten(inputs)
        masks = self._checked_masks(flat, mask)
        valid = self._valid(masks)
        rows = [self._fold(part, mask=its) for part, its in zip(flat, masks, strict=True)]
        outputs = self._run(tree.pack_sequence_as(inputs, rows), training)
        given = [flat[0]] if valid is None else [flat[0], valid]
        return tree.map_structure(lambda part: self._unfold([part, *given]), outputs)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """Returns None, since `call` gives each output its mask."""
        return None

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Returns the first axes of the first input with what the inner layer gives behind them."""
        leading = _flat_shapes(input_shape)[0][: 1 + self.leading]
        shapes = self.layer.compute_output_shape(self._folded_shapes(input_shape))
        return tree.map_shape_structure(lambda shape: (*leading, *shape[1:]), shapes)

    def compute_output_spec(self, inputs: Any, mask: Any = None, **kwargs: Any) -> Any:
        """Returns the symbolic outputs, with their masks, for symbolic inputs."""
        return self.call(inputs, mask=mask, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments as JSON can hold them."""
        # Keras copies what a layer serialises, and loses that an inner layer is shared unless it
        # was seen before. Serialised twice, a layer shared in a `.keras` file stays one.
        keras.saving.serialize_keras_object(self.layer)
        return {**super().get_config(), "leading": self.leading}

    def _run(self, rows: Any, training: bool | None) -> Any:
        with _QUIET, warnings.catch_warnings():
            # A Conv1D, Flatten or GlobalMaxPooling1D, and each model, warns that it ends a mask.
            # The mask was put there by us, and behind the layer the rows' own mask goes on.
            warnings.filterwarnings("ignore", "Layer .* was passed an input with a mask attached")
            return self._symbolic(rows, training) if _symbolic(rows) else self.layer(rows)

    def _symbolic(self, rows: Any, training: bool | None) -> Any:
        """Finds shapes and masks without the nodes that a call leaves on the inner layer.

        A layer that is shared with the graph around would come back from a file with that node in
        place of its own. A model that is called says its shapes only, and nothing of its masks.
        """
        masks = tree.map_structure(lambda part: getattr(part, "_keras_mask", None), rows)
        mask = masks if any(its is not None for its in tree.flatten(masks)) else None
        if isinstance(self.layer, keras.Function | keras.Sequential):
            return self.layer.call(rows, mask=mask, training=training)
        outputs = self.layer.compute_output_spec(rows)
        if mask is not None and self.layer.supports_masking:
            carried = self.layer.compute_mask(rows, mask)
            # None stands for all outputs; a layer of ours may have given them masks itself.
            pairs = zip(tree.flatten(outputs), tree.flatten(carried), strict=False)
            for output, its in pairs:
                if its is not None:
                    output._keras_mask = its
        return outputs

    def _folded_shapes(self, input_shape: Any) -> Any:
        return tree.map_shape_structure(lambda s: _folded(s, self.leading), input_shape)

    def _checked_masks(self, inputs: list[Any], mask: Any) -> list[Any]:
        """Returns a bool mask or None for each input."""
        masks = [None] * len(inputs) if mask is None else tree.flatten(mask)
        if len(masks) != len(inputs):
            raise ValueError(
                f"Expected a mask or None for each of {len(inputs)} inputs, got {len(masks)}."
            )
        for mask in masks:
            if mask is not None and len(mask.shape) <= self.leading:
                raise ValueError(
                    f"Expected a mask of {self.leading + 1} axes or more, the batch and "
                    f"{self.leading} leading, got shape {tuple(mask.shape)}."
                )
        return [mask if mask is None else ops.cast(mask, "bool") for mask in masks]

    def _valid(self, masks: list[Any]) -> Any:
        """Returns which rows count, `(batch, *leading)`, or None if there are no masks."""
        join = ops.logical_and if self.leading else ops.logical_or
        joined = None
        for mask in masks:
            if mask is not None:
                steps = tuple(range(1 + self.leading, len(mask.shape)))
                valid = ops.any(mask, axis=steps) if steps else mask
                joined = valid if joined is None else join(joined, valid)
        return joined


@keras.saving.register_keras_serializable(package="nlp_builder")
class Fold(keras.layers.Layer):
    """Joins the batch and the axes behind it; opens the first step of rows that have none.

    Args:
        leading: Number of axes to join with the batch.
        **kwargs: `name` and the like of a Keras layer.

    Input shape: `(batch, *leading, ...)`. Output shape: `(rows, ...)`.

    Example:
        >>> tuple(Fold(1)(ops.zeros((2, 3, 4))).shape)
        (6, 4)
    """

    def __init__(self, leading: int, **kwargs: Any) -> None:
        """Stores the arguments; see the class."""
        super().__init__(**{"autocast": False, **kwargs})
        self.leading = leading
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Reshapes; see the class for shapes."""
        shape = ops.shape(inputs)
        rows = math.prod(shape[: 1 + self.leading])
        return _reshaped(inputs, (rows, *shape[1 + self.leading :]))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Returns the mask of the rows' steps, or None for a mask that has no steps."""
        if mask is None or len(mask.shape) <= 1 + self.leading:
            return None
        return _opened(self(mask))

    def compute_output_spec(self, inputs: Any, **kwargs: Any) -> keras.KerasTensor:
        """Returns the symbolic output for a symbolic input."""
        return keras.KerasTensor(_folded(inputs.shape, self.leading), inputs.dtype)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments as JSON can hold them."""
        return {**super().get_config(), "leading": self.leading}


@keras.saving.register_keras_serializable(package="nlp_builder")
class Unfold(keras.layers.Layer):
    """Takes rows apart into the batch and the axes behind it, as a given tensor has them.

    Args:
        leading: Number of axes that were joined with the batch.
        **kwargs: `name` and the like of a Keras layer.

    Input shape: `(rows, ...)`, the given tensor `(batch, *leading, ...)`, and, if some rows do not
    count, bool `(batch, *leading)`. Output shape: `(batch, *leading, ...)`, zeros where a row does
    not count.

    Example:
        >>> tuple(Unfold(1)([ops.zeros((6, 4)), ops.zeros((2, 3, 9))]).shape)
        (2, 3, 4)
    """

    def __init__(self, leading: int, **kwargs: Any) -> None:
        """Stores the arguments; see the class."""
        super().__init__(**{"autocast": False, **kwargs})
        self.leading = leading
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Reshapes and sets rows to zeros; see the class for shapes."""
        rows, given, *valid = inputs
        leading = ops.shape(given)[: 1 + self.leading]
        outputs = _reshaped(rows, (*leading, *ops.shape(rows)[1:]))
        if not (valid and self.leading):
            return outputs
        return ops.where(_behind(valid[0], outputs), outputs, ops.zeros_like(outputs))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Returns the mask that the rows carry, where a row counts, else which rows count."""
        _, given, *valid = inputs
        if mask is None or mask[0] is None:
            return valid[0] if valid and self.leading else None
        carried = self([mask[0], given])
        return ops.logical_and(carried, _behind(valid[0], carried)) if valid else carried

    def compute_output_spec(self, inputs: Any, **kwargs: Any) -> keras.KerasTensor:
        """Returns the symbolic output for symbolic inputs."""
        rows, given = inputs[:2]
        shape = (*given.shape[: 1 + self.leading], *rows.shape[1:])
        return keras.KerasTensor(shape, rows.dtype)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments as JSON can hold them."""
        return {**super().get_config(), "leading": self.leading}


def _opened(mask: Any) -> Any:
    """Opens the very first step of each row without any; mask `(rows, steps, ...)`."""
    if len(mask.shape) == 2:
        return first_step_open(mask)
    # (rows, ...)
    first = mask[:, 0]
    empty = ops.logical_not(ops.any(mask, axis=tuple(range(1, len(mask.shape)))))
    first = ops.where(_behind(empty, first), _opened(first), first)
    return ops.concatenate([first[:, None], mask[:, 1:]], axis=1)


def _behind(values: Any, tensor: Any) -> Any:
    """Gives `values` further axes of size 1, as many as `tensor` has more."""
    return ops.expand_dims(values, tuple(range(len(values.shape), len(tensor.shape))))


def _reshaped(tensor: Any, shape: tuple[Any, ...]) -> Any:
    # JAX hands back the tensor itself for its own shape, and masks hang on tensors.
    return ops.copy(tensor) if len(shape) == len(tensor.shape) else ops.reshape(tensor, shape)


def _folded(shape: tuple[int | None, ...], leading: int) -> tuple[int | None, ...]:
    if len(shape) <= leading:
        raise ValueError(
            f"Expected an input with the batch and {leading} leading axes, got shape "
            f"{tuple(shape)}. Lower `leading`."
        )
    joined = [size for size in shape[: 1 + leading] if size is not None]
    rows = math.prod(joined) if len(joined) == 1 + leading else None
    return (rows, *shape[1 + leading :])


def _flat_shapes(shapes: Any) -> list[Any]:
    flat: list[Any] = []
    tree.map_shape_structure(flat.append, shapes)
    return flat


def _symbolic(tensors: Any) -> bool:
    return any(isinstance(part, keras.KerasTensor) for part in tree.flatten(tensors))
