"""Weights that come into being with given values, once their shapes were compared."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self, final

import keras
import numpy as np
from keras.src.backend.common import global_state  # the scope below says nothing of what it made

# Keras' own list of the variables that were made in a `StatelessScope` and have no value yet.
_PENDING = "uninitialized_variables"
# TensorFlow reads memory that it did not allocate only from such addresses on.
_ALIGNMENT = 64


@final
class DeferredWeights:
    """A context in which layers are made without memory for their weights.

    In it, weights have shapes and no values, however large they are. `fill` compares the shapes
    with those of given arrays and says which weight gets which. At the end of the context each of
    them comes into being with its array, with no first value drawn before; the others by their
    initialisers. After an error in the context none does.

    Args:
        most_unfilled: The largest number of values of all weights that `fill` gave no array, such
            as the seeds of dropout.

    Raises:
        ValueError: If more than `most_unfilled` values were given no array.

    Example:
        >>> layer = keras.layers.Dense(1)
        >>> with DeferredWeights() as weights:
        ...     layer.build((None, 2))
        ...     arrays = [np.array([[1.0], [2.0]], "float32"), np.array([0.5], "float32")]
        ...     weights.fill(dict(enumerate(layer.weights)), dict(enumerate(arrays)))
        >>> layer.bias.numpy().tolist()
        [0.5]
    """

    def __init__(self, most_unfilled: int = 2**16) -> None:
        """Stores the argument; see the class."""
        self._most_unfilled = most_unfilled
        self._scope = keras.StatelessScope(initialize_variables=False)
        self._filled: set[int] = set()
        self._used: set[int] | None = None

    def __enter__(self) -> Self:
        """Enters a scope of Keras, with a list of waiting weights of its own."""
        self._nested = global_state.get_global_attribute("stateless_scope") is not None
        self._others = global_state.get_global_attribute(_PENDING) or []
        global_state.set_global_attribute(_PENDING, [])
        self._scope.__enter__()
        return self

    def fill(
        self,
        variables: Mapping[Any, Any],
        arrays: Mapping[Any, np.ndarray],
        *,
        share: bool = False,
    ) -> None:
        """Gives weights their values, which they have from the end of the context on.

        Args:
            variables: Weights that were made in the context, by name.
            arrays: Their values, by the same names.
            share: Let weights use the memory of the arrays, where the backend can (TensorFlow, at
                addresses that are multiples of 64 bytes), and do not copy them. The arrays must
                be writeable and must not be changed.

        Raises:
            ValueError: If names, shapes or types differ.
        """
        require_fit(variables, arrays)
        for name, variable in variables.items():
            variable._initializer = _initializer(arrays[name], share)
            self._filled.add(id(variable))

    def use(self, variables: Iterable[Any]) -> None:
        """Says which weights are used; no others are made.

        Keras builds the layer that a `Bidirectional` is given, and then uses copies of it.

        Args:
            variables: All variables of what was made in the context.
        """
        self._used = {id(variable) for variable in variables}

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Makes the weights, or forgets them after an error."""
        pending = global_state.get_global_attribute(_PENDING) or []
        global_state.set_global_attribute(_PENDING, self._others)
        self._scope.__exit__(kind, error, traceback)
        if error is not None:
            return
        if self._used is not None:
            pending = [variable for variable in pending if id(variable) in self._used]
        self._refuse_large(pending)
        if self._nested:  # they wait for the end of the scope around
            self._others.extend(pending)
            global_state.set_global_attribute(_PENDING, self._others)
            return
        for variable in pending:
            variable._deferred_initialize()

    def _refuse_large(self, pending: list[Any]) -> None:
        rest = [variable for variable in pending if id(variable) not in self._filled]
        sizes = [math.prod(variable.shape) for variable in rest]
        if sum(sizes) > self._most_unfilled:
            path = rest[sizes.index(max(sizes))].path
            raise ValueError(
                f"expected arrays for all large weights, found none for {path!r} of {max(sizes)} "
                "values"
            )


def require_fit(variables: Mapping[Any, Any], arrays: Mapping[Any, np.ndarray]) -> None:
    """Refuses arrays that cannot be the values of weights.

    Args:
        variables: Weights, with or without values, by name.
        arrays: Arrays by name.

    Raises:
        ValueError: If names, shapes or types differ.

    Example:
        >>> require_fit({"a": keras.Variable([1.0])}, {"a": np.zeros((1, 1), "float32")})
        Traceback (most recent call last):
            ...
        ValueError: expected 'a' of (1,), float32, found (1, 1), float32
    """
    if set(arrays) != set(variables):
        missing, other = {*variables} - {*arrays}, {*arrays} - {*variables}
        raise ValueError(
            f"expected {len(variables)} arrays, found {len(arrays)}: missing are "
            f"{_list(missing)}, not asked for {_list(other)}"
        )
    for name, variable in variables.items():
        expected = (tuple(variable.shape), keras.backend.standardize_dtype(variable.dtype))
        found = (arrays[name].shape, arrays[name].dtype.name)
        if expected != found:
            raise ValueError(f"expected {name!r} of {_of(*expected)}, found {_of(*found)}")


def _initializer(array: np.ndarray, share: bool) -> Any:
    return lambda shape, dtype=None: _tensor(array, share)


def _tensor(array: np.ndarray, share: bool) -> Any:
    if keras.backend.backend() != "tensorflow" or array.dtype.kind not in "fiu" or not array.size:
        return keras.ops.convert_to_tensor(array)
    import tensorflow as tf  # of the three backends this one copies arrays, and does so twice

    own = array if share and _address(array) % _ALIGNMENT == 0 else _aligned_copy(array)
    return tf.experimental.dlpack.from_dlpack(own.__dlpack__())


def _aligned_copy(array: np.ndarray) -> np.ndarray:
    memory = np.empty(array.nbytes + _ALIGNMENT, "uint8")
    start = -_address(memory) % _ALIGNMENT
    copy = memory[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def _address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


def _list(names: Iterable[Any]) -> str:
    return str(sorted(map(str, names))[:5])


def _of(shape: tuple[int, ...], dtype: str) -> str:
    return f"{shape}, {dtype}"
