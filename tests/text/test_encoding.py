import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.text import (
    PADDING_ID,
    UNKNOWN_ID,
    TokenCounts,
    Vocabulary,
    encode_characters,
    encode_characters_per_word,
    encode_distinct,
    encode_words,
)
from tests.text.strategies import any_text, token_lists

maxlens = st.none() | st.integers(1, 8)


def plain_words(texts, vocabulary, width):
    """Encodes with loops, slowly and plainly."""
    result = np.full((len(texts), width), PADDING_ID)
    for i, tokens in enumerate(texts):
        for j, token in enumerate(tokens[:width]):
            result[i, j] = vocabulary.id_of(token)
    return result


def plain_characters(texts, alphabet, width, chars):
    """Encodes with loops, slowly and plainly."""
    result = np.full((len(texts), width, chars), PADDING_ID)
    for i, tokens in enumerate(texts):
        for j, token in enumerate(tokens[:width]):
            result[i, j, 0] = UNKNOWN_ID
            for k, character in enumerate(token[:chars]):
                result[i, j, k] = alphabet.id_of(character)
    return result


def some_of(tokens):
    """A vocabulary that knows about half of the tokens."""
    return Vocabulary(TokenCounts(tokens).freeze().tokens[::2])


@given(token_lists, maxlens)
def test_words_equal_a_plain_loop(texts, maxlen):
    vocabulary = some_of(token for tokens in texts for token in tokens)
    result = encode_words(texts, vocabulary, maxlen=maxlen)
    width = maxlen or max([1, *map(len, texts)])
    assert result.dtype == np.int32
    np.testing.assert_array_equal(result, plain_words(texts, vocabulary, width), strict=False)


@given(token_lists, maxlens, maxlens)
def test_characters_equal_a_plain_loop(texts, word_maxlen, char_maxlen):
    alphabet = some_of(character for tokens in texts for token in tokens for character in token)
    result = encode_characters_per_word(
        texts, alphabet, word_maxlen=word_maxlen, char_maxlen=char_maxlen
    )
    width = word_maxlen or max([1, *map(len, texts)])
    shown = [token for tokens in texts for token in tokens[:width]]
    chars = char_maxlen or max([1, *map(len, shown)])
    assert result.dtype == np.int32
    np.testing.assert_array_equal(result, plain_characters(texts, alphabet, width, chars))


@given(st.lists(any_text, max_size=5), maxlens)
def test_characters_of_whole_strings_equal_a_plain_loop(texts, maxlen):
    alphabet = some_of(list("".join(texts)))
    result = encode_characters(texts, alphabet, maxlen=maxlen)
    width = maxlen or max([1, *map(len, texts)])
    assert result.dtype == np.int32
    np.testing.assert_array_equal(result, plain_words(texts, alphabet, width))
    for number, text in enumerate(texts):
        piece = encode_characters([text], alphabet, maxlen=width)
        np.testing.assert_array_equal(result[number], piece[0])


def test_an_empty_string_is_padding_alone():
    assert encode_characters(["", "a"], Vocabulary(["a"]), maxlen=2).tolist() == [[0, 0], [2, 0]]
    assert encode_characters([], Vocabulary(["a"]), maxlen=2).shape == (0, 2)


def test_a_bare_string_is_no_list_of_strings():
    with pytest.raises(TypeError, match="expected a list of strings, got the str 'abc': wrap it"):
        encode_characters("abc", Vocabulary(["a"]))


@given(token_lists)
def test_a_batch_equals_its_pieces(texts):
    alphabet = Vocabulary(["a", "b", "c"])
    whole = encode_characters_per_word(texts, alphabet, word_maxlen=4, char_maxlen=3)
    pieces = [
        encode_characters_per_word([t], alphabet, word_maxlen=4, char_maxlen=3) for t in texts
    ]
    assert whole.tolist() == [piece[0].tolist() for piece in pieces]


@given(token_lists)
def test_only_padding_is_zero(texts):
    lengths = [len(tokens) for tokens in texts]
    words = encode_words(texts, Vocabulary(["a"]))
    characters = encode_characters_per_word(texts, Vocabulary(["a"]))
    assert (words != PADDING_ID).sum(axis=1).tolist() == lengths
    assert (characters[:, :, 0] != PADDING_ID).sum(axis=1).tolist() == lengths


