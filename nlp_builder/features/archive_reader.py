"""An archive to the tree of blocks that it holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import keras
import numpy as np

from nlp_builder.contents.schema import (
    VECTORS,
    ListedBlocks,
    cause,
    fields,
    listed,
    state_values,
)
from nlp_builder.features import checks
from nlp_builder.features.archive import CLASSES, KINDS, State
from nlp_builder.features.archive_work import WorkCount
from nlp_builder.features.keras_models import model_from
from nlp_builder.saving import Archive, ArchiveError, Limits
from nlp_builder.text import SubwordVectors, Tokenizer, Vocabulary, WordVectors, get_tokenizer
from nlp_builder.text.checks import preview

if TYPE_CHECKING:
    from nlp_builder.features.feature import Feature

T = TypeVar("T")

# What of a block's state is not taken out when it is restored.
_LASTING = {"built", "frozen", "policy"}
_OWNER = re.compile("(models/)?[0-9]+/")


def block_from(
    archive: Archive,
    tokenizers: Mapping[str, Tokenizer],
    *,
    compile: bool,
    mapped: bool,
    limits: Limits,
) -> Feature:
    """Make the blocks that an archive holds.

    Args:
        archive: what `archive_of` returned.
        tokenizers: functions by the names under which the file asks for them.
        compile: bring back what is needed to go on training.
        mapped: use the arrays where they are.
        limits: how many blocks and Keras objects are made.

    Returns:
        The last block, of which the others are parts.

    Raises:
        ArchiveError: if a class, an argument, a tokenizer, a vocabulary or an array is missing,
            unknown, or does not fit.
    """
    lists = listed(archive.config, limits)
    reader = _Reader(archive, lists, tokenizers, compile=compile, mapped=mapped, limits=limits)
    for entry in lists.blocks:
        reader.add(entry)
    reader.require_all_used()
    return reader.blocks[-1]


class _Reader:
    """Turns plain values into blocks."""

    def __init__(
        self,
        archive: Archive,
        lists: ListedBlocks,
        tokenizers: Mapping[str, Tokenizer],
        *,
        compile: bool,
        mapped: bool,
        limits: Limits,
    ) -> None:
        self._archive = archive
        self._lists = lists
        self._compile = compile
        self._mapped = mapped
        self._tokenizers = tokenizers
        self._work = WorkCount(limits, lists.models)
        self.blocks: list[Feature] = []
        self._models: dict[int, keras.Model] = {}
        # What no block has asked for yet, by whose it is.
        self._vocabularies = _by_owner(archive.vocabularies)
        self._arrays = _by_owner(archive.arrays)
        self._read: set[Feature] = set()

    def add(self, entry: Any) -> None:
        """Make the next block of the list."""
        number = len(self.blocks)
        try:
            self.blocks.append(self._made(entry))
        except ArchiveError:
            raise
        # Constructors and Keras let all kinds pass, from AssertionError to those of its backends.
        except Exception as error:
            raise ArchiveError(
                f"block {number} of the file cannot be made: {cause(error)}"
            ) from error

    def require_all_used(self) -> None:
        """Refuse what no block asks for: it would be carried along unseen."""
        rest = sorted([*_names(self._vocabularies), *_names(self._arrays)])
        parts = enumerate(self.blocks[:-1])
        rest += [f"block {number}" for number, part in parts if part not in self._read]
        rest += [f"model {n}" for n in range(len(self._lists.models)) if n not in self._models]
        if rest:
            raise ArchiveError(f"the file holds what no block asks for: {preview(rest, 200)}")

    def _made(self, entry: Any) -> Feature:
        entry = fields(entry, {"class", "arguments", "state"}, f"block {len(self.blocks)}")
        if not isinstance(entry["class"], str) or entry["class"] not in CLASSES:
            raise ArchiveError(f"there is no block of the class {preview(entry['class'])}")
        calls = self._work.makes(entry["class"], entry["arguments"])
        arguments = {name: self._value(v, name) for name, v in entry["arguments"].items()}
        block = CLASSES[entry["class"]](**arguments)
        if missing := set(block.get_config()) - set(arguments):
            raise ArchiveError(f"the arguments {sorted(missing)} are missing")
        self._read.update(block.blocks)
        state = self._state(block, entry["state"])
        self._work.builds(block, calls, state.values)
        block._restore(state)
        lasting = _LASTING if block.reads else {*_LASTING, "corpus"}
        if unread := set(state.values) - lasting:
            raise ArchiveError(f"a {entry['class']} has no state {sorted(unread)}")
        return block

    def _value(self, value: Any, name: str) -> Any:
        if isinstance(value, list):
            return [self._value(item, name) for item in value]
        kinds = KINDS.get(name, ())
        if not isinstance(value, dict):
            # A plain string would be a path or a name to look up: none is followed.
            if kinds and value is not None:
                raise ArchiveError(
                    f"the argument {name!r} is {preview(value)}, expected one of {kinds}"
                )
            return value
        kind, content = next(iter(value.items())) if len(value) == 1 else ("", None)
        if kind not in kinds:
            raise ArchiveError(
                f"the argument {preview(name)} is of the unknown kind {preview(kind)}"
            )
        return self._kept(kind, content, name)

    def _kept(self, kind: str, content: Any, name: str) -> Any:
        if kind == "$block":
            return self._block(content)
        if kind == "$texts":
            return [(str(text), self._value(blocks, name)) for text, blocks in content]
        if kind == "$model":
            return self._model(content)
        if kind == "$vectors":
            return self._vectors(name, fields(content, VECTORS, name))
        if kind == "$subwords":
            return self._subwords(name, content)
        return self._tokenizer(content, registered=kind == "$tokenizer")

    def _vectors(self, name: str, content: Mapping[str, Any]) -> WordVectors:
        number, first = len(self.blocks), content["first_row"]
        if type(first) is not int or first < 0:
            raise ArchiveError(f"the vectors of {name!r} begin at row {preview(first)}")
        rows = self._archive.arrays[f"{number}/{content['matrix']}"]
        if len(rows.shape) != 2 or len(rows) < first:
            raise ArchiveError(f"the vectors of {name!r} are an array of {rows.shape}")
        # Vectors of their own; else they are rows of a weight, which the state takes.
        self._arrays.get(f"{number}/", {}).pop(name, None)
        words = Vocabulary.of_distinct(self._vocabularies[f"{number}/"].pop(name))
        own = content["matrix"] == name
        return WordVectors(words, self._kept_vectors(rows[first:], copy=own and not self._mapped))

    def _kept_vectors(self, array: np.ndarray, *, copy: bool) -> np.ndarray:
        """Return vectors as float32, and in memory of their own if the file is not to be held."""
        if array.dtype.kind != "f" and array.dtype.name != "bfloat16":
            raise ArchiveError(
                f"vectors of the file are of the type {array.dtype}, expected float32"
            )
        return np.array(array, "float32") if copy else np.asarray(array, "float32")

    def _subwords(self, name: str, content: Any) -> SubwordVectors:
        content = fields(content, {*VECTORS, "minn", "maxn", "composed"}, name)
        return SubwordVectors(
            self._vectors(name, content),
            self._kept_vectors(
                self._arrays[f"{len(self.blocks)}/"].pop(f"{name}/ngrams"), copy=not self._mapped
            ),
            minn=content["minn"],
            maxn=content["maxn"],
            composed=checks.boolean("composed", content["composed"]),
        )

    def _model(self, number: Any) -> keras.Model:
        if type(number) is not int or not 0 <= number < len(self._lists.models):
            raise ArchiveError(f"a block names the model {preview(number)}")
        if number not in self._models:
            weights = self._arrays.pop(f"models/{number}/", {})
            self._models[number] = model_from(
                self._lists.models[number], weights, share=self._mapped
            )
        return self._models[number]

    def _block(self, number: Any) -> Feature:
        if type(number) is not int or not 0 <= number < len(self.blocks):
            raise ArchiveError(
                f"a block names block {preview(number)}, which does not stand before it"
            )
        self._work.reads(self.blocks[number])
        return self.blocks[number]

    def _tokenizer(self, name: Any, *, registered: bool) -> str | Tokenizer:
        if not isinstance(name, str):
            raise ArchiveError(f"a tokenizer has the name {preview(name)}, expected a string")
        if name in self._tokenizers:
            return self._tokenizers[name]
        if registered and _is_registered(name):
            return name
        shown = preview(name, 100)
        raise ArchiveError(
            f"the file needs the tokenizer {shown}, which is not in the file since functions are "
            f"never kept: hand it in as tokenizers={{{shown}: function}}"
            + (f", or register it with @register_tokenizer({shown}) first" if registered else "")
        )

    def _state(self, block: Feature, values: Any) -> State:
        values = state_values(values)
        if values["built"] and any(part._graph is None for part in block.blocks):
            raise ArchiveError("a built block is made of one that is not built")
        owner = f"{len(self.blocks)}/"
        vocabularies, arrays = self._vocabularies.pop(owner, {}), self._arrays.pop(owner, {})
        training = [name for name in arrays if name.startswith("training/")]
        if training and "compiled" not in values:
            raise ArchiveError(f"{preview(training)} are of a block that is not compiled")
        if not self._compile:
            values.pop("compiled", None)
            arrays = {n: array for n, array in arrays.items() if not n.startswith("training/")}
        return State(values, vocabularies, arrays, self._mapped)


def _by_owner(items: Mapping[str, T]) -> dict[str, dict[str, T]]:
    """Part items by whose they are: "3/" for a block, "models/3/" for a model."""
    parted: dict[str, dict[str, T]] = {}
    for name, item in items.items():
        found = _OWNER.match(name)
        owner = found[0] if found else ""
        parted.setdefault(owner, {})[name.removeprefix(owner)] = item
    return parted


def _names(parted: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [f"{owner}{name}" for owner, items in parted.items() for name in items]


def _is_registered(name: str) -> bool:
    try:
        get_tokenizer(name)
    except ValueError:
        return False
    return True
