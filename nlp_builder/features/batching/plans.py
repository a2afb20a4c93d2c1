"""The choice of a plan: what decides which texts share a batch."""

from __future__ import annotations

from nlp_builder.features.batching.bucket_lengths import BucketLengths
from nlp_builder.features.batching.counted_texts import CountedTexts
from nlp_builder.features.batching.order import BatchSize, Bucketed, InOrder, Plan, Shuffled
from nlp_builder.text.checks import positive_int


def read_batch_size(batch_size: int | None, batch_tokens: int | None) -> BatchSize:
    """Return what decides how many texts share a batch.

    Args:
        batch_size: texts in a batch, or None.
        batch_tokens: the most tokens in a batch, or None.

    Returns:
        One of both; 32 texts if there is none.

    Raises:
        ValueError: if there are both, or one is below 1.

    Example:
        >>> read_batch_size(None, None).texts
        32
    """
    if batch_tokens is None:
        return BatchSize(positive_int("batch_size", 32 if batch_size is None else batch_size))
    if batch_size is not None:
        raise ValueError(
            f"expected batch_size or batch_tokens, got both, {batch_size} and {batch_tokens}: "
            "leave one out"
        )
    return BatchSize(None, positive_int("batch_tokens", batch_tokens))


def to_train(
    texts: CountedTexts,
    size: BatchSize,
    buckets: BucketLengths,
    *,
    shuffle: bool,
    bucketing: bool,
    seed: int,
) -> Plan:
    """Return a plan of any number of epochs.

    Args:
        texts: of the batches.
        size: of a batch.
        buckets: the lengths that batches are padded to.
        shuffle: whether the order changes.
        bucketing: whether texts of like lengths share a batch then.
        seed: of the order.

    Returns:
        A plan.

    Raises:
        TypeError: if the seed is no whole number.
        ValueError: if it is below 0, or the number of batches would change with the order.
    """
    if texts.width is not None:
        size = BatchSize(size.at(texts.width))
    positive_int("random_seed", seed, least=0)
    if not shuffle:
        return _in_order(texts, size, buckets)
    if texts.width is None and bucketing:
        return Bucketed(texts.lengths, size, buckets, seed=seed)
    if size.texts is None:
        raise ValueError(
            "expected batch_size where texts are shuffled without bucketing, got batch_tokens: "
            "the number of batches would change with each epoch, and Keras asks for it once"
        )
    return Shuffled(len(texts), size, seed=seed)


def to_predict(texts: CountedTexts, size: BatchSize, buckets: BucketLengths) -> Plan:
    """Return the plan that pads least.

    Args:
        texts: of the batches.
        size: of a batch.
        buckets: the lengths that batches are padded to.

    Returns:
        A plan, of one epoch.
    """
    if texts.width is not None:
        return _in_order(texts, BatchSize(size.at(texts.width)), buckets)
    return Bucketed(texts.lengths, size, buckets, seed=None)


def _in_order(texts: CountedTexts, size: BatchSize, buckets: BucketLengths) -> Plan:
    if size.tokens is None:
        return InOrder(len(texts), size)
    widths = buckets.pad(texts.lengths)
    plan = InOrder(len(texts), size, widths)
    batches = plan.batches(0)
    longest = [int(widths[rows].max()) for rows in batches]
    if len({*longest}) > 1 and longest[0] == longest[1]:
        # The second one will be widened, so there is room for fewer texts.
        widths = widths.copy()
        widths[batches[1][0]] = buckets.longer(longest[1])
        return InOrder(len(texts), size, widths)
    return plan
