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
# The arguments that are no plain values, and what a file may have in their place.
_KINDS = {
    "inputs": ("$block",),
    "tokenizer": ("$tokenizer", "$function"),
    "word2vec_src": ("$vectors",),
}
_STATE_TYPES = {"built": bool, "corpus": str | None, "frozen": bool, "policy": str}
# What odd content makes constructors and look-ups raise.
_DAMAGE = (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError)


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
            name: self._value(value, name, f"{number}/{name}")
            for name, value in block.get_config().items()
        }
        state = block._state()
        self._vocabularies |= {f"{number}/{key}": kept for key, kept in state.vocabularies.items()}
        self._arrays |= {f"{number}/{key}": array for key, array in state.arrays.items()}
        return {"class": type(block).__name__, "arguments": arguments, "state": state.values}

    def _value(self, value: Any, name: str, place: str) -> Any:
        kinds = _KINDS.get(name, ())
        if "$vectors" in kinds:
            self._vocabularies[place], self._arrays[place] = value.words, value.matrix
            return {"$vectors": place}
        if "$block" in kinds and not isinstance(value, list):
            return {"$block": self._numbers[value]}
        if "$tokenizer" in kinds and value is not None:
            return self._tokenizer(value)
        if isinstance(value, list | tuple):
            return [self._value(item, name, place) for item in value]
        if isinstance(value, np.generic):
            value = value.item()
        if value is None or isinstance(value, bool | int | float | str):
            return value
        raise TypeError(
            f"cannot keep the argument {name!r}, a {type(value).__name__}: a file holds numbers, "
            "strings and lists of them; pass the name of a Keras object"
        )

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
    if reader.unused:
        raise ArchiveError(f"the file holds what no block asks for: {sorted(reader.unused)[:5]}")
    return reader.blocks[-1]


class _Reader:
    """Turns plain values into blocks."""

    def __init__(self, archive: Archive, tokenizers: Mapping[str, Tokenizer]) -> None:
        self._archive = archive
        self._tokenizers = tokenizers
        self.blocks: list[Feature] = []
        self.unused = {*archive.vocabularies, *archive.arrays}

    def add(self, entry: Any) -> None:
        """Make the next block of the list."""
        number = len(self.blocks)
        try:
            cls = _CLASSES[entry["class"]]
            arguments = {name: self._value(v, name) for name, v in entry["arguments"].items()}
            block = cls(**arguments)
            block._restore(self._state(block, entry["state"]))
        except ArchiveError:
            raise
        except _DAMAGE as error:
            raise ArchiveError(
                f"block {number} of the file cannot be made: {type(error).__name__}: {error}"
            ) from error
        self.blocks.append(block)

    def _value(self, value: Any, name: str) -> Any:
        if isinstance(value, list):
            return [self._value(item, name) for item in value]
        kinds = _KINDS.get(name, ())
        if not isinstance(value, dict):
            # A plain string would be a path or a name to look up: none is followed.
            if kinds and not (value is None and "$tokenizer" in kinds):
                raise ArchiveError(f"the argument {name!r} is {value!r}, expected one of {kinds}")
            return value
        ((kind, content),) = value.items()
        if kind not in kinds:
            raise ArchiveError(f"the argument {name!r} is of the unknown kind {kind!r}")
        if kind == "$block":
            return self._block(content)
        if kind == "$vectors":
            self.unused.discard(content)
            return WordVectors(self._archive.vocabularies[content], self._archive.arrays[content])
        return self._tokenizer(content, registered=kind == "$tokenizer")

    def _block(self, number: Any) -> Feature:
        if type(number) is not int or not 0 <= number < len(self.blocks):
            raise ArchiveError(f"a block names block {number!r}, which does not stand before it")
        return self.blocks[number]

    def _tokenizer(self, name: str, *, registered: bool) -> str | Tokenizer:
        if name in self._tokenizers:
            return self._tokenizers[name]
        if registered and _is_registered(name):
            return name
        raise ArchiveError(
            f"the file needs the tokenizer {name!r}, which is not in the file since functions are "
            f"never kept: hand it in as tokenizers={{{name!r}: function}}"
            + (f", or register it with @register_tokenizer({name!r}) first" if registered else "")
        )

    def _state(self, block: Feature, values: dict[str, Any]) -> State:
        for name, types in _STATE_TYPES.items():
            if not isinstance(values[name], types):
                raise ArchiveError(f"the state {name!r} is {values[name]!r}")
        if values["built"] and any(part._graph is None for part in block.blocks):
            raise ArchiveError("a built block is made of one that is not built")
        prefix = f"{len(self.blocks)}/"
        names = {name for name in self.unused if name.startswith(prefix)}
        self.unused -= names
        archive = self._archive
        return State(
            values,
            {
                n.removeprefix(prefix): archive.vocabularies[n]
                for n in names & {*archive.vocabularies}
            },
            {n.removeprefix(prefix): archive.arrays[n] for n in names & {*archive.arrays}},
        )


def _is_registered(name: str) -> bool:
    try:
        get_tokenizer(name)
    except ValueError:
        return False
    return True


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
        TypeError: if `data` is not bytes, or `tokenizers` is not a mapping.

    Example:
        >>> from nlp_builder import CharPerWordEmbeddingSequence
        >>> block = CharPerWordEmbeddingSequence(str.split, 4).build(["a few words"])
        >>> again = deserialize(block.serialize(), tokenizers={"split": str.split})
        >>> again.vocabulary == block.vocabulary
        True
    """
    if not isinstance(tokenizers, Mapping | None):
        raise TypeError(f"expected tokenizers as a dict of functions, got {tokenizers!r}")
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

    Example:
        >>> import tempfile
        >>> from nlp_builder import CharPerWordEmbeddingSequence
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     CharPerWordEmbeddingSequence("words", 4).save(f"{folder}/block.nlpb")
        ...     load(f"{folder}/block.nlpb")
        <CharPerWordEmbeddingSequence (30, 12), int32 -> (30, 12, 4), float32>
    """
    return deserialize(saving.read(path), tokenizers=tokenizers)
