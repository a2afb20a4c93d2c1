"""An archive to the tree of blocks that it holds."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from nlp_builder import saving
from nlp_builder.features import checks
from nlp_builder.features.archive import CLASSES, KINDS, State
from nlp_builder.features.keras_models import model_from
from nlp_builder.saving import Archive, ArchiveError
from nlp_builder.text import SubwordVectors, Tokenizer, WordVectors, get_tokenizer

if TYPE_CHECKING:
    from nlp_builder.features.feature import Feature

_NEEDED = {"built": bool, "frozen": bool, "policy": str}
_OPTIONAL = {"compiled": dict, "corpus": str | None, "trainable": list, "trained": bool}
# What odd content makes constructors and look-ups raise.
_DAMAGE = (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError)


def block_from(archive: Archive, tokenizers: Mapping[str, Tokenizer], *, compile: bool) -> Feature:
    """Make the blocks that an archive holds.

    Args:
        archive: what `archive_of` returned.
        tokenizers: functions by the names under which the file asks for them.
        compile: bring back what is needed to go on training.

    Returns:
        The last block, of which the others are parts.

    Raises:
        ArchiveError: if a class, an argument, a tokenizer, a vocabulary or an array is missing,
            unknown, or does not fit.
    """
    entries = archive.config.get("blocks")
    if not isinstance(entries, list) or not entries:
        raise ArchiveError("config.json lists no blocks")
    reader = _Reader(archive, tokenizers, compile=compile)
    for entry in entries:
        reader.add(entry)
    if reader.unused:
        raise ArchiveError(f"the file holds what no block asks for: {sorted(reader.unused)[:5]}")
    return reader.blocks[-1]


class _Reader:
    """Turns plain values into blocks."""

    def __init__(
        self, archive: Archive, tokenizers: Mapping[str, Tokenizer], *, compile: bool
    ) -> None:
        self._archive = archive
        self._compile = compile
        self._tokenizers = tokenizers
        self.blocks: list[Feature] = []
        self._models: dict[int, keras.Model] = {}
        self.unused = {*archive.vocabularies, *archive.arrays}

    def add(self, entry: Any) -> None:
        """Make the next block of the list."""
        number = len(self.blocks)
        try:
            cls = CLASSES[entry["class"]]
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
        kinds = KINDS.get(name, ())
        if not isinstance(value, dict):
            # A plain string would be a path or a name to look up: none is followed.
            if kinds and value is not None:
                raise ArchiveError(f"the argument {name!r} is {value!r}, expected one of {kinds}")
            return value
        ((kind, content),) = value.items()
        if kind not in kinds:
            raise ArchiveError(f"the argument {name!r} is of the unknown kind {kind!r}")
        return self._kept(kind, content, name)

    def _kept(self, kind: str, content: Any, name: str) -> Any:
        if kind == "$block":
            return self._block(content)
        if kind == "$texts":
            return [(str(text), self._value(blocks, name)) for text, blocks in content]
        if kind == "$model":
            return self._model(content)
        if kind == "$vectors":
            return self._vectors(content)
        if kind == "$subwords":
            return self._subwords(content)
        return self._tokenizer(content, registered=kind == "$tokenizer")

    def _vectors(self, place: str) -> WordVectors:
        self.unused.discard(place)
        return WordVectors(self._archive.vocabularies[place], self._archive.arrays[place])

    def _subwords(self, content: dict[str, Any]) -> SubwordVectors:
        place = content["place"]
        ngrams = self._archive.arrays[f"{place}/ngrams"]
        self.unused.discard(f"{place}/ngrams")
        if not np.isfinite(ngrams).all():
            raise ArchiveError(f"the n-grams of {place!r} hold NaN or infinity")
        return SubwordVectors(
            self._vectors(place),
            ngrams,
            minn=content["minn"],
            maxn=content["maxn"],
            composed=checks.boolean("composed", content["composed"]),
        )

    def _model(self, number: Any) -> keras.Model:
        if type(number) is not int or number < 0:
            raise ArchiveError(f"a block names the model {number!r}")
        if number not in self._models:
            prefix = f"models/{number}/"
            names = [name for name in self.unused if name.startswith(prefix)]
            names.sort(key=lambda name: int(name.removeprefix(prefix)))
            self.unused -= {*names}
            weights = [self._archive.arrays[name] for name in names]
            self._models[number] = model_from(self._archive.config["models"][number], weights)
        return self._models[number]

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
        for name, types in {**_NEEDED, **_OPTIONAL}.items():
            if (name in values or name in _NEEDED) and not isinstance(values[name], types):
                raise ArchiveError(f"the state {name!r} is {values[name]!r}")
        if unknown := set(values) - {*_NEEDED, *_OPTIONAL}:
            raise ArchiveError(f"unknown state {sorted(unknown)}")
        if values["built"] and any(part._graph is None for part in block.blocks):
            raise ArchiveError("a built block is made of one that is not built")
        prefix = f"{len(self.blocks)}/"
        names = {name for name in self.unused if name.startswith(prefix)}
        self.unused -= names
        archive = self._archive
        if not self._compile:
            values = {name: value for name, value in values.items() if name != "compiled"}
            names = {name for name in names if not name.startswith(f"{prefix}training/")}
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


def deserialize(
    data: bytes,
    *,
    tokenizers: Mapping[str, Tokenizer] | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
) -> Feature:
    """Make a block from the bytes that `serialize` returned.

    Args:
        data: the bytes; they may come from a stranger, nothing in them is run.
        tokenizers: functions that the file asks for by name, since it holds none.
        custom_objects: classes and functions of Keras models that the file asks for by name, as
            for `keras.saving.load_model`; registered ones are found without.
        compile: bring back optimizer, loss and metrics, if the file has them; False to do without,
            where a loss is lost, say.

    Returns:
        A block of the same class with the same ids and the same outputs.

    Raises:
        ArchiveError: if the bytes are of another or a newer format, are damaged, or need something
            that was not handed in.
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
    if not isinstance(custom_objects, Mapping | None):
        raise TypeError(f"expected custom_objects as a dict, got {custom_objects!r}")
    # A scope of ours would hide one that the user opened.
    scope = keras.saving.custom_object_scope(dict(custom_objects)) if custom_objects else None
    with scope or contextlib.nullcontext():
        return block_from(saving.unpack(data), tokenizers or {}, compile=compile)


def load(
    path: str | os.PathLike[str],
    *,
    tokenizers: Mapping[str, Tokenizer] | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
) -> Feature:
    """Make a block from the file that `save` wrote.

    Args:
        path: the file.
        tokenizers: as for `deserialize`.
        custom_objects: as for `deserialize`.
        compile: as for `deserialize`.

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
    return deserialize(
        saving.read(path), tokenizers=tokenizers, custom_objects=custom_objects, compile=compile
    )
