"""Labels of texts, of any collection."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from nlp_builder.text.checks import preview


def read_labels(y: Any) -> np.ndarray:
    """Bring the labels of texts into one array of strings, or of numbers.

    Args:
        y: a list, Series or array.

    Returns:
        (texts,).

    Raises:
        TypeError: if some are strings and others not, or one is neither string nor number.
        ValueError: if there are several for a text, or they are fractions, and no classes.

    Example:
        >>> read_labels(["spam", "ham"])
        array(['spam', 'ham'], dtype='<U4')
    """
    labels = column_or_1d(np.asarray(y, dtype=object if isinstance(y, list) else None), warn=True)
    if labels.dtype == object:
        _require_one_kind(labels)
        labels = np.array(labels.tolist())
    check_classification_targets(labels)
    return labels


def _require_one_kind(labels: np.ndarray) -> None:
    by_kind = {isinstance(label, str): label for label in labels}
    odd = [x for x in labels if not isinstance(x, str | bool | int | float | np.generic)]
    if odd or len(by_kind) > 1:
        raise TypeError(
            "expected labels that are all strings or all numbers, got "
            f"{preview(odd[:1] or list(by_kind.values()))}"
        )
