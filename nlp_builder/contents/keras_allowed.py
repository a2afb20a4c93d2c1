"""What a file may name of Keras: plain layers, operations, losses and the like; no more."""

from __future__ import annotations

from typing import Any

from nlp_builder.contents.keras_sources import names_in

BASES: dict[str, tuple[str, ...]] = {
    "keras": ("Model", "DTypePolicy"),
    "keras.constraints": ("constraints.Constraint",),
    "keras.dtype_policies": ("DTypePolicy", "dtype_policies.DTypePolicyMap"),
    "keras.initializers": ("Initializer",),
    "keras.layers": ("Layer",),
    "keras.losses": ("Loss",),
    "keras.metrics": ("Metric",),
    "keras.models": ("Model",),
    "keras.optimizers": ("Optimizer", "optimizers.OptimizerMap"),
    "keras.optimizers.schedules": ("optimizers.schedules.LearningRateSchedule",),
    "keras.random": ("random.SeedGenerator",),
    "keras.regularizers": ("Regularizer",),
    "keras.src.models.functional": ("Model",),
    "keras.src.ops.core": ("Operation",),
    "keras.src.ops.linalg": ("Operation",),
    "keras.src.ops.math": ("Operation",),
    "keras.src.ops.nn": ("Operation",),
    "keras.src.ops.numpy": ("Operation",),
}
"""The modules under which Keras enters classes into a description, and what is taken from each."""
FUNCTIONS = ("keras.activations", "keras.losses", "keras.metrics")
"""The modules of the functions that a file may name."""
OURS = {
    f"nlp_builder>{name}"
    for name in (
        *("AttentionPooling", "CRF", "CRFDecoder", "CRFLoss", "Digest", "DistinctRows", "Fold"),
        *("Folded", "GRU", "LSTM", "MaskedConcatenate", "MaskedConv1D", "MaskedEmbedding"),
        *("MaskedMaxPooling", "OpenFirstStep", "PartlyFrozenEmbedding", "RowsAtPlaces"),
        *("TagAccuracy", "TimeDistributed", "Unfold", "WordAccuracy"),
    )
}
"""The names under which this package registers its own parts with Keras."""
_REFUSED_CLASSES = {
    # These hold code, wrap another framework, read files, or call a function they are given.
    *("Lambda", "JaxLayer", "FlaxLayer", "TorchModuleWrapper", "TFSMLayer", "JVP"),
    *("StringLookup", "IntegerLookup", "TextVectorization"),
    "STFTSpectrogram",  # it imports SciPy when it is made
}
_REFUSED_FUNCTIONS = {"get", "serialize", "deserialize"}
_ONLY = {
    "keras": {"DTypePolicy", "FloatDTypePolicy", "Model", "Sequential"},
    "keras.src.models.functional": {"Functional", "Model"},
    # The rest of this module is control flow, which calls functions.
    "keras.src.ops.core": {
        *("Cast", "ConvertToTensor", "SaturateCast", "Scatter", "ScatterUpdate", "Slice"),
        *("SliceUpdate", "StopGradient", "Unstack"),
    },
}
# Names with capitals that are no parts of models.
_NO_PARTS = {"Input", "InputSpec", "KerasTensor"}


def may_be_class(module: Any, name: str) -> bool:
    """Tell whether a file may name a class, should Keras have it.

    Args:
        module: where the file says that it is.
        name: its name.

    Returns:
        Whether the module is one of those that are taken from, and the name is not refused.

    Example:
        >>> may_be_class("keras.layers", "Dense"), may_be_class("keras.layers", "Lambda")
        (True, False)
    """
    if not isinstance(module, str) or module not in BASES or name in _REFUSED_CLASSES:
        return False
    return module not in _ONLY or name in _ONLY[module]


def function_modules(module: Any, name: Any) -> tuple[str, ...]:
    """List where a function is looked for that a file names.

    Args:
        module: where the file says that it is; "builtins" stands for all three places.
        name: its name.

    Returns:
        Modules of Keras; none if the file may not name it.

    Example:
        >>> function_modules("keras.losses", "poisson"), function_modules("keras.losses", "get")
        (('keras.losses',), ())
    """
    if not isinstance(name, str) or name in _REFUSED_FUNCTIONS:
        return ()
    return FUNCTIONS if module == "builtins" else tuple(m for m in FUNCTIONS if m == module)


def has_class(module: Any, name: str) -> bool:
    """Tell, without Keras, whether it has a class that a file may name.

    Args:
        module: where the file says that it is.
        name: its name.

    Returns:
        Whether it has, by its source.

    Example:
        >>> has_class("keras.layers", "Dense"), has_class("keras.layers", "Denser")
        (True, False)
    """
    defined = names_in(module).get(name, "") if may_be_class(module, name) else ""
    return defined[:1].isupper() and defined not in _NO_PARTS


def has_function(module: Any, name: Any) -> bool:
    """Tell, without Keras, whether it has a function that a file may name.

    Args:
        module: where the file says that it is; "builtins" stands for all three places.
        name: its name.

    Returns:
        Whether it has, by its source.

    Example:
        >>> has_function("builtins", "relu"), has_function("builtins", "open")
        (True, False)
    """
    found = (names_in(place).get(name, "") for place in function_modules(module, name))
    return any(defined[:1].islower() for defined in found)
