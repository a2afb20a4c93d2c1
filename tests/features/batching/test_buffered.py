"""Streams that can be read again, in batches of like lengths, for models written by hand."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.batching import Batches, StreamBatches
from nlp_builder.features.batching.buffered import in_buckets
from tests.features.batching.letters import Letters, tagger

TEXTS = ["ab" * int(n) for n in np.random.default_rng(0).geometric(1 / 5, 100)]
PAIRS = [(text, [n % 5] * len(text)) for n, text in enumerate(TEXTS)]


def lengths(items):
    return [len(item) for item in items]


@given(
    items=st.lists(st.text(max_size=5), max_size=60),
    size=st.integers(1, 9),
    seed=st.none() | st.integers(0, 9),
    at_once=st.integers(1, 4),
)
def test_a_pass_has_all_items_once_and_a_smaller_batch_last(items, size, seed, at_once):
    batches = list(in_buckets(items, size, lengths, seed=seed, batches_at_once=at_once))
    assert sorted(itertools.chain(*batches)) == sorted(items)
    assert len(batches) == -(-len(items) // size)
    assert all(len(batch) == size for batch in batches[:-1])
    if seed is None:
        assert list(itertools.chain(*batches)) == items


def test_like_lengths_share_a_batch_and_passes_differ():
    def padded(batches):
        return sum(len(batch) * max(map(len, batch)) for batch in batches)

    passes = [list(in_buckets(TEXTS, 8, lengths, seed=1, epoch=n)) for n in (0, 1, 0)]
    assert passes[0] == passes[2] != passes[1]
    assert padded(passes[0]) < 0.7 * padded(in_buckets(TEXTS, 8, lengths, seed=None))


def test_no_more_is_read_than_is_in_memory():
    read = []
    source = (read.append(text) or text for text in TEXTS)
    batches = in_buckets(source, 4, lengths, seed=1, batches_at_once=3)
    next(batches)
    assert len(read) == 12
    for _ in range(3):
        next(batches)
    assert len(read) == 24


def test_batches_of_a_stream_are_its_texts_with_their_targets():
    batches = StreamBatches(Letters(), lambda: iter(PAIRS), batch_size=8)
    assert len(batches) == 13
    endless = iter(batches)
    for _ in range(2):
        found = []
        for ids, tags in itertools.islice(endless, len(batches)):
            for row, own in zip(ids, tags, strict=True):
                size = int((row != 0).sum())
                assert not own[size:].any()
                found.append((size, own[:size].tolist()))
        assert sorted(found) == sorted((len(text), own) for text, own in PAIRS)


def test_weights_names_and_few_lengths():
    blocks = [Letters(names=("who",)), Letters(names=("what",))]
    rows = [({"who": "a" * n, "what": "ab"}, n, 0.5 * n) for n in range(1, 9)]
    batches = StreamBatches(blocks, rows, batch_size=4, bucket_lengths=(4, 8), shuffle=False)
    (who, what), targets, weights = next(iter(batches))
    assert who.shape == (4, 4) and what.shape == (4, 4)
    assert targets.tolist() == [1, 2, 3, 4] and weights.tolist() == [0.5, 1, 1.5, 2]
    pairs = [((who["who"], who["what"]), n) for who, n, _ in rows]
    (other, _), _ = next(iter(StreamBatches(blocks, pairs, batch_size=4, shuffle=False)))
    np.testing.assert_array_equal(other, who)


def test_a_model_fits_a_stream():
    pairs = [(text, [ord(letter) % 2 for letter in text]) for text in TEXTS]
    batches = StreamBatches(Letters(), lambda: iter(pairs), batch_size=16)
    history = (
        tagger()
        .fit(iter(batches), steps_per_epoch=len(batches), epochs=3, shuffle=False, verbose=0)
        .history
    )
    assert history["loss"][-1] < history["loss"][0]


def contents(batches):
    return [
        [
            {name: (a.dtype, a.tolist()) for name, a in part.items()}
            if isinstance(part, dict)
            else part.tolist()
            for part in batch
        ]
        for batch in batches
    ]


@pytest.mark.parametrize("by_output", [True, False], ids=["weights by output", "by text"])
def test_several_outputs_have_what_batches_give_them(by_output):
    tags = [tags for _, tags in PAIRS]
    kinds = [[n % 2, 1, 0] for n in range(len(TEXTS))]
    weights = [{"tags": [0.5] * len(text), "kind": 2.0} if by_output else 1.5 for text in TEXTS]
    rows = [(text, {"tags": tags[n], "kind": kinds[n]}, weights[n]) for n, text in enumerate(TEXTS)]
    options = {"by_token": {"tags": True, "kind": False}, "batch_size": 8, "shuffle": False}
    stream = StreamBatches(Letters(), rows, **options)
    whole = weights
    if by_output:
        whole = {name: [weight[name] for weight in weights] for name in ("tags", "kind")}
    targets = {"tags": tags, "kind": kinds}
    batches = Batches(Letters(), TEXTS, targets, sample_weight=whole, **options)
    assert contents(itertools.islice(stream, len(stream))) == contents(batches)


BOTH = {"tags": [1, 1], "kind": 1}


@pytest.mark.parametrize("batch_size", [2, 1], ids=["in a batch", "in two"])
@pytest.mark.parametrize(
    ("first", "odd", "message"),
    [
        (
            BOTH,
            {"kind": 1},
            r"outputs \['kind', 'tags'\], .* one for the outputs \['kind'\]",
        ),
        (BOTH, [1, 1], r"\['kind', 'tags'\], .* got one for one output without a name"),
        (
            [1, 1],
            BOTH,
            r"one output without a name, .* got one for the outputs \['kind', 'ta",
        ),
        (BOTH, {}, r"got one for the outputs \[\]: give each text a dict of all outputs"),
    ],
)
def test_all_texts_have_the_same_outputs(first, odd, message, batch_size):
    targets = [("ab", first), ("ab", odd)]
    weights = [("ab", BOTH, first), ("ab", BOTH, odd)]
    for kind, rows in (("targets", targets), ("weights", weights)):
        stream = StreamBatches(
            Letters(),
            rows,
            batch_size=batch_size,
            shuffle=False,
            by_token={"tags": True, "kind": False},
        )
        with pytest.raises(ValueError, match=f"expected {kind} for .*{message}"):
            list(itertools.islice(stream, 2))


def test_the_next_pass_has_the_outputs_of_the_first():
    passes = iter([[("ab", {"kind": 1})], [("ab", {"other": 1})]])
    batches = iter(StreamBatches(Letters(), lambda: next(passes)))
    next(batches)
    with pytest.raises(ValueError, match=r"\['kind'\], .* got one for the outputs \['other'\]"):
        next(batches)


def test_outputs_are_at_least_one():
    for rows in ([("ab", {})], [("ab", [1, 1], {})]):
        with pytest.raises(ValueError, match=r"of at least one output, got \{\}"):
            next(iter(StreamBatches(Letters(), rows)))


@pytest.mark.parametrize("once", [iter(PAIRS), "a text", 3, (pair for pair in PAIRS)])
def test_what_can_be_read_once_only_is_refused(once):
    with pytest.raises(
        TypeError, match=r"read again in each epoch, got .* returns a new generator"
    ):
        StreamBatches(Letters(), once)


@pytest.mark.parametrize("odd", ["ab", ("ab",), ["ab", [1, 1]]])
def test_what_are_no_pairs_is_refused(odd):
    with pytest.raises(TypeError, match="expected pairs of a text and its labels, or triples"):
        next(iter(StreamBatches(Letters(), [odd])))
    with pytest.raises(ValueError, match="got a stream without any"):
        next(iter(StreamBatches(Letters(), [])))


def test_pairs_do_not_mix_with_triples():
    for mixed, message in (
        ([("ab", [1, 1]), ("a", [1], [0.5])], "tuple of 2 first and one of 3 at position 1"),
        ([("ab", [1, 1], 1), ("a", [1], 1), ("a", [1])], "of 3 first and one of 2 at position 2"),
    ):
        with pytest.raises(TypeError, match=message):
            next(iter(StreamBatches(Letters(), mixed)))


def test_no_lengths_are_chosen_for_a_stream():
    with pytest.raises(ValueError, match=r"got a number of them: give the lengths, as"):
        StreamBatches(Letters(), PAIRS, bucket_lengths=3)
