"""Blocks and models from files and from bytes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nlp_builder import classification, labeling, saving
from nlp_builder.contents import inspect
from nlp_builder.contents.schema import task_of
from nlp_builder.features import Feature
from nlp_builder.features.loading import block_of, options_of
from nlp_builder.models import TextModel
from nlp_builder.models.files import OWN, model_of, name_of
from nlp_builder.saving import Archive, ArchiveError, Limits
from nlp_builder.saving.files import file_of
from nlp_builder.text.checks import preview

if TYPE_CHECKING:
    from nlp_builder.text import Tokenizer

__all__ = ["deserialize", "inspect", "load"]

_READY_MADE = (*labeling.READY_MADE, *classification.READY_MADE)


def deserialize(
    data: bytes,
    *,
    tokenizers: Mapping[str, Tokenizer] | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    limits: Limits | None = None,
) -> Any:
    """Make a block from the bytes that `serialize` returned.

    Args:
        data: the bytes; they may come from a stranger, nothing in them is run.
        tokenizers: functions that the file asks for by name, since it holds none, or names of
            registered ones.
        custom_objects: classes and functions of Keras models that the file asks for by name, as
            for `keras.saving.load_model`; registered ones are found without. Of a model of your own
            also its class by its name.
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
    options = options_of(
        tokenizers=tokenizers, custom_objects=custom_objects, compile=compile, limits=limits
    )
    return _made(saving.unpack(data, limits=options["limits"]), options)


def load(
    path: str | os.PathLike[str],
    *,
    tokenizers: Mapping[str, Tokenizer] | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    limits: Limits | None = None,
    mmap: bool = False,
) -> Any:
    """Make a block, or a ready-made model, from the file that `save` wrote.

    Args:
        path: the file; of a model also the folder.
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
    options = options_of(
        tokenizers=tokenizers,
        custom_objects=custom_objects,
        compile=compile,
        limits=limits,
        mmap=mmap,
    )
    return _made(saving.open_archive(file_of(path), limits=options["limits"]), options)


def _made(archive: Archive, options: Mapping[str, Any]) -> Feature | TextModel:
    task = task_of(archive.config)
    if task is None:
        return block_of(archive, **options)
    return model_of(archive, _class_of(task, options["custom_objects"] or {}), options)


def _class_of(task: Mapping[str, Any], custom_objects: Mapping[str, Any]) -> type[TextModel]:
    name, family = task["class"], task["family"]
    given = custom_objects.get(name.removeprefix(OWN)) if name.startswith(OWN) else None
    own = [given] if isinstance(given, type) and issubclass(given, TextModel) else []
    for cls in (*own, *_READY_MADE):
        if (name_of(cls), cls.family) == (name, family):
            return cls
    raise ArchiveError(
        f"there is no model for {preview(family)} of the class {preview(name)}: if it is your own, "
        f"hand it in, custom_objects={{{preview(name.removeprefix(OWN))}: its class}}, or call "
        "load_model of it"
    )
