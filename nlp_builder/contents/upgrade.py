"""Files of older versions of the format, brought to the present one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from nlp_builder.saving import FORMAT_VERSION, Archive, ArchiveError

_WIDEST = 100_000
# What blocks got later, and what was so in all files that do not say it.
_LATER: Mapping[str, Mapping[str, Any]] = {
    "PreTrainedWordEmbeddingSequence": {"only_corpus": False},
}


def upgraded(archive: Archive) -> Archive:
    """Return an archive as the present version of the format has it.

    Version 1 kept given vectors apart from the table of a layer, of which it kept the other rows:
    that of the unknown word as "unknown", the trained ones as "trained", without padding. Files of
    any version may lack arguments that blocks got later.

    Args:
        archive: of any version that was released.

    Returns:
        The same, or a new one.

    Raises:
        ArchiveError: if it is damaged.
    """
    if archive.version >= FORMAT_VERSION:
        return replace(archive, config=_with_later_arguments(archive.config))
    arrays = dict(archive.arrays)
    try:
        blocks = [
            {**entry, "arguments": _block(number, entry["arguments"], arrays)}
            for number, entry in enumerate(archive.config["blocks"])
        ]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise ArchiveError(f"a block of the file is damaged: {error!r}") from error
    config = {**archive.config, "blocks": blocks}
    config = _with_later_arguments(config)
    return replace(archive, config=config, arrays=arrays, version=FORMAT_VERSION)


def _with_later_arguments(config: Any) -> Any:
    """Add them where a block is whole: what is damaged is told by the one who reads it."""
    blocks = config.get("blocks") if isinstance(config, dict) else None
    return {**config, "blocks": [*map(_with_all, blocks)]} if isinstance(blocks, list) else config


def _with_all(entry: Any) -> Any:
    arguments = entry.get("arguments") if isinstance(entry, dict) else None
    kind = entry.get("class") if isinstance(arguments, dict) else None
    later = _LATER.get(kind) if isinstance(kind, str) else None
    return {**entry, "arguments": {**later, **arguments}} if later and arguments else entry


def _block(
    number: int, arguments: Mapping[str, Any], arrays: dict[str, np.ndarray]
) -> dict[str, Any]:
    """Return the arguments of a block, and put its arrays where they are now."""
    given: np.ndarray | None = None
    changed = dict(arguments)
    built = f"{number}/unknown" in arrays or f"{number}/trained" in arrays
    for name, value in arguments.items():
        kind = next(iter(value)) if isinstance(value, dict) and len(value) == 1 else None
        if kind not in ("$vectors", "$subwords"):
            continue
        changed[name] = {kind: _vectors(name, value[kind])}
        if built:
            given = arrays.pop(f"{number}/{name}")
            weight, first = ("weights/1", 1) if f"{number}/trained" in arrays else ("weights/0", 2)
            changed[name][kind].update(matrix=weight, first_row=first)
    if built:
        _tables(number, given, arrays)
    return changed


def _vectors(name: str, content: Any) -> dict[str, Any]:
    lengths = {} if isinstance(content, str) else {k: v for k, v in content.items() if k != "place"}
    return {"matrix": name, "first_row": 0, **lengths}


def _tables(number: int, given: np.ndarray | None, arrays: dict[str, np.ndarray]) -> None:
    trained = arrays.pop(f"{number}/trained", None)
    if trained is None:
        if given is None:
            raise ValueError(f"block {number} has a vector for unknown words, and no others")
        unknown = arrays.pop(f"{number}/unknown")
        # (padding, unknown and given words, dim)
        arrays[f"{number}/weights/0"] = _below_padding(np.concatenate([unknown[None], given]))
        return
    arrays[f"{number}/weights/0"] = _below_padding(trained)
    known = trained[:0] if given is None else given
    arrays[f"{number}/weights/1"] = _below_padding(known)


def _below_padding(rows: np.ndarray) -> np.ndarray:
    # Rows without values would get one with as many as the file says.
    if rows.ndim != 2 or (rows.size == 0 and rows.shape[1] > _WIDEST):
        raise ValueError(f"expected vectors as rows, found an array of {rows.shape}")
    return np.concatenate([np.zeros((1, rows.shape[1]), rows.dtype), rows])
