"""What users hand to fit and evaluate, as batches for Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nlp_builder.features import tree
from nlp_builder.features.batching import Batches, is_stream, stream
from nlp_builder.features.targets import by_output, stream_by_output

if TYPE_CHECKING:
    from nlp_builder.features.training import Trainable


def batches_of(
    block: Trainable, x: Any, y: Any, weights: Any, batch_size: int, epoch: int = 0, **kwargs: Any
) -> Any:
    """Make batches of texts, or turn batches of texts into batches of ids.

    Args:
        block: what reads the texts.
        x: texts, or a generator or PyDataset of batches of them.
        y: targets.
        weights: weights, or None.
        batch_size: texts in a batch.
        epoch: the number of the first epoch, whose order is that of no other; batches and streams
            have their own.
        **kwargs: `shuffle`, and workers of Keras' data machinery.

    Returns:
        A PyDataset or a generator.

    Raises:
        ValueError: if there are no texts or no targets, or targets beside batches.
    """
    name, names = type(block).__name__, block.output_names
    if is_stream(x):
        _require_none(y=y, sample_weight=weights)
        kwargs.pop("shuffle")
        source = x if names is None else stream_by_output(x, names)
        return stream(block, source, with_targets=True, by_token=_have_tokens(block), **kwargs)
    if y is None:
        raise ValueError(
            f"{name} expects targets beside the texts, got none: pass y, or a generator or "
            "PyDataset of (texts, targets); datasets of TensorFlow are not read"
        )
    batches = Batches(
        block,
        x,
        by_output("targets", y, names),
        sample_weight=by_output("weights", weights, names),
        by_token=_have_tokens(block),
        batch_size=batch_size,
        random_seed=block.random_seed,
        copy=False,  # they do not outlive the call
        **kwargs,
    )
    if not len(batches):
        raise ValueError(f"{name} expects texts and targets, got no text")
    batches.epoch = epoch
    return batches


def validation_of(block: Trainable, data: Any, batch_size: int, **kwargs: Any) -> Any:
    """Make batches to validate on, all texts of them and in order.

    Args:
        block: what reads the texts.
        data: (texts, targets) or (texts, targets, weights), or batches, or None.
        batch_size: texts in a batch.
        **kwargs: workers of Keras' data machinery.

    Returns:
        A PyDataset, a generator, or None.

    Raises:
        TypeError: if the data is no such thing.
    """
    if data is None:
        return None
    if is_stream(data):
        return batches_of(block, data, None, None, batch_size, shuffle=False)
    if not isinstance(data, tuple | list) or len(data) not in (2, 3):
        raise TypeError(
            "expected validation_data as (texts, targets) or (texts, targets, weights), got "
            f"{type(data).__name__}"
        )
    texts, targets, weights = (*data, None)[:3]
    return batches_of(block, texts, targets, weights, batch_size, shuffle=False, **kwargs)


def _have_tokens(block: Trainable) -> Any:
    """Tell of each output whether its targets are one for each token."""
    shapes = [shape.shape for shape in tree.output_shapes(block)]
    steps = [len(shape) > 1 or shape[:1] == (None,) for shape in shapes]
    names = block.output_names
    return steps[0] if names is None else dict(zip(names, steps, strict=True))


def _require_none(**arguments: Any) -> None:
    given = [name for name, value in arguments.items() if value is not None]
    if given:
        raise ValueError(
            f"expected no {' and no '.join(given)} beside a generator or a PyDataset, which gives "
            "them with each batch"
        )
