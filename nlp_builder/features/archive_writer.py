"""A tree of blocks to an archive: a shared block, and a shared Keras model, is kept once."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

import nlp_builder
from nlp_builder.features.archive import KINDS
from nlp_builder.features.checks import TRAIN_ANEW, boolean
from nlp_builder.features.keras_models import config_of
from nlp_builder.features.tree import parts_first
from nlp_builder.saving import Archive, is_finite
from nlp_builder.text import SubwordVectors, Tokenizer, WordVectors, tokenizer_name

if TYPE_CHECKING:
    from nlp_builder.features.feature import Feature


def archive_of(block: Feature, *, include_optimizer: bool) -> Archive:
    """Put a block and its parts into an archive.

    Args:
        block: built or not.
        include_optimizer: keep what blocks that are compiled need to go on training.

    Returns:
        The archive; parts stand before the blocks that name them.

    Raises:
        TypeError: if an argument of a block is something that a file cannot hold.
        ValueError: if a weight, or a variable of the training, is NaN or infinite.
    """
    boolean("include_optimizer", include_optimizer)
    return _Writer(block, include_optimizer=include_optimizer).archive


class _Writer:
    """Turns blocks into plain values, and gathers what is not plain."""

    def __init__(self, block: Feature, *, include_optimizer: bool) -> None:
        self._numbers = {part: number for number, part in enumerate(parts_first(block))}
        self._include_optimizer = include_optimizer
        self._functions: dict[str, Tokenizer] = {}
        self._models: list[keras.Model] = []
        self._vocabularies: dict[str, Sequence[str]] = {}
        self._arrays: dict[str, np.ndarray] = {}
        config = {
            "blocks": [self._entry(part) for part in self._numbers],
            "models": [self._model(number) for number in range(len(self._models))],
        }
        for place, array in self._arrays.items():
            if not is_finite(array):
                raise ValueError(_not_finite(self._owner(place)))
        self.archive = Archive(config, self._vocabularies, self._arrays, _libraries())

    def _entry(self, block: Feature) -> dict[str, Any]:
        number = self._numbers[block]
        in_weights = block._vectors_in_weights()
        arguments = {
            name: self._vectors(value, f"{number}/{name}", in_weights.get(name, (name, 0)))
            if _is_vectors(value, name)
            else self._value(value, name)
            for name, value in block._arguments_to_keep().items()
        }
        values: dict[str, Any] = {}
        for state in [block._state(), *self._training_states(block)]:
            values |= state.values
            self._vocabularies |= {f"{number}/{k}": kept for k, kept in state.vocabularies.items()}
            self._arrays |= {f"{number}/{k}": array for k, array in state.arrays.items()}
        return {"class": type(block).__name__, "arguments": arguments, "state": values}

    def _training_states(self, block: Feature) -> list[Any]:
        return [block._training_state()] if self._include_optimizer else []

    def _model(self, number: int) -> dict[str, Any]:
        model = self._models[number]
        for index, weight in enumerate(model.get_weights()):
            self._arrays[f"models/{number}/{index}"] = weight
        return config_of(model)

    def _owner(self, place: str) -> str:
        """Say whose an array is."""
        number, _, name = place.partition("/")
        if number == "models":
            model, _, index = name.partition("/")
            owner = self._models[int(model)]
            return f"{owner.weights[int(index)].path!r} of the model {owner.name!r}"
        return f"{name!r} of {[*self._numbers][int(number)]!r}"

    def _value(self, value: Any, name: str) -> Any:
        kinds = KINDS.get(name, ())
        if value is None or (isinstance(value, bool | int | float | str) and not kinds):
            return value
        if "$block" in kinds:
            return self._blocks(value)
        if "$tokenizer" in kinds:
            return self._tokenizer(value)
        if "$model" in kinds:
            return {"$model": self._number_of_model(value)}
        if isinstance(value, list | tuple):
            return [self._value(item, name) for item in value]
        if isinstance(value, np.generic):
            return self._value(value.item(), name)
        raise TypeError(
            f"cannot keep the argument {name!r}, a {type(value).__name__}: a file holds numbers, "
            "strings and lists of them; pass the name of a Keras object"
        )

    def _vectors(
        self, vectors: WordVectors | SubwordVectors, place: str, rows: tuple[str, int]
    ) -> dict[str, Any]:
        matrix, first = rows
        own = vectors.own if isinstance(vectors, SubwordVectors) else vectors
        self._vocabularies[place] = own.words
        if place.endswith(f"/{matrix}"):  # else they are rows of a weight, which is kept as such
            self._arrays[place] = own.matrix
        kept = {"matrix": matrix, "first_row": first}
        if isinstance(vectors, WordVectors) or (vectors.composed and not vectors.has_ngrams):
            return {"$vectors": kept}
        self._arrays[f"{place}/ngrams"] = vectors.ngrams
        lengths = {"minn": vectors.minn, "maxn": vectors.maxn, "composed": vectors.composed}
        return {"$subwords": {**kept, **lengths}}

    def _blocks(self, value: Any) -> Any:
        if not isinstance(value, list):
            return {"$block": self._numbers[value]}
        if not isinstance(value[0], tuple):
            return [self._blocks(block) for block in value]
        return {"$texts": [[name, self._blocks(blocks)] for name, blocks in value]}

    def _number_of_model(self, model: keras.Model) -> int:
        for number, known in enumerate(self._models):
            if known is model:
                return number
            if {id(weight) for weight in known.weights} & {id(weight) for weight in model.weights}:
                raise TypeError(
                    f"cannot keep {model.name!r} and {known.name!r}, which share layers: what two "
                    "models share would come back as two; make it a KerasWrapper of its own that "
                    "both read"
                )
        self._models.append(model)
        return len(self._models) - 1

    def _tokenizer(self, tokenizer: str | Tokenizer) -> dict[str, str]:
        if isinstance(tokenizer, str):
            return {"$tokenizer": tokenizer}
        registered = tokenizer_name(tokenizer)
        if registered is not None:
            return {"$tokenizer": registered}
        stem = getattr(tokenizer, "__name__", type(tokenizer).__name__)
        name, times = stem, 1
        while self._functions.setdefault(name, tokenizer) is not tokenizer:
            times += 1
            name = f"{stem}_{times}"
        return {"$function": name}


def _is_vectors(value: Any, name: str) -> bool:
    return value is not None and "$vectors" in KINDS.get(name, ())


def _libraries() -> dict[str, str]:
    """Name who writes: what reads the file later may need to know."""
    backend = keras.backend.backend()
    modules = {"keras": keras, "numpy": np, backend: import_module(backend)}
    versions = {name: str(module.__version__) for name, module in modules.items()}
    return {"nlp_builder": nlp_builder.__version__, **versions}


def _not_finite(owner: str) -> str:
    return (
        f"cannot keep {owner}, which holds NaN or infinity: expected finite numbers, since a file "
        f"with others is refused at load; look at the loss, and {TRAIN_ANEW}"
    )
