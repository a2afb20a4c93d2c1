"""Batches of about equal lengths, for Keras."""

import keras
import numpy as np
import pandas
import pytest

from nlp_builder import CRF, Batches, CRFLoss
from nlp_builder.features import (
    CharEmbeddingSequence,
    CharPerWordEmbeddingSequence,
    Feature,
    KerasWrapper,
    RNNDigest,
)
from nlp_builder.features.batching import stream
from tests.features.batching.letters import Letters


def texts_of_many_lengths(number: int = 50) -> list[list[str]]:
    random = np.random.default_rng(4)
    return [list("abcdefgh" * 3)[: random.integers(1, 20)] for _ in range(number)]


def block(texts: list[list[str]]) -> Feature:
    return CharPerWordEmbeddingSequence(None, 3, word_maxlen=None, char_maxlen=2).build(texts)


def rows_of(batches: Batches) -> list[list[int]]:
    return [rows.tolist() for rows in batches._batches]


def pass_over(batches: Batches) -> None:
    for _ in batches:
        pass
    batches.on_epoch_end()


def test_every_text_is_in_one_batch():
    texts = texts_of_many_lengths()
    batches = Batches(block(texts), texts, batch_size=8, shuffle=True)
    assert len(batches) == 7
    assert sorted(row for rows in rows_of(batches) for row in rows) == list(range(50))


def test_a_batch_is_as_long_as_its_longest_text():
    texts = texts_of_many_lengths()
    batches = Batches(block(texts), texts, batch_size=8, shuffle=True)
    for index, rows in enumerate(rows_of(batches)):
        ((ids,)) = batches[index]
        longest = max(len(texts[row]) for row in rows)
        assert ids.shape[1] - longest in ((0, 1) if index == 1 else (0,))


def test_little_is_padded():
    texts = texts_of_many_lengths(400)
    assert Batches(block(texts), texts, batch_size=16, shuffle=True).padding_waste < 1.25
    assert Batches(block(texts), texts, batch_size=400).padding_waste > 1.5


def test_what_a_fixed_length_pads_is_counted_too():
    assert Batches(Letters(maxlen=4), ["a", "abcd", "abc"]).padding_waste == 12 / 8


def test_batches_change_with_the_epoch_and_not_with_the_process():
    texts = texts_of_many_lengths()
    options = {"batch_size": 8, "shuffle": True}
    one, other = (Batches(block(texts), texts, random_seed=3, **options) for _ in range(2))
    first = rows_of(one)
    assert rows_of(other) == first
    pass_over(one)
    pass_over(other)
    assert rows_of(one) == rows_of(other) != first
    assert {frozenset(rows) for rows in rows_of(one)} != {frozenset(rows) for rows in first}
    assert rows_of(Batches(block(texts), texts, random_seed=4, **options)) != first


def test_unshuffled_batches_are_in_the_order_of_the_texts():
    texts = texts_of_many_lengths()
    batches = Batches(block(texts), texts, batch_size=8, shuffle=False)
    assert [row for rows in rows_of(batches) for row in rows] == list(range(50))
    pass_over(batches)
    assert [row for rows in rows_of(batches) for row in rows] == list(range(50))


def test_texts_that_are_cut_are_counted_in_one_warning():
    texts = [["a"] * 3, ["a"] * 5, ["a"] * 9]
    short = CharPerWordEmbeddingSequence(None, 3, word_maxlen=4).build(texts)
    with pytest.warns(UserWarning, match="2 of 3 texts have more than 4 tokens"):
        Batches(short, texts)


def test_blocks_that_read_different_numbers_of_words_share_no_tags():
    texts = [["a"]]
    two = [CharPerWordEmbeddingSequence(None, 3, word_maxlen=n).build(texts) for n in (20, 30)]
    with pytest.raises(ValueError, match=r"got the maxima \[20, 30\]"):
        Batches(two, texts, [[0]])
    assert [ids.shape[1] for ids in Batches(two, texts, [0])[0][0]] == [20, 30]
    with pytest.raises(TypeError, match="expected a block or a list of blocks, got 'x'"):
        Batches(["x"], texts)
    with pytest.raises(ValueError, match="got an empty list"):
        Batches([], texts)


