"""How far batches are padded: to few lengths, by number of texts or of tokens."""

import numpy as np
import pytest

from nlp_builder.batching import Batches, StreamBatches
from nlp_builder.features import ModelIOShape
from tests.features.batching.letters import Letters, classifier, tagger

TEXTS = ["a" * int(n) for n in np.random.default_rng(0).geometric(1 / 9, 300)]
BUCKETS = (4, 8, 16, 32)


def shapes_of(batches: Batches) -> list[tuple[int, ...]]:
    return [batch[0].shape for batch in (batches[n] for n in range(len(batches)))]


@pytest.mark.parametrize("size", [{"batch_size": 16}, {"batch_tokens": 128}])
@pytest.mark.parametrize("shuffle", [True, False])
def test_batches_have_few_lengths(size, shuffle):
    lengths = set()
    batches = Batches(Letters(), TEXTS, bucket_lengths=BUCKETS, shuffle=shuffle, **size)
    for epoch in range(3):
        batches.epoch = epoch
        lengths |= {width for _, width in shapes_of(batches)}
    # What is longer goes to a multiple of the last.
    assert lengths <= {*BUCKETS, 64, 96}


def test_a_compiler_meets_few_shapes():
    batches = Batches(Letters(), TEXTS, batch_tokens=256, bucket_lengths=BUCKETS)
    shapes = set()
    for epoch in range(5):
        batches.epoch = epoch
        shapes |= {*shapes_of(batches)}
    widths = {width for _, width in shapes}
    # One size for each width; fewer of the shortest texts.
    assert len(shapes) <= 2 * len(widths) + 2


class Words(Letters):
    """Reads words by their letters, as many as the longest word of the batch has."""

    @property
    def inputs_shape(self) -> ModelIOShape:
        return ModelIOShape((None, None), "int32")

    def preprocess_texts(self, texts: list[list[str]]) -> np.ndarray:
        longest = max(len(word) for text in texts for word in text)
        ids = np.zeros((len(texts), max(map(len, texts)), longest), "int32")
        for row, text in enumerate(texts):
            for place, word in enumerate(text):
                ids[row, place, : len(word)] = 1
        return ids


def test_letters_of_words_have_few_lengths_too():
    random = np.random.default_rng(2)
    texts = [["b" * n for n in random.integers(1, 14, random.integers(1, 20))] for _ in range(100)]
    batches = Batches(Words(), texts, batch_size=8, bucket_lengths=(4, 8, 16))
    shapes = {shape[1:] for shape in shapes_of(batches)}
    assert {size for shape in shapes for size in shape} <= {4, 8, 16, 32}
    assert len(shapes) <= 3 * 3


def test_tags_are_as_wide_as_their_tokens():
    tags = [[1] * len(text) for text in TEXTS]
    batches = Batches(Letters(), TEXTS, tags, bucket_lengths=BUCKETS)
    for ids, targets in (batches[n] for n in range(len(batches))):
        np.testing.assert_array_equal(targets, ids != 0)


@pytest.mark.parametrize("bucket_lengths", [None, (8, 32), 3])
def test_by_tokens_no_batch_is_larger_than_it_may_be(bucket_lengths):
    texts = [*TEXTS, "b" * 200]
    batches = Batches(Letters(), texts, batch_tokens=100, bucket_lengths=bucket_lengths)
    sizes = shapes_of(batches)
    for rows, width in sizes:
        assert rows == 1 or rows * width <= 100
    assert sum(rows for rows, _ in sizes) == len(texts)
    assert max(rows for rows, width in sizes) > 5


@pytest.mark.parametrize("options", [{}, {"bucket_lengths": (8, 64)}])
@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("texts", [["a" * 6] * 100, ["a" * 6] * 90 + ["a" * 60] * 10])
def test_by_tokens_the_second_batch_is_no_larger_either(options, shuffle, texts):
    batches = Batches(Letters(), texts, batch_tokens=64, shuffle=shuffle, **options)
    for batches.epoch in range(3):
        sizes = shapes_of(batches)
        assert all(rows * width <= 64 for rows, width in sizes)
        # Keras takes a length that the first two have in common for the only one.
        assert sizes[0][1] != sizes[1][1] or len({width for _, width in sizes}) == 1
        padded = sum(rows * width for rows, width in sizes)
        assert batches.padding_waste == pytest.approx(padded / sum(map(len, texts)))


