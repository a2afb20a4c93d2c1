"""Which texts share a batch: laws that hold for any lengths, seeds and epochs."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.features.batching.bucket_lengths import BucketLengths, read_bucket_lengths
from nlp_builder.features.batching.order import BatchSize, Bucketed, InOrder, Shuffled

LENGTHS = st.lists(st.integers(0, 40), max_size=60).map(lambda rows: np.array(rows, "int32"))
SIZES = st.one_of(
    st.integers(1, 70).map(BatchSize), st.integers(1, 120).map(lambda n: BatchSize(None, n))
)
BUCKETS = st.lists(st.integers(1, 30), max_size=4, unique=True).map(sorted).map(BucketLengths)
EPOCHS = range(4)


def plans(lengths, size, buckets):
    yield Bucketed(lengths, size, buckets, seed=3)
    yield Bucketed(lengths, size, buckets, seed=None)
    yield InOrder(len(lengths), size, buckets.pad(lengths) if size.tokens else None)
    if size.texts:
        yield Shuffled(len(lengths), size, seed=3)


@given(lengths=LENGTHS, size=SIZES, buckets=BUCKETS)
def test_each_epoch_has_each_text_once_in_as_many_batches_of_as_many(lengths, size, buckets):
    for plan in plans(lengths, size, buckets):
        epochs = [plan.batches(epoch) for epoch in EPOCHS]
        for batches in epochs:
            assert sorted(itertools.chain(*batches)) == list(range(len(lengths)))
            assert all(len(rows) for rows in batches)
        assert len({tuple(sorted(map(len, batches))) for batches in epochs}) == 1


@given(lengths=LENGTHS, tokens=st.integers(1, 120), buckets=BUCKETS)
def test_a_batch_of_several_texts_has_no_more_tokens_than_it_may(lengths, tokens, buckets):
    for plan in plans(lengths, BatchSize(None, tokens), buckets):
        for rows in itertools.chain(*map(plan.batches, EPOCHS)):
            width = int(buckets.pad(lengths[rows].max()))
            assert len(rows) == 1 or len(rows) * width <= tokens


@given(lengths=LENGTHS, size=SIZES, buckets=BUCKETS)
def test_an_epoch_is_a_function_of_seed_and_number(lengths, size, buckets):
    for one, other in zip(*(plans(lengths, size, buckets) for _ in range(2)), strict=True):
        one.batches(0)
        for rows, same in zip(one.batches(2), other.batches(2), strict=True):
            np.testing.assert_array_equal(rows, same)


def lengths_of_a_corpus(number=2000):
    return np.random.default_rng(1).geometric(1 / 14, number).astype("int32")


def mates(batches):
    return {
        frozenset(pair) for rows in batches for pair in itertools.combinations(rows.tolist(), 2)
    }


def test_few_texts_meet_again_and_none_is_left_out_of_the_mixing():
    lengths = lengths_of_a_corpus()
    plan = Bucketed(lengths, BatchSize(32), BucketLengths(), seed=0)
    first, second = (mates(plan.batches(epoch)) for epoch in (0, 1))
    assert len(first & second) / len(first) < 0.3
    assert [rows.tolist() for rows in plan.batches(0)] != sorted(
        (rows.tolist() for rows in plan.batches(0)), key=lambda rows: lengths[rows].max()
    )


def test_texts_that_are_padded_alike_meet_by_chance_alone():
    lengths = np.array([1, 2, 3, 4] * 50)
    plan = Bucketed(lengths, BatchSize(10), BucketLengths([4]), seed=0)
    assert all(len({*lengths[rows]}) > 1 for rows in plan.batches(0))


def test_lengths_are_padded_to_the_next_or_to_a_multiple_of_the_last():
    buckets = BucketLengths([3, 8])
    assert buckets.pad([0, 1, 3, 4, 8, 9, 16, 17]).tolist() == [3, 3, 3, 8, 8, 16, 16, 24]
    assert [buckets.longer(length) for length in (3, 8, 16)] == [8, 16, 24]


@given(
    lengths=st.lists(st.integers(0, 12), max_size=12).map(lambda rows: np.array(rows, "int32")),
    number=st.integers(1, 4),
)
def test_no_other_lengths_of_that_number_would_pad_less(lengths, number):
    found = read_bucket_lengths(number, lambda: lengths)
    values = sorted({max(1, int(length)) for length in lengths} or {1})
    assert len(found.lengths) == min(number, len(values)) and found.lengths[-1] == values[-1]
    rivals = (
        BucketLengths([*some, values[-1]])
        for some in itertools.combinations(values[:-1], min(number, len(values)) - 1)
    )
    assert found.pad(lengths).sum() == min(rival.pad(lengths).sum() for rival in rivals)


def test_lengths_are_chosen_among_any_number_of_them():
    lengths = np.arange(1, 5000)
    found = read_bucket_lengths(4, lambda: lengths)
    np.testing.assert_allclose(found.lengths, [1250, 2500, 3750, 4999], atol=25)


@pytest.mark.parametrize(
    "wrong", [[], [0, 3], [4, 2], [2, 2], 0, [1.5], "ab", b"ab", [10**30], True]
)
def test_odd_lengths_are_refused(wrong):
    with pytest.raises((TypeError, ValueError), match="bucket_lengths"):
        read_bucket_lengths(wrong, lambda: np.array([1]))


@pytest.mark.parametrize("size", [BatchSize(32), BatchSize(None, 448)])
def test_short_texts_of_any_length_share_a_batch_at_little_cost(size):
    lengths = 1 + np.random.default_rng(1).gamma(3, 5, 8000).astype("int32")
    batches = Bucketed(lengths, size, BucketLengths(), seed=0).batches(0)
    short = [lengths[rows] for rows in batches if lengths[rows].max() < lengths.mean() / 2]
    assert len(short) > 5
    assert all(len(set(own.tolist())) > 4 for own in short)
    assert sum(lengths[rows].max() * len(rows) for rows in batches) <= 1.1 * lengths.sum()


def test_short_texts_meet_only_their_likes_where_padding_would_be_more_than_a_tenth():
    lengths = lengths_of_a_corpus()
    batches = Bucketed(lengths, BatchSize(32), BucketLengths(), seed=0).batches(0)
    short = [lengths[rows] for rows in batches if lengths[rows].max() < lengths.mean() / 2]
    assert len(short) > 5
    assert all(own.max() - own.min() < 3 for own in short)
