"""Models in files: a wrapper with its blocks, and what the model knows beside it."""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import keras
import numpy as np

from nlp_builder import saving
from nlp_builder.contents.schema import TASK, cause, task_of
from nlp_builder.features import KerasWrapper
from nlp_builder.features.archive_writer import archive_of
from nlp_builder.features.checks import positive_or_none
from nlp_builder.features.loading import block_of, options_of
from nlp_builder.models.embedding import Embedding
from nlp_builder.models.labels import Labels
from nlp_builder.saving import Archive, ArchiveError
from nlp_builder.saving.files import IN_FOLDER, checked, file_of, require_path, require_target
from nlp_builder.text.checks import preview

if TYPE_CHECKING:
    from nlp_builder.models.text_model import TextModel

M = TypeVar("M", bound="TextModel")

OWN = "own>"
"""What stands before the names of classes that are not of this package."""
_ARGUMENTS = ("hyper_parameters", "random_seed", "sequence_length")


def save(model: TextModel, path: str | os.PathLike[str], *, include_optimizer: bool) -> None:
    """Write a model: see `TextModel.save`.

    Args:
        model: one that is built.
        path: a file or a folder.
        include_optimizer: keep what is needed to go on training.
    """
    require_path(path)
    archive = _archive_of(model, include_optimizer=include_optimizer)
    target = Path(path)
    if _is_folder(target):
        target.mkdir(parents=True, exist_ok=True)
        target /= IN_FOLDER
    saving.write(target, archive)


def require_place(path: str | os.PathLike[str]) -> None:
    """Refuse a path to which no model could be written, before one is there.

    Args:
        path: a file or a folder, as for `save`.

    Raises:
        OSError: as for `saving.write`.
        TypeError: if `path` is not a path.
        ValueError: if it is empty.
    """
    require_path(path)
    target = checked(path)
    if not _is_folder(target):
        require_target(path, target.resolve())
    elif target.is_dir():
        require_target(path, target / IN_FOLDER)
    else:  # it will be made
        there = next(folder for folder in target.absolute().parents if folder.exists())
        if not there.is_dir():
            raise NotADirectoryError(f"cannot write {path}: {there} is no folder")


def _is_folder(target: Path) -> bool:
    """Tell whether a model is written into a folder, which may have to be made."""
    # "ner_v1.0" has no ending.
    has_ending = target.suffix.strip(".0123456789") != ""
    return target.is_dir() or not (has_ending or target.exists())


def serialize(model: TextModel, *, include_optimizer: bool) -> bytes:
    """Return the bytes of a file: see `TextModel.serialize`.

    Args:
        model: one that is built.
        include_optimizer: keep what is needed to go on training.

    Returns:
        The bytes.
    """
    return saving.pack(_archive_of(model, include_optimizer=include_optimizer))


def copied(cls: type[M], data: bytes) -> M:
    """Make a model of a class from what `serialize` returned, for copies.

    Args:
        cls: the class.
        data: the bytes.

    Returns:
        The model.
    """
    options = options_of()
    return model_of(saving.unpack(data, limits=options["limits"]), cls, options)


def load(path: str | os.PathLike[str], cls: type[M], **kwargs: Any) -> M:
    """Read a model of a class: see `TextModel.load_model`.

    Args:
        path: a file or a folder.
        cls: the class.
        **kwargs: as for `nlp_builder.load`.

    Returns:
        The model.
    """
    options = options_of(**kwargs)
    archive = saving.open_archive(file_of(path), limits=options["limits"])
    if task_of(archive.config) is None:
        raise ArchiveError("the file holds a block and no model: read it with nlp_builder.load")
    return model_of(archive, cls, options)


def name_of(cls: type[TextModel]) -> str:
    """Name a class in a file: one of the user's may be called like one of ours.

    Args:
        cls: the class of a model.

    Returns:
        Its name, after "own>" if it is not of this package.
    """
    ours = cls.__module__.partition(".")[0] == __name__.partition(".")[0]
    return cls.__name__ if ours else f"{OWN}{cls.__name__}"


def model_of(archive: Archive, cls: type[M], options: Mapping[str, Any]) -> M:
    """Make a model of what a file holds.

    Args:
        archive: with a task.
        cls: the class of the model.
        options: as for `block_of`.

    Returns:
        The model, ready to predict and to be trained further.

    Raises:
        ArchiveError: if the parts do not fit.
    """
    task = task_of(archive.config) or {}
    if task["class"] != name_of(cls) or task["family"] != cls.family:
        raise ArchiveError(
            f"the file holds a model for {preview(task['family'])} of the class "
            f"{preview(task['class'])}, expected {cls.__name__} for {cls.family}: nlp_builder.load "
            "finds the classes that are ready-made"
        )
    wrapper = block_of(archive, **options)
    try:
        return _filled(cls, task, wrapper)
    # The class may be the user's own.
    except Exception as error:
        raise ArchiveError(f"the model of the file cannot be made: {cause(error)}") from error


def _archive_of(model: TextModel, *, include_optimizer: bool) -> Archive:
    archive = archive_of(model._built(), include_optimizer=include_optimizer)
    _require_arguments(type(model))
    task = {
        "arguments": {name: _plain(getattr(model, name)) for name in _ARGUMENTS},
        "class": name_of(type(model)),
        "family": model.family,
        "labels": list(model.labels),
        "maxlen": model._maxlen,
    }
    return replace(archive, config={**archive.config, TASK: task})


def _require_arguments(cls: type[TextModel]) -> None:
    """Refuse a class that could not be made anew of what a file holds."""
    names = set(inspect.signature(cls).parameters)
    if names != {"embedding", *_ARGUMENTS}:
        raise TypeError(
            f"cannot keep a {cls.__name__}, which takes {sorted(names)}: a file holds the "
            f"arguments {sorted(_ARGUMENTS)} of a model; put others among the hyper-parameters"
        )


def _plain(value: Any) -> Any:
    """Return arguments of layers as JSON has them, in a form that layers take as well."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return keras.saving.serialize_keras_object(value)


def _filled(cls: type[M], task: Mapping[str, Any], wrapper: Any) -> M:
    if not isinstance(wrapper, KerasWrapper) or not set(task["arguments"]) == {*_ARGUMENTS}:
        raise ValueError("it has no graph, or other arguments")
    model = cls(**task["arguments"])
    model._embedding = Embedding(wrapper.get_config()["inputs"])
    model._labels = Labels(task["labels"])
    model._maxlen = positive_or_none("maxlen", task["maxlen"])
    model._model, model._wrapper = wrapper.wrapped_model, wrapper
    wrapper._built()
    model._require_outputs()
    model._restored()
    return model