def test_by_tokens_texts_of_one_length_fill_their_batches():
    sizes = shapes_of(Batches(Letters(), ["a" * 8] * 64, batch_tokens=64))
    assert sizes == [(8, 8)] * 8


def test_by_tokens_of_a_fixed_length():
    batches = Batches(Letters(maxlen=10), TEXTS[:20], batch_tokens=45)
    assert shapes_of(batches) == [(4, 10)] * 5


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bucket_lengths": BUCKETS},
        {"batch_tokens": 99},
        {"shuffle": True},
        {"shuffle": True, "batch_tokens": 99, "bucket_lengths": BUCKETS},
        {"shuffle": True, "bucketing": False},
    ],
)
def test_the_waste_that_is_foretold_comes_true(options):
    batches = Batches(Letters(), TEXTS, **options)
    foretold = batches.padding_waste
    padded = sum(rows * width for rows, width in shapes_of(batches))
    assert foretold == pytest.approx(padded / sum(map(len, TEXTS)))


def test_bucketing_wastes_less_than_chance():
    bucketed, plain = (Batches(Letters(), TEXTS, shuffle=True, bucketing=b) for b in (True, False))
    assert bucketed.padding_waste < 1.4 < 2 < plain.padding_waste


def test_what_batches_are_is_told():
    assert repr(Batches(Letters(), TEXTS, shuffle=True)).startswith(
        "<Batches of 300 texts, 10 batches, padding w"
    )
    # Nobody counted these.
    assert repr(Batches(Letters(), TEXTS)) == "<Batches of 300 texts, 10 batches>"


def test_one_size_is_given():
    with pytest.raises(ValueError, match="batch_size or batch_tokens, got both, 8 and 9"):
        Batches(Letters(), TEXTS, batch_size=8, batch_tokens=9)
    with pytest.raises(ValueError, match="batch_tokens"):
        Batches(Letters(), TEXTS, batch_tokens=0)
    with pytest.raises(ValueError, match="number of batches would change with each epoch"):
        Batches(Letters(), TEXTS, batch_tokens=90, shuffle=True, bucketing=False)


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("make", [Batches, StreamBatches])
def test_a_seed_is_checked_where_it_is_not_needed_too(make, shuffle):
    with pytest.raises(ValueError, match="random_seed to be a whole number of at least 0, got -1"):
        make(Letters(), TEXTS, random_seed=-1, shuffle=shuffle)
    with pytest.raises(TypeError, match="random_seed to be a whole number of at least 0, got 'a'"):
        make(Letters(), TEXTS, random_seed="a", shuffle=shuffle)


@pytest.mark.parametrize("lengths", [[3] * 20, [3] * 20 + [7] * 5, [1, 2, 9] * 10])
def test_keras_takes_all_lengths(lengths):
    texts = ["abcdefghi"[:length] for length in lengths]
    batches = Batches(
        Letters(),
        texts,
        [0, 1] * (len(texts) // 2) + [0] * (len(texts) % 2),
        batch_size=4,
        bucket_lengths=(4, 8),
        shuffle=False,
    )
    model = classifier()
    losses = model.fit(batches, epochs=2, shuffle=False, verbose=0).history["loss"]
    assert int(model.optimizer.iterations) == 2 * len(batches) and np.isfinite(losses).all()


def test_results_do_not_depend_on_how_far_is_padded():
    model = tagger()
    plain, bucketed = (
        Batches(Letters(), TEXTS, **options).in_order(
            lambda ids: [row[: (own != 0).sum()] for row, own in zip(model(ids), ids, strict=True)]
        )
        for options in ({}, {"bucket_lengths": BUCKETS, "batch_tokens": 200})
    )
    for text, one, other in zip(TEXTS, plain, bucketed, strict=True):
        assert len(one) == len(text)
        np.testing.assert_allclose(one, other, atol=1e-6)
