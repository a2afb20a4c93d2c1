"""A tree of blocks to an archive and back: a shared block is kept once, and comes back as one."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from nlp_builder import saving
from nlp_builder.features.tree import parts_first
from nlp_builder.saving import Archive, ArchiveError
from nlp_builder.text import Tokenizer, WordVectors, get_tokenizer, tokenizer_name

if TYPE_CHECKING:
    from nlp_builder.features.feature import Feature

_CLASSES: dict[str, type[Feature]] = {}


@dataclass
class State:
    """What a block keeps beside its arguments.

    Args:
        values: plain JSON values by name.
        vocabularies: lists of tokens by name.
        arrays: NumPy arrays by name.
    """

    values: dict[str, Any] = field(default_factory=dict)
    vocabularies: dict[str, Sequence[str]] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)


def saveable(cls: type[Feature]) -> type[Feature]:
    """Enter a class of blocks into the list of those that a file may name.

    Args:
        cls: a final subclass of `Feature`.

    Returns:
        The class.
    """
    _CLASSES[cls.__name__] = cls
    return cls


def archive_of(block: Feature) -> Archive:
    """Put a block and its parts into an archive.

    Args:
        block: built or not.

    Returns:
        The archive; parts stand before the blocks that name them.

    Raises:
        TypeError: if an argument of a block is something that a file cannot hold.
    """
    return _Writer(block).archive


class _Writer:
    """Turns blocks into plain values, and gathers what is not plain."""

    def __init__(self, block: Feature) -> None:
        self._numbers = {part: number for number, part in enumerate(parts_first(block))}
        self._functions: dict[str, Tokenizer] = {}
        self._vocabularies: dict[str, Sequence[str]] = {}
        self._arrays: dict[str, np.ndarray] = {}
        entries = [self._entry(part) for part in self._numbers]
        self.archive = Archive({"blocks": entries}, self._vocabularies, self._arrays)

    def _entry(self, block: Feature) -> dict[str, Any]:
        number = self._numbers[block]
        arguments = {
            name: self._plain(value, f"{number}/{name}")
            for name, value in block.get_config().items()
        }
        state = block._state()
        self._vocabularies |= {f"{number}/{key}": kept for key, kept in state.vocabularies.items()}
        self._arrays |= {f"{number}/{key}": array for key, array in state.arrays.items()}
        return {"class": type(block).__name__, "arguments": arguments, "state": state.values}

    def _plain(self, value: Any, name: str) -> Any:
        if isinstance(value, np.generic):
            value = value.item()
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, list | tuple):
            return [self._plain(item, name) for item in value]
        if isinstance(value, WordVectors):
            self._vocabularies[name], self._arrays[name] = value.words, value.matrix
            return {"$vectors": name}
        if hasattr(value, "preprocess_texts"):
            return {"$block": self._numbers[value]}
        if callable(value) and not hasattr(value, "get_config"):
            return {"$tokenizer": self._name_of(value)}
        raise TypeError(
            f"cannot keep the argument {name.partition('/')[2]!r}, a {type(value).__name__}: a "
            "file holds numbers, strings and lists of them; pass the name of a Keras object"
        )

    def _name_of(self, tokenizer: Tokenizer) -> str:
        name = tokenizer_name(tokenizer)
        if name is not None:
            return name
        stem = getattr(tokenizer, "__name__", type(tokenizer).__name__)
        name, times = stem, 1
        while self._functions.get(name, tokenizer) is not tokenizer:
            times += 1
            name = f"{stem}_{times}"
        self._functions[name] = tokenizer
        return name


def block_from(archive: Archive, tokenizers: Mapping[str, Tokenizer]) -> Feature:
    """Make the blocks that an archive holds.

    Args:
        archive: what `archive_of` returned.
        tokenizers: functions by the names under which the file asks for them.

    Returns:
        The last block, of which the others are parts.

    Raises:
        ArchiveError: if a class, an argument, a tokenizer, a vocabulary or an array is missing,
            unknown, or does not fit.
    """
    entries = archive.config.get("blocks")
    if not isinstance(entries, list) or not entries:
        raise ArchiveError("config.json lists no blocks")
    reader = _Reader(archive, tokenizers)
    for entry in entries:
        reader.add(entry)
    return reader.blocks[-1]


class _Reader:
    """Turns plain values into blocks."""

    def __init__(self, archive: Archive, tokenizers: Mapping[str, Tokenizer]) -> None:
        self._archive = archive
        self._tokenizers = tokenizers
        self.blocks: list[Feature] = []

    def add(self, entry: Any) -> None:
        """Make the next block of the list."""
        number = len(self.blocks)
        try:
            cls = _CLASSES[entry["class"]]
            arguments = {name: self._value(v) for name, v in entry["arguments"].items()}
            block = cls(**arguments)
            block._restore(self._state(number, entry["state"]))
        except ArchiveError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise ArchiveError(
                f"block {number} of the file cannot be made: {type(error).__name__}: {error}"
            ) from error
        self.blocks.append(block)

    def _value(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._value(item) for item in value]
        if not isinstance(value, dict):
            return value
        ((kind, name),) = value.items()
        if kind == "$block":
            return self.blocks[name]
        if kind == "$tokenizer":
            return self._tokenizer(name)
        if kind == "$vectors":
            return WordVectors(self._archive.vocabularies[name], self._archive.arrays[name])
        raise ArchiveError(f"an argument of the unknown kind {kind!r}")

    def _tokenizer(self, name: str) -> str | Tokenizer:
        if name in self._tokenizers:
            return self._tokenizers[name]
        try:
            get_tokenizer(name)
        except ValueError as error:
            raise ArchiveError(
                f"the file needs the tokenizer {name!r}, which is not in the file since functions "
                f"are never kept: hand it in as tokenizers={{{name!r}: function}}, or register it "
                f"with @register_tokenizer({name!r}) before loading"
            ) from error
        return name

    def _state(self, number: int, values: dict[str, Any]) -> State:
        archive = self._archive
        return State(values, _under(number, archive.vocabularies), _under(number, archive.arrays))


def _under(number: int, members: Mapping[str, Any]) -> dict[str, Any]:
    prefix = f"{number}/"
    return {name.removeprefix(prefix): m for name, m in members.items() if name.startswith(prefix)}


def deserialize(data: bytes, *, tokenizers: Mapping[str, Tokenizer] | None = None) -> Feature:
    """Make a block from the bytes that `serialize` returned.

    Args:
        data: the bytes; they may come from a stranger, nothing in them is run.
        tokenizers: functions that the file asks for by name, since it holds none.

    Returns:
        A block of the same class with the same ids and the same outputs.

    Raises:
        ArchiveError: if the bytes are of another or a newer format, are damaged, or need a
            tokenizer that was not handed in.
        TypeError: if `data` is not bytes.
    """
    return block_from(saving.unpack(data), tokenizers or {})


def load(
    path: str | os.PathLike[str], *, tokenizers: Mapping[str, Tokenizer] | None = None
) -> Feature:
    """Make a block from the file that `save` wrote.

    Args:
        path: the file.
        tokenizers: as for `deserialize`.

    Returns:
        A block of the same class with the same ids and the same outputs.

    Raises:
        OSError: if the file cannot be read.
        ArchiveError: as for `deserialize`.
    """
    return deserialize(saving.read(path), tokenizers=tokenizers)