def test_tags_of_words_may_stand_beside_characters():
    texts = ["ab c", "def", "a b c"]
    characters = CharEmbeddingSequence(2, sequence_maxlen=None).build(texts)
    words = CharPerWordEmbeddingSequence("whitespace", 3, word_maxlen=None).build(texts)
    both = [keras.Input((None, 2)), keras.Input((None, None, 3))]
    joint = KerasWrapper([characters, words], keras.Model(both, both)).build(texts)
    for blocks in ([characters, words], joint):
        batches = Batches(blocks, texts, [[1, 2], [3], [4, 5, 6]], batch_size=2, shuffle=False)
        assert batches[0][1].tolist() == [[1, 2], [3, 0]]
        assert batches[1][1].tolist() == [[4, 5, 6]]
        with pytest.raises(ValueError, match=r"of text 1, got .* CharPerWordEmbedding"):
            Batches(blocks, texts, [[1, 2], [3, 1], [4, 5, 6]])


def test_tags_of_one_of_several_texts():
    blocks = [Letters(names=("who",)), Letters(names=("what",))]
    texts = {"who": ["a", "bcd"], "what": ["abc", "abcdef"]}
    _, tags = Batches(blocks, texts, [[1, 2, 3], [1] * 6], shuffle=False)[0]
    assert tags.tolist() == [[1, 2, 3, 0, 0, 0], [1] * 6]


def test_lists_may_be_vectors_of_texts():
    one_hot = [[0, 1], [1, 0]]
    batches = Batches(Letters(), ["abc", "a"], one_hot, by_token=False, shuffle=False)
    assert batches[0][1].tolist() == one_hot
    source = iter([(["abc", "a"], one_hot)])
    assert next(stream(Letters(), source, with_targets=True, by_token=False))[1].tolist() == one_hot


def test_results_come_in_the_order_of_the_texts():
    texts = texts_of_many_lengths()
    batches = Batches(block(texts), texts, batch_size=8)
    lengths = batches.in_order(lambda ids: (ids != 0).any(axis=2).sum(axis=1).tolist())
    assert lengths == [len(text) for text in texts]


def test_a_function_that_loses_a_result_is_an_error():
    texts = texts_of_many_lengths()
    batches = Batches(block(texts), texts)
    with pytest.raises(ValueError, match=r"a result for each of the 32 texts of a batch, got 1 "):
        batches.in_order(lambda ids: [1])
    with pytest.raises(ValueError, match=r"a result for each of the 32 texts of a batch, got 0 "):
        next(batches.stream(lambda ids: []))


def test_tokens_are_counted_only_where_lengths_matter():
    texts = ["abc", "a", "ab"]
    free, fixed = Letters(), Letters(maxlen=5)
    Batches(free, texts, shuffle=False)
    Batches(fixed, texts).in_order(lambda ids: ids)
    assert (free.counted, fixed.counted) == (0, 0)
    Batches(free, texts).in_order(lambda ids: ids)
    Batches(fixed, texts, [[1, 1, 1], [1], [1, 1]])
    assert (free.counted, fixed.counted) == (1, 1)


def test_tokens_of_a_text_are_those_of_its_longest_input():
    strings = ["ab cd", "", "e"]
    words = CharPerWordEmbeddingSequence("whitespace", 4, word_maxlen=1).build(strings)
    assert Batches(words, strings).num_tokens.tolist() == [2, 0, 1]
    words = CharPerWordEmbeddingSequence("whitespace", 4, word_maxlen=None).build(strings)
    letters = CharEmbeddingSequence(4, sequence_maxlen=None).build(strings)
    assert Batches([words, letters], strings).num_tokens.tolist() == [5, 0, 1]


