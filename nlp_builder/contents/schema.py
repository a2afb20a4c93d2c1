"""What `config.json` of a file may hold, apart from the arguments, which constructors check."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from nlp_builder.saving import ArchiveError, Limits
from nlp_builder.text.checks import preview

VECTORS = {"matrix", "first_row"}
TASK = "task"
_TASK = {"arguments": dict, "class": str, "family": str, "labels": list, "maxlen": int | None}
_NEEDED = {"built": bool, "frozen": bool, "policy": str}
_OPTIONAL = {"compiled": dict, "corpus": str | None, "trainable": list, "trained": bool}
_LONGEST_MESSAGE, _BEGIN = 1_000, 200
# Keras writes names of classes in bold.
_STYLE = re.compile(r"\x1b\[[0-9;]*m")


class ListedBlocks(NamedTuple):
    """What a file lists.

    Args:
        blocks: entries of blocks, parts before those that name them.
        models: configs of Keras models.
    """

    blocks: list[Any]
    models: list[Any]


def listed(config: Mapping[str, Any], limits: Limits) -> ListedBlocks:
    """Return the two lists of a file.

    Args:
        config: of the archive.
        limits: the largest number of blocks and models.

    Returns:
        Blocks and models.

    Raises:
        ArchiveError: if there is anything else, no block, or too much.
    """
    without = {name: value for name, value in config.items() if name != TASK}
    found = fields(without, {"blocks", "models"}, "config.json")
    for name, entries in found.items():
        if not isinstance(entries, list):
            raise ArchiveError(f"{name!r} of config.json is {type(entries).__name__}, no list")
        limits.require("blocks", f"config.json lists {name}", len(entries))
    if not found["blocks"]:
        raise ArchiveError("config.json lists no blocks")
    return ListedBlocks(found["blocks"], found["models"])


def task_of(config: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return what a file says of a ready-made model.

    Args:
        config: of the archive.

    Returns:
        Class, family, arguments, labels, and the largest number of tokens; None if the file holds
        a block alone.

    Raises:
        ArchiveError: if a field is missing, unknown or of the wrong type.
    """
    if TASK not in config:
        return None
    task = fields(config[TASK], _TASK, "the model")
    for name, kind in _TASK.items():
        if not isinstance(task[name], kind):
            raise ArchiveError(f"the {name!r} of the model is {preview(task[name])}")
    return task


def fields(entry: Any, names: Collection[str], where: str) -> Mapping[str, Any]:
    """Return an entry that has just the fields that it has to have.

    Args:
        entry: a value of the file.
        names: of its fields.
        where: it stands.

    Returns:
        The entry.

    Raises:
        ArchiveError: if it is something else.
    """
    if not isinstance(entry, Mapping) or set(entry) != set(names):
        found = sorted(map(str, entry)) if isinstance(entry, Mapping) else type(entry).__name__
        raise ArchiveError(
            f"{where} of the file: expected {sorted(names)}, found {preview(found, 200)}"
        )
    return entry


def state_values(values: Any) -> dict[str, Any]:
    """Return the plain values of a block's state.

    Args:
        values: of the file.

    Returns:
        A copy.

    Raises:
        ArchiveError: if a value is missing, unknown or of the wrong type.
    """
    if not isinstance(values, Mapping):
        raise ArchiveError(f"a block has the state {preview(values)}")
    for name, types in {**_NEEDED, **_OPTIONAL}.items():
        if name in _NEEDED and name not in values:
            raise ArchiveError(f"a block has no state {name!r}")
        if name in values and not isinstance(values[name], types):
            raise ArchiveError(f"the state {name!r} is {values[name]!r:.60}")
    if unknown := set(values) - {*_NEEDED, *_OPTIONAL}:
        raise ArchiveError(f"unknown state {preview(sorted(unknown))}")
    return dict(values)


def cause(error: BaseException) -> str:
    """Tell of an error of Keras or Python, which may repeat all that a file holds.

    Args:
        error: any.

    Returns:
        Its type and message, cut, and without what a terminal would obey.

    Example:
        >>> cause(ValueError("too \\x1b[1mlarge"))
        'ValueError: too large'
    """
    message = str(error)
    if len(message) > _LONGEST_MESSAGE:  # where it began stands at its end
        message = f"{message[:_BEGIN]} ... {message[_BEGIN - _LONGEST_MESSAGE :]}"
    message = _STYLE.sub("", message)
    shown = "".join(c if c.isprintable() or c == "\n" else "?" for c in message)
    return f"{type(error).__name__}: {shown}"
