"""Weights of tags and of texts as weights of tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nlp_builder.models.labels import require_by_label
from nlp_builder.text.checks import preview
from nlp_builder.text.schemes import require_tag_list


def token_weights(
    tags: Sequence[Sequence[str]],
    class_weight: Mapping[str, float] | None,
    sample_weight: Any,
    *,
    known: Sequence[str],
) -> list[np.ndarray] | np.ndarray | None:
    """Turns weights of tags and of texts or tokens into what `Batches` takes as `sample_weight`.

    Args:
        tags: the tags of each text.
        class_weight: a weight for each tag; tags without one have the weight 1. None for ones.
        sample_weight: a number for each text, or a list of numbers for its tokens. Multiplied by
            the weights of the tags. None for ones.
        known: the tags that `class_weight` may name.

    Returns:
        None if there are no weights; float32 `(texts,)` if there are only weights of texts; else
        for each text float32 `(words,)`.

    Raises:
        TypeError: the tags of a text are a bare `str`, or `class_weight` is no dict.
        ValueError: `class_weight` names another tag; lengths differ; or a weight is no number, not
            finite or below 0.

    Example:
        >>> token_weights([["O", "B-PER"], ["O"]], {"O": 0.5}, [1.0, 2.0], known=["O", "B-PER"])
        [array([0.5, 1. ], dtype=float32), array([1.], dtype=float32)]
    """
    by_tag = None if class_weight is None else _by_tag(class_weight, known)
    given = None if sample_weight is None else _given(sample_weight, tags)
    if by_tag is None and (given is None or all(row.ndim == 0 for row in given)):
        return None if given is None else np.array(given, "float32")
    rows = []
    for number, row in enumerate(tags):
        require_tag_list(row)
        weights = np.array([(by_tag or {}).get(tag, 1.0) for tag in row], "float32")
        rows.append(weights if given is None else weights * given[number])
    return rows


def _by_tag(class_weight: Any, known: Sequence[str]) -> dict[str, np.ndarray]:
    require_by_label(class_weight)
    unknown = [tag for tag in class_weight if tag not in known]
    if unknown:
        raise ValueError(
            f"expected class_weight for some of the tags {preview(list(known), 400)}, got "
            f"{preview(unknown, 200)}: name tags as they stand in the data"
        )
    weights = {tag: _numbers(w, f"the tag {tag!r}") for tag, w in class_weight.items()}
    for tag, weight in weights.items():
        if weight.ndim:
            raise ValueError(f"expected a number as the weight of the tag {tag!r}, got several")
    return weights


def _given(sample_weight: Any, tags: Sequence[Sequence[str]]) -> list[np.ndarray]:
    rows = list(sample_weight)
    if len(rows) != len(tags):
        raise ValueError(
            f"expected sample_weight for each of {len(tags)} texts, got {len(rows)} weights"
        )
    weights = [_numbers(row, f"text {number}") for number, row in enumerate(rows)]
    for number, (weight, row) in enumerate(zip(weights, tags, strict=True)):
        if weight.shape not in ((), (len(row),)):
            raise ValueError(
                f"expected a weight for text {number}, or one for each of its {len(row)} tokens, "
                f"got weights of shape {weight.shape}"
            )
    return weights


def _numbers(weight: Any, place: str) -> np.ndarray:
    try:
        numbers = np.asarray(weight, "float32")
    except (TypeError, ValueError):
        raise ValueError(f"expected numbers as weights of {place}, got {preview(weight)}") from None
    if not np.all(np.isfinite(numbers) & (numbers >= 0)):
        raise ValueError(
            f"expected finite weights of at least 0 for {place}, got {preview(weight)}"
        )
    return numbers
