"""Scores of predicted tags: by entity, as conlleval or strictly, and by token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import seqeval.metrics
import seqeval.scheme
import sklearn.metrics

from nlp_builder.text.checks import preview
from nlp_builder.text.schemes import parse_tag

Mode = Literal["conlleval", "strict"]
_AVERAGES = ("micro avg", "macro avg", "weighted avg")


@dataclass(frozen=True, repr=False)
class EntityReport:
    """Precision, recall and F1 of entities.

    Args:
        mode: the rule by which tags are read as entities.
        by_type: for each type, and for the averages "micro avg", "macro avg" and "weighted avg", a
            mapping with "precision", "recall", "f1-score" (0 to 1) and "support" (entities in
            gold).

    Example:
        >>> report = entity_report([["B-PER"]], [["B-PER"]])
        >>> report.f1, report.by_type["PER"]["support"]
        (1.0, 1.0)
    """

    mode: Mode
    by_type: Mapping[str, Mapping[str, float]]

    @property
    def precision(self) -> float:
        """The share of predicted entities that are right, over all types."""
        return self.by_type["micro avg"]["precision"]

    @property
    def recall(self) -> float:
        """The share of gold entities that were found, over all types."""
        return self.by_type["micro avg"]["recall"]

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall, over all types (0 if both are 0)."""
        return self.by_type["micro avg"]["f1-score"]

    def __str__(self) -> str:
        return self.table()

    def __repr__(self) -> str:
        """Show the averages in a line: `evaluate` has printed the table when a notebook shows it.

        `print` shows the table.
        """
        entities = self.by_type["micro avg"]["support"]
        return (
            f"<EntityReport, precision {self.precision:.4f}, recall {self.recall:.4f}, "
            f"f1 {self.f1:.4f}, {entities:.0f} entities>"
        )

    def table(self, digits: int = 4) -> str:
        """Show the report.

        Args:
            digits: of the numbers, behind the point.

        Returns:
            A line for each type and each average.
        """
        width = max(map(len, self.by_type))
        first, second, third = (max(digits + 2, size) for size in (9, 6, 8))
        lines = [
            f"{'':{width}}  {'precision':>{first}}  {'recall':>{second}}  {'f1-score':>{third}}  "
            "support"
        ]
        for name, row in self.by_type.items():
            lines.append(
                f"{name:>{width}}  {row['precision']:{first}.{digits}f}  "
                f"{row['recall']:{second}.{digits}f}  {row['f1-score']:{third}.{digits}f}  "
                f"{row['support']:7.0f}"
            )
        return "\n".join([*lines, f"(entities, scored as {self.mode}, by seqeval)"])


def entity_report(
    gold: Sequence[Sequence[str]],
    predicted: Sequence[Sequence[str]],
    *,
    mode: Mode = "conlleval",
    scheme: str = "IOB2",
) -> EntityReport:
    """Score predicted tags by entity: right are those whose type, start and end are right.

    Scorers differ in what they make of tags that break the scheme, an I-LOC after O, say
    (Lignos and Kamyab 2020, https://aclanthology.org/2020.insights-1.15).

    Args:
        gold: a list of tags for each text.
        predicted: as many, and as long.
        mode: "conlleval" takes such a tag as the start of an entity, as the script of the CoNLL
            shared tasks does (Tjong Kim Sang and Buchholz 2000), and reads IOB1, IOB2 and BIOES by
            the same rules; "strict" takes only entities that are whole in `scheme`.
        scheme: "IOB1", "IOB2" or "BIOES", for "strict".

    Returns:
        The report; types that only one side has are in it.

    Raises:
        ValueError: if lengths differ, mode or scheme is unknown, or, for "strict", a tag is none
            of the scheme.
        TypeError: if the tags of a text are not a list of strings.

    Example:
        >>> report = entity_report([["B-PER", "I-PER", "O"]], [["B-PER", "I-PER", "B-LOC"]])
        >>> report.precision, report.recall
        (0.5, 1.0)
    """
    gold, predicted = _same_lengths(gold, predicted)
    options: dict[str, Any] = {"output_dict": True, "zero_division": 0}
    if mode == "strict":
        options |= {"mode": "strict", "scheme": _scheme(scheme)}
        _require_scheme(gold, scheme)
        _require_scheme(predicted, scheme)
    elif mode != "conlleval":
        raise ValueError(f"mode must be 'conlleval' or 'strict', got {mode!r}")
    if not any(tag != "O" for tags in (*gold, *predicted) for tag in tags):
        return EntityReport(mode, {name: _row(0, 0, 0, 0) for name in _AVERAGES})
    rows = seqeval.metrics.classification_report(gold, predicted, **options)
    return EntityReport(
        mode,
        {
            name: _row(row["precision"], row["recall"], row["f1-score"], row["support"])
            for name, row in rows.items()
        },
    )


def token_report(
    gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]], *, digits: int = 2
) -> str:
    """Score predicted tags by token.

    Args:
        gold: a list of tags for each text.
        predicted: as many, and as long.
        digits: of the numbers, behind the point.

    Returns:
        scikit-learn's report, a line for each tag.

    Raises:
        ValueError: if lengths differ, or there are no tokens.

    Example:
        >>> print(token_report([["O", "B-PER"]], [["O", "O"]]).splitlines()[2].split())
        ['B-PER', '0.00', '0.00', '0.00', '1']
    """
    gold, predicted = _same_lengths(gold, predicted)
    flat_gold = [tag for tags in gold for tag in tags]
    if not flat_gold:
        raise ValueError("expected tags, got texts without tokens: there is nothing to score")
    flat_predicted = [tag for tags in predicted for tag in tags]
    return sklearn.metrics.classification_report(
        flat_gold, flat_predicted, digits=digits, zero_division=0
    )


def _scheme(name: str) -> Any:
    if name not in ("IOB1", "IOB2", "BIOES"):
        raise ValueError(f"scheme must be 'IOB1', 'IOB2' or 'BIOES', got {name!r}")
    return getattr(seqeval.scheme, "IOBES" if name == "BIOES" else name)


def _require_scheme(texts: list[list[str]], scheme: Any) -> None:
    for tag in sorted({tag for tags in texts for tag in tags}):
        try:
            parse_tag(tag, scheme)
        except ValueError as error:
            raise ValueError(f"{error}: pass the scheme of the tags, scheme=...") from error


def _row(precision: float, recall: float, f1: float, support: float) -> dict[str, float]:
    names = ("precision", "recall", "f1-score", "support")
    return dict(zip(names, map(float, (precision, recall, f1, support)), strict=True))


def _same_lengths(
    gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]
) -> tuple[list[list[str]], list[list[str]]]:
    gold, predicted = _lists(gold), _lists(predicted)
    if len(gold) != len(predicted):
        raise ValueError(f"expected tags for {len(gold)} texts, got {len(predicted)}")
    for position, (one, other) in enumerate(zip(gold, predicted, strict=True)):
        if len(one) != len(other):
            raise ValueError(
                f"text {position} has {len(one)} gold tags and {len(other)} predicted ones"
            )
    return gold, predicted


def _lists(texts: Sequence[Sequence[str]]) -> list[list[str]]:
    for position, tags in enumerate(texts):
        if isinstance(tags, str) or not all(isinstance(tag, str) for tag in tags):
            raise TypeError(
                f"expected a list of tags for each text, got {preview(tags)} for text {position}: "
                "pass a list of lists of strings"
            )
    return [list(tags) for tags in texts]
