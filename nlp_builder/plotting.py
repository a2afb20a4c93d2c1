"""Pictures for notebooks; matplotlib is imported when one is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_history", "plot_lengths", "plot_transitions"]

# Bars of lengths; more of them are thinner than a person can tell.
_BARS = 120


def plot_transitions(transitions: Any, tags: Sequence[str], *, axes: Axes | None = None) -> Axes:
    """Draw the transition scores of a CRF: from the tag of a row to the tag of a column.

    Args:
        transitions: (tags, tags), such as `crf.transitions`.
        tags: the names of the tags, in the order of their ids.
        axes: where to draw; None for a new figure.

    Returns:
        The axes.

    Raises:
        ValueError: if the scores are not a square of as many rows as tags.

    Example:
        >>> import matplotlib; matplotlib.use("agg")
        >>> plot_transitions([[1.0, -1.0], [0.5, 0.0]], ["O", "B-PER"]).get_title()
        'Transition scores'
    """
    scores = np.asarray(transitions, "float32")
    if scores.shape != (len(tags), len(tags)):
        raise ValueError(f"expected scores of shape {(len(tags),) * 2}, got {scores.shape}")
    axes = _axes(axes, size=(1.5 + 0.55 * len(tags), 1 + 0.5 * len(tags)))
    limit = float(np.abs(scores).max()) or 1.0
    image = axes.imshow(scores, cmap="RdBu", vmin=-limit, vmax=limit)
    axes.figure.colorbar(image, ax=axes, shrink=0.8)
    axes.set_xticks(range(len(tags)), tags, rotation=90)
    axes.set_yticks(range(len(tags)), tags)
    axes.set_xlabel("to")
    axes.set_ylabel("from")
    axes.set_title("Transition scores")
    return axes


def plot_history(
    history: Mapping[str, Sequence[float]], *, metric: str = "loss", axes: Axes | None = None
) -> Axes:
    """Draw a metric over the epochs, for training and, if it is there, for validation.

    Args:
        history: what Keras' `History.history` holds.
        metric: a name in it; "val_" and the name is drawn beside it, or alone, as "f1" of
            `EvalCallBack`.
        axes: where to draw; None for a new figure.

    Returns:
        The axes.

    Raises:
        ValueError: if the history has no such metric.

    Example:
        >>> import matplotlib; matplotlib.use("agg")
        >>> plot_history({"loss": [2.0, 1.0], "val_loss": [2.2, 1.5]}).get_ylabel()
        'loss'
    """
    from matplotlib.ticker import MaxNLocator

    if metric not in history and f"val_{metric}" not in history:
        raise ValueError(f"expected one of the metrics {sorted(history)}, got {metric!r}")
    axes = _axes(axes, size=(6, 3.5))
    for name, label in ((metric, "training"), (f"val_{metric}", "validation")):
        if name in history:
            axes.plot(range(1, len(history[name]) + 1), history[name], marker="o", label=label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_xlabel("epoch")
    axes.set_ylabel(metric)
    axes.legend()
    return axes


def plot_lengths(
    lengths: Sequence[int],
    *,
    maxlen: int | None = None,
    unit: str = "tokens",
    axes: Axes | None = None,
) -> Axes:
    """Draw how many texts have which length, and where a maximum would cut.

    A few texts that are far longer than all others are not drawn; the axis says how many.

    Args:
        lengths: the number of tokens, or of characters, of each text.
        maxlen: a maximum that is drawn as a line; None for none.
        unit: what was counted.
        axes: where to draw; None for a new figure.

    Returns:
        The axes.

    Raises:
        ValueError: if there are no lengths.

    Example:
        >>> import matplotlib; matplotlib.use("agg")
        >>> plot_lengths([3, 5, 5, 8], maxlen=6).get_xlabel()
        'tokens'
        >>> plot_lengths([40] * 99 + [9000], unit="characters").get_xlabel()
        'characters (1 text is longer)'
    """
    if len(lengths) == 0:
        raise ValueError("expected the lengths of some texts, got none")
    axes = _axes(axes, size=(6, 3))
    edges = _edges(lengths, maxlen)
    axes.hist(lengths, bins=[edge + 0.5 for edge in edges])
    if maxlen is not None:
        cut = np.mean(np.asarray(lengths) > maxlen)
        axes.axvline(maxlen + 0.5, color="tab:red", label=f"maximum {maxlen}, cuts {cut:.1%}")
        axes.legend()
    axes.set_xlabel(unit + _longer(int(np.sum(np.asarray(lengths) > edges[-1]))))
    axes.set_ylabel("texts")
    return axes


def _edges(lengths: Sequence[int], maxlen: int | None) -> range:
    """Choose the bars: up to the longest text, or to half as much again as nearly all have."""
    longest = max(*lengths, 1)
    nearly_all = max(int(np.quantile(lengths, 0.99, method="lower")), maxlen or 1, 1)
    if longest > 3 * nearly_all:
        longest = 3 * nearly_all // 2
    width = max(1, round(longest / _BARS))
    return range(0, longest + width, width)


def _longer(number: int) -> str:
    if number == 0:
        return ""
    return f" ({number} {'text is' if number == 1 else 'texts are'} longer)"


def _axes(axes: Axes | None, *, size: tuple[float, float]) -> Axes:
    if axes is not None:
        return axes
    from matplotlib import pyplot

    return pyplot.subplots(figsize=size, layout="constrained")[1]