@pytest.mark.parametrize("texts", [[], [[]], [[], []]])
def test_empty_batches_keep_their_shape(texts):
    vocabulary = Vocabulary(["a"])
    assert encode_words(texts, vocabulary).shape == (len(texts), 1)
    assert encode_words(texts, vocabulary, maxlen=3).shape == (len(texts), 3)
    assert encode_characters_per_word(texts, vocabulary).shape == (len(texts), 1, 1)
    shape = encode_characters_per_word(texts, vocabulary, word_maxlen=3, char_maxlen=2).shape
    assert shape == (len(texts), 3, 2)


def test_an_empty_token_is_an_unknown_character_not_padding():
    ids = encode_characters_per_word([["", "a"]], Vocabulary(["a"]), char_maxlen=2)
    assert ids.tolist() == [[[1, 0], [2, 0]]]


def test_surrogates_and_high_code_points_are_one_character_each():
    alphabet = Vocabulary(["\ud83d", "\U0001f600"])
    ids = encode_characters_per_word([["\ud83d\ude00", "\U0001f600a\U0010ffff"]], alphabet)
    assert ids.tolist() == [[[2, 1, 0], [3, 1, 1]]]


def test_longer_entries_of_an_alphabet_never_match():
    assert encode_characters_per_word([["ab"]], Vocabulary(["ab"])).tolist() == [[[1, 1]]]


def zero_digits(token):
    return "".join("0" if character.isdigit() else character for character in token)


def test_fallbacks_are_tried_in_turn_for_unknown_tokens_only():
    calls = []

    def lower(token):
        calls.append(token)
        return token.lower()

    vocabulary = Vocabulary(["the", "The", "00", "x"])
    texts = [["The", "THE", "17"], ["THE", "Y7"]]
    ids = encode_words(texts, vocabulary, fallbacks=[lower, zero_digits])
    assert ids.tolist() == [[3, 2, 4], [2, 1, 0]]
    assert sorted(calls) == ["17", "THE", "Y7"]


def test_a_fallback_must_return_a_str():
    with pytest.raises(TypeError, match=r"to return a str, got None .NoneType. for the token 'b'"):
        encode_words([["b"]], Vocabulary(["a"]), fallbacks=[lambda token: None])


@pytest.mark.parametrize(
    ("maxlen", "error"), [(0, ValueError), (-1, ValueError), (2.0, TypeError), (True, TypeError)]
)
def test_lengths_are_whole_numbers_of_at_least_one(maxlen, error):
    vocabulary = Vocabulary(["a"])
    with pytest.raises(error, match="expected maxlen to be a whole number of at least 1, got"):
        encode_words([["a"]], vocabulary, maxlen=maxlen)
    with pytest.raises(error, match="expected maxlen to be a whole number of at least 1, got"):
        encode_characters(["a"], vocabulary, maxlen=maxlen)
    with pytest.raises(error, match="expected word_maxlen to be"):
        encode_characters_per_word([["a"]], vocabulary, word_maxlen=maxlen)
    with pytest.raises(error, match="expected char_maxlen to be"):
        encode_characters_per_word([["a"]], vocabulary, char_maxlen=maxlen)


@pytest.mark.parametrize("texts", ["ab", ["ab"], [["a"], "b"], np.array(["ab"])])
def test_strings_in_place_of_token_lists_are_refused(texts):
    for encode in (encode_words, encode_characters_per_word):
        with pytest.raises(TypeError, match="got a str in place of a list: tokenize the texts"):
            encode(texts, Vocabulary(["a"]))


def characters_of_pieces(tokens):
    """Encodes a token as two rows of its character codes, so that a token has two dimensions."""
    encoded = np.zeros((len(tokens), 2, 3), dtype=np.int64)
    for token, rows in zip(tokens, encoded, strict=True):
        codes = [ord(character) for character in token[:6]]
        rows.flat[: len(codes)] = codes
    return encoded


@given(token_lists, maxlens)
def test_distinct_tokens_of_any_shape_equal_a_plain_loop(texts, maxlen):
    result = encode_distinct(texts, characters_of_pieces, maxlen=maxlen)
    width = maxlen or max([1, *map(len, texts)])
    expected = np.zeros((len(texts), width, 2, 3), dtype=np.int32)
    for i, tokens in enumerate(texts):
        for j, token in enumerate(tokens[:width]):
            expected[i, j] = characters_of_pieces([token])[0]
            if not expected[i, j].any():
                expected[i, j, 0, 0] = UNKNOWN_ID
    assert result.dtype == np.int32
    np.testing.assert_array_equal(result, expected)