def test_the_second_batch_does_not_make_the_first_once_more():
    batches = Batches(one := Letters(), ["abc", "ab", "abc", "a"], batch_size=2)
    for index in (0, 1, 1):
        assert batches[index][0].shape[0] == 2
    assert one.encoded == 3
    batches = Batches(Letters(), ["abc", "abc", "abc"], batch_size=1, shuffle=False)
    assert [batches[index][0].shape for index in (1, 0, 2)] == [(1, 4), (1, 3), (1, 3)]


def test_fixed_lengths_are_shuffled_without_regard_to_lengths():
    texts = ["a" * (1 + number // 10) for number in range(100)]
    orders = []
    batches = Batches(Letters(maxlen=10), texts, batch_size=10, shuffle=True)
    for _ in range(2):
        orders.append([row for rows in rows_of(batches) for row in rows])
        pass_over(batches)
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(100))
    assert orders[0] != orders[1]
    assert all(len({len(texts[row]) for row in rows}) > 2 for rows in rows_of(batches))


def test_texts_with_names_come_from_a_dict_or_a_table():
    blocks = [Letters(names=("who",)), Letters(names=("what",))]
    texts = {"who": ["a", "b", "cc"], "what": ["abc", "abcdef", "a"], "other": [1, 2]}
    inputs, targets = Batches(blocks, texts, [0, 1, 2], batch_size=2, shuffle=False)[0]
    assert [ids.shape for ids in inputs] == [(2, 1), (2, 6)]
    assert targets.tolist() == [0, 1]
    table = pandas.DataFrame({"who": texts["who"], "what": texts["what"]}, index=[7, 8, 9])
    np.testing.assert_array_equal(
        Batches(blocks, table, batch_size=2, shuffle=False)[0][0][1], inputs[1]
    )
    lengths = Batches(blocks, texts)._texts.lengths
    assert lengths.tolist() == [3, 6, 2]


def test_some_blocks_with_names_and_some_without_are_refused():
    blocks = [Letters(names=("who",)), Letters()]
    with pytest.raises(ValueError, match="expected each block to name its texts since others do"):
        Batches(blocks, {"who": ["a"]})


def test_weights_need_targets():
    with pytest.raises(ValueError, match="expected targets with the sample weights, got None"):
        Batches(Letters(), ["a"], sample_weight=[1.0])


def test_weights_come_with_the_targets_of_their_texts():
    texts = ["abc", "a", "ab", "abcd"]
    batches = Batches(
        Letters(), texts, [0, 1, 2, 3], sample_weight=[0.0, 0.1, 0.2, 0.3], batch_size=2
    )
    for ids, targets, weights in (batches[0], batches[1]):
        np.testing.assert_allclose(weights, targets / 10, rtol=1e-6)
        assert [(row != 0).sum() for row in ids] == [len(texts[target]) for target in targets]


def test_targets_may_be_numbers_or_tags():
    texts = [["a", "b"], ["a"]]
    by_text = Batches(block(texts), texts, [1.5, 2.5], shuffle=False)
    np.testing.assert_array_equal(by_text[0][1], [1.5, 2.5])
    by_token = Batches(block(texts), texts, [[1, 2], [3]], shuffle=False)
    np.testing.assert_array_equal(by_token[0][1], [[1, 2], [3, 0]])


def test_several_blocks_give_several_inputs():
    texts = [["a", "b"], ["a"]]
    blocks = [block(texts), RNNDigest(block(texts), 2, "gru").build(texts)]
    inputs, _ = Batches(blocks, texts, [0, 1])[0]
    assert [array.shape for array in inputs] == [(2, 2, 2), (2, 2, 2)]


def test_targets_that_do_not_fit_are_refused():
    texts = [["a", "b"], ["a"]]
    with pytest.raises(ValueError, match="expected a target for each of 2 texts, got 1"):
        Batches(block(texts), texts, [1])
    for wrong in ([[0, 0], [0, 0]], [[0, 0], 1], [[0, 0], [[0]]], [[0, 0], [-1]]):
        with pytest.raises(ValueError, match="expected 1 tag ids for the 1 tokens of text 1, got"):
            Batches(block(texts), texts, wrong)


def test_strings_are_measured_in_tokens():
    block = CharPerWordEmbeddingSequence("whitespace", 3, word_maxlen=None).build(["a b c d"])
    batches = Batches(block, ["a b c", "abcdefghi"], [[0, 1, 2], [1]], shuffle=False)
    np.testing.assert_array_equal(batches[0][1], [[0, 1, 2], [1, 0, 0]])
    assert batches.padding_waste == 6 / 4
    with pytest.raises(ValueError, match="expected 3 tag ids for the 3 tokens of text 0"):
        Batches(block, ["a b c", "a"], [[0, 1], [1, 1, 1]])


def test_an_array_of_targets_is_taken_as_it_is():
    texts = [["a", "b"], ["a"], ["a", "b", "c"]]
    one_hot = np.eye(3, dtype="float32")
    batch = Batches(block(texts), texts, one_hot, shuffle=False)[0]
    np.testing.assert_array_equal(batch[1], one_hot)


def test_odd_arguments_are_refused():
    texts = [["a"]]
    with pytest.raises(ValueError, match="batch_size"):
        Batches(block(texts), texts, batch_size=0)
    with pytest.raises(TypeError, match="wrap it in a list"):
        Batches(block(texts), "a text")


@pytest.mark.parametrize("texts", [["abc", "ab"], [["a", "b", "c"], ["a", "b"]]])
def test_batches_keep_the_texts_as_they_were(texts):
    block = CharPerWordEmbeddingSequence("characters", 3, word_maxlen=None).build(texts)
    batches = Batches(block, texts, shuffle=False)
    before = batches[0][0]
    if isinstance(texts[0], list):
        texts[0].reverse()
    texts[1:] = []
    np.testing.assert_array_equal(batches[0][0], before)


def test_without_a_copy_texts_take_no_more_memory():
    texts = ["abc", "ab"]
    assert Batches(Letters(), texts, copy=False)._texts.columns[None] is texts
    table = {"who": texts, "what": [["a"], []]}
    names = [Letters(names=(name,)) for name in table]
    columns = Batches(names, table, copy=False)._texts.columns
    assert all(columns[name] is table[name] for name in table)


@pytest.mark.parametrize("maxlen", [20, None])
def test_order_and_lengths_take_eight_bytes_a_text(maxlen):
    texts = texts_of_many_lengths(40)
    batches = Batches(Letters(maxlen), ["".join(text) for text in texts], batch_size=8)
    assert {rows.dtype for rows in batches._batches} == {np.dtype("int32")}
    assert len({id(rows.base) for rows in batches._batches}) == 1
    assert batches._texts.lengths.dtype == np.int32


def test_tokens_are_counted_some_texts_at_a_time():
    texts = ["ab" * (number % 5) for number in range(2500)]
    batches = Batches(one := Letters(), texts, batch_size=500, shuffle=True)
    assert one.counted == 3
    assert batches._texts.lengths.tolist() == [len(text) for text in texts]


def test_no_texts_are_no_batches():
    batches = Batches(block([["a"]]), [])
    assert len(batches) == 0
    assert batches.in_order(lambda ids: []) == []
    assert batches.padding_waste == 1.0


@pytest.mark.parametrize("lengths", [[3] * 20 + [7] * 5, [1, 2, 9] * 10])
def test_a_model_fits_and_evaluates_batches_of_any_lengths(lengths):
    """The first two batches are of one length, and those after are not."""
    texts = [["a", "b", "c"] * length for length in lengths]
    tags = [[0, 1, 1] * length for length in lengths]
    digest = RNNDigest(block(texts), 4, "gru").build(texts)
    potentials = keras.layers.Dense(2)(digest.outputs)
    model = keras.Model(digest.inputs, CRF(2)(potentials, mask=digest.mask))
    model.compile(keras.optimizers.Adam(0.05), CRFLoss())
    train = Batches(digest, texts, tags, batch_size=4, shuffle=False)
    losses = model.fit(train, epochs=6, shuffle=False, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 2
    assert model.evaluate(train, verbose=0) < losses[0] / 2
