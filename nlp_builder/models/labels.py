"""The labels, or tags, that a model knows."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, final

import numpy as np

from nlp_builder.text.checks import plain, preview

# What ends lines, parts columns, and is obeyed by terminals.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@final
class Labels:
    """An immutable list of labels; a label's number is its place.

    Args:
        names: the labels, each once.

    Raises:
        TypeError: if one is no str.
        ValueError: if there is none, one comes twice, or one has control
            characters.

    Example:
        >>> labels = Labels(["O", "B-PER"])
        >>> labels.label2idx, labels.vocab_size
        ({'O': 0, 'B-PER': 1}, 2)
    """

    __slots__ = ("_numbers", "names")

    def __init__(self, names: Iterable[str]) -> None:
        given = tuple(names)
        if odd := [name for name in given if not isinstance(name, str)]:
            raise TypeError(f"expected labels of type str, got {preview(odd[0])}")
        self.names: tuple[str, ...] = tuple(map(plain, given))
        # They are shown in terminals, and parted by tabs and lines in files.
        if odd := [name for name in self.names if _CONTROL.search(name)]:
            raise ValueError(f"expected labels without control characters, got {preview(odd[0])}")
        if not self.names:
            raise ValueError("expected at least one label, got none")
        self._numbers = {name: number for number, name in enumerate(self.names)}
        if len(self._numbers) < len(self.names):
            twice = Counter(self.names).most_common(1)[0][0]
            raise ValueError(f"expected each label once, got {preview(twice)} more than once")

    @property
    def label2idx(self) -> dict[str, int]:
        """The number of each label."""
        return dict(self._numbers)

    @property
    def idx2label(self) -> dict[int, str]:
        """The label of each number."""
        return dict(enumerate(self.names))

    @property
    def vocab_size(self) -> int:
        """The number of labels."""
        return len(self.names)

    def __len__(self) -> int:
        """Return the number of labels."""
        return len(self.names)

    def __repr__(self) -> str:
        """Show the labels."""
        return f"Labels({preview(list(self.names), 200)})"

    def numbers(self, labels: Sequence[str]) -> np.ndarray:
        """Return the numbers of labels.

        Args:
            labels: known ones.

        Returns:
            int32 (labels,).

        Raises:
            ValueError: if one is not known.

        Example:
            >>> Labels(["ham", "spam"]).numbers(["spam", "ham"])
            array([1, 0], dtype=int32)
        """
        try:
            return np.fromiter(map(self._numbers.__getitem__, labels), np.int32, len(labels))
        except KeyError:
            self.require(labels, "labels")
            raise

    def unknown(self, labels: Iterable[str]) -> list[str]:
        """List labels that are not known.

        Args:
            labels: any.

        Returns:
            Each once, in order.

        Example:
            >>> Labels(["ham"]).unknown(["spam", "ham", "eggs"])
            ['eggs', 'spam']
        """
        found = {plain(label) if isinstance(label, str) else str(label) for label in labels}
        return sorted(found - {*self.names})

    def warn_of_unknown(self, labels: Iterable[str]) -> None:
        """Warn of gold labels that a model cannot find.

        Args:
            labels: of texts that are scored.

        Warns:
            UserWarning: it lists them.
        """
        if unknown := self.unknown(labels):
            warnings.warn(
                f"training had no {preview(unknown, 200)}: they are scored as missed",
                stacklevel=3,
            )

    def require(self, labels: Iterable[str], where: str) -> None:
        """Refuse labels that are not known.

        Args:
            labels: any.
            where: they stand, for the error.

        Raises:
            ValueError: it lists all that are not known.

        Example:
            >>> Labels(["ham"]).require(["ham", "spam"], "the validation data")
            Traceback (most recent call last):
                ...
            ValueError: expected labels that training had, ['ham'], got ['spam'] in the valida...
        """
        if unknown := self.unknown(labels):
            raise ValueError(
                f"expected labels that training had, {preview(list(self.names), 200)}, got "
                f"{preview(unknown, 200)} in {where}: train a new model on texts with all labels, "
                "or leave these texts out"
            )


def require_by_label(class_weight: Any) -> None:
    """Refuse weights that are not given by label.

    Args:
        class_weight: what was given.

    Raises:
        TypeError: if it is no dict.

    Example:
        >>> require_by_label({"O": 0.5})
    """
    if not isinstance(class_weight, Mapping):
        raise TypeError(
            "expected class_weight as a dict from labels to weights, such as {'O': 0.5}, got "
            f"{preview(class_weight)}: sklearn.utils.class_weight.compute_class_weight makes "
            "balanced ones"
        )