def test_each_distinct_token_within_the_length_is_encoded_once():
    calls = []

    def encode(tokens):
        calls.append(tokens)
        return np.array([len(token) for token in tokens])

    texts = [["a", "bb", "a"], ["bb", "ccc", "dddd"]]
    assert encode_distinct(texts, encode, maxlen=2).tolist() == [[1, 2], [2, 3]]
    assert calls == [["a", "bb", "ccc"]]


def test_what_encode_returns_stays_as_it_was():
    rows = np.zeros((2, 3), dtype=np.int32)
    rows.flags.writeable = False
    ids = encode_distinct([["a", "b"]], lambda tokens: rows)
    assert ids.tolist() == [[[UNKNOWN_ID, 0, 0]] * 2]
    assert not rows.any()


@pytest.mark.parametrize("texts", [[], [[]], [[], []]])
def test_no_tokens_keep_the_shape_that_encode_gives(texts):
    assert encode_distinct(texts, characters_of_pieces).shape == (len(texts), 1, 2, 3)
    assert encode_distinct(texts, characters_of_pieces, maxlen=4).shape == (len(texts), 4, 2, 3)


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        (
            np.ones((1, 2), int),
            ValueError,
            r"each of 2 distinct tokens, got the shape \(1, 2\)",
        ),
        (np.ones((2, 0), int), ValueError, r"at least one number .*got the shape \(2, 0\)"),
        (np.int32(1), ValueError, r"got the shape \(\)"),
        (np.ones((2, 2)), TypeError, "expected rows of whole numbers"),
    ],
)
def test_encode_must_return_a_row_of_ids_for_each_token(rows, error, message):
    with pytest.raises(error, match=message):
        encode_distinct([["a", "b", "a"]], lambda tokens: rows)


@given(token_lists, maxlens)
def test_a_stream_gives_what_a_list_gives(texts, maxlen):
    vocabulary = some_of(token for tokens in texts for token in tokens)

    def encode_characters_of_pieces(given, alphabet, maxlen):
        return encode_distinct(given, characters_of_pieces, maxlen=maxlen)

    def encode_words_in_lower_case(given, vocabulary, maxlen):
        return encode_words(given, vocabulary, maxlen=maxlen, fallbacks=[str.lower])

    def encode_characters_of_words(given, alphabet, maxlen):
        return encode_characters_per_word(given, alphabet, word_maxlen=maxlen)

    for encode in (
        encode_words,
        encode_words_in_lower_case,
        encode_characters_of_words,
        encode_characters_of_pieces,
    ):
        whole = encode(texts, vocabulary, maxlen=maxlen)
        np.testing.assert_array_equal(encode(iter(texts), vocabulary, maxlen=maxlen), whole)


def test_each_text_of_a_stream_is_let_go_before_the_next_is_read():
    class Tokens(list):
        """A list that can be watched."""

    watched = []

    def stream():
        for _ in range(3):
            assert not any(reference() for reference in watched[:-1])
            tokens = Tokens(["a"])
            watched.append(weakref.ref(tokens))
            yield tokens

    assert encode_words(stream(), Vocabulary(["a"])).tolist() == [[2]] * 3


def test_what_a_stream_raises_comes_out_as_it_is():
    def stream():
        yield ["a"]
        raise LookupError("no more texts")

    for encode in (encode_words, encode_characters_per_word):
        with pytest.raises(LookupError, match="no more texts"):
            encode(stream(), Vocabulary(["a"]))
        with pytest.raises(TypeError, match="got a str in place of a list"):
            encode(iter([["a"], "b"]), Vocabulary(["a"]))


def test_words_are_cut_without_regard_to_the_others():
    ids = encode_characters_per_word(
        [["abcd", "", "ab"], ["dcba"]], Vocabulary([*"abcd"]), char_maxlen=3
    )
    assert ids.tolist() == [[[2, 3, 4], [1, 0, 0], [2, 3, 0]], [[5, 4, 3], [0, 0, 0], [0, 0, 0]]]
