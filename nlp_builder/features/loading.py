"""Blocks from files and from bytes."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import keras

from nlp_builder import saving
from nlp_builder.features.archive_reader import block_from
from nlp_builder.features.archive_upgrade import upgraded
from nlp_builder.features.checks import boolean
from nlp_builder.saving import Archive, Limits
from nlp_builder.text import Tokenizer

if TYPE_CHECKING:
    from nlp_builder.features.feature import Feature


def deserialize(
    data: bytes,
    *,
    tokenizers: Mapping[str, Tokenizer] | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    limits: Limits | None = None,
) -> Feature:
    """Make a block from the bytes that `serialize` returned.

    Args:
        data: the bytes; they may come from a stranger, nothing in them is run.
        tokenizers: functions that the file asks for by name, since it holds none, or names of
            registered ones.
        custom_objects: classes and functions of Keras models that the file asks for by name, as
            for `keras.saving.load_model`; registered ones are found without.
        compile: bring back optimizer, loss and metrics, if the file has them; False to do without,
            where a loss is lost, say.
        limits: how much is read of a file; None for `nlp_builder.Limits()`.

    Returns:
        A block of the same class with the same ids and the same outputs.

    Raises:
        ArchiveError: if the bytes are of another or a newer format, are damaged, exceed a limit,
            or need something that was not handed in.
        TypeError: if `data` is not bytes, or another argument is of the wrong type.

    Example:
        >>> from nlp_builder import CharPerWordEmbeddingSequence
        >>> block = CharPerWordEmbeddingSequence(str.split, 4).build(["a few words"])
        >>> again = deserialize(block.serialize(), tokenizers={"split": str.split})
        >>> again.vocabulary == block.vocabulary
        True
    """
    limits = checked_limits(limits)
    _check(tokenizers, custom_objects, compile=compile)
    archive = saving.unpack(data, limits=limits)
    return _block(archive, tokenizers, custom_objects, compile, limits, mapped=False)


def load(
    path: str | os.PathLike[str],
    *,
    tokenizers: Mapping[str, Tokenizer] | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    limits: Limits | None = None,
    mmap: bool = False,
) -> Feature:
    """Make a block from the file that `save` wrote.

    Args:
        path: the file.
        tokenizers: as for `deserialize`.
        custom_objects: as for `deserialize`.
        compile: as for `deserialize`.
        limits: as for `deserialize`.
        mmap: leave large arrays in the file, and read of them what is used: processes that load the
            same file share its memory (with TensorFlow on a processor; elsewhere they are copied).
            Replace such a file by `save` only, which leaves the old one to those that have it.

    Returns:
        A block of the same class with the same ids and the same outputs.

    Raises:
        OSError: if the file cannot be read.
        ArchiveError: as for `deserialize`.
        TypeError: as for `deserialize`.

    Example:
        >>> import tempfile
        >>> from nlp_builder import CharPerWordEmbeddingSequence
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     CharPerWordEmbeddingSequence("words", 4).save(f"{folder}/block.nlpb")
        ...     load(f"{folder}/block.nlpb")
        <CharPerWordEmbeddingSequence (30, 12), int32 -> (30, 12, 4), float32>
    """
    limits = checked_limits(limits)
    _check(tokenizers, custom_objects, compile=compile, mmap=mmap)
    archive = saving.open_archive(path, limits=limits)
    return _block(archive, tokenizers, custom_objects, compile, limits, mapped=mmap)


def checked_limits(limits: Limits | None) -> Limits:
    """Return limits, those that hold for all files if none are given.

    Args:
        limits: what was given.

    Returns:
        The limits.

    Raises:
        TypeError: if they are something else.
    """
    if not isinstance(limits, Limits | None):
        raise TypeError(f"expected limits as nlp_builder.Limits(...), got {limits!r}")
    return limits or Limits()


def _check(tokenizers: Any, custom_objects: Any, **flags: Any) -> None:
    if not isinstance(tokenizers, Mapping | None):
        raise TypeError(f"expected tokenizers as a dict of functions, got {tokenizers!r}")
    if not isinstance(custom_objects, Mapping | None):
        raise TypeError(f"expected custom_objects as a dict, got {custom_objects!r}")
    for name, value in (tokenizers or {}).items():
        if not callable(value) and not isinstance(value, str):
            raise TypeError(f"expected a function as the tokenizer {name!r}, got {value!r}")
    for name, value in (custom_objects or {}).items():
        if not callable(value):
            raise TypeError(f"expected a class or a function as {name!r}, got {value!r}")
    for name, value in flags.items():
        boolean(name, value)


def _block(
    archive: Archive,
    tokenizers: Mapping[str, Tokenizer] | None,
    custom_objects: Mapping[str, Any] | None,
    compile: bool,
    limits: Limits,
    *,
    mapped: bool,
) -> Feature:
    # A scope of ours would hide one that the user opened.
    scope = keras.saving.custom_object_scope(dict(custom_objects)) if custom_objects else None
    with scope or contextlib.nullcontext(), warnings.catch_warnings():
        # Keras warns of what is in the file, which nobody can change here. To show that, Python
        # would open Keras' source.
        warnings.simplefilter("ignore")
        return block_from(
            upgraded(archive), tokenizers or {}, compile=compile, mapped=mapped, limits=limits
        )
