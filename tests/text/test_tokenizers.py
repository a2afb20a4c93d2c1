import time
import unicodedata
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.text import get_tokenizer, register_tokenizer, tokenize, tokenizer_name
from nlp_builder.text.tokenizers import identity, split_treebank, split_words
from tests.text.strategies import any_text, token_lists, tricky_text

BUILT_IN = ["characters", "identity", "treebank", "whitespace", "words"]


@pytest.fixture
def name():
    """A name that no other test has registered."""
    return f"test-{uuid.uuid4()}"


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("I don't, you'll", ["I", "don't", ",", "you'll"]),
        ("l\u2019\u00e9t\u00e9", ["l\u2019\u00e9t\u00e9"]),
        ("'quoted' dogs'", ["'", "quoted", "'", "dogs", "'"]),
        ("3.14 1,000.5 10:30.", ["3.14", "1,000.5", "10:30", "."]),
        ("1996-08-22 well-known re--do", ["1996-08-22", "well-known", "re", "-", "-", "do"]),
        ("The U.S. e.g. end.Start", ["The", "U.S.", "e.g.", "end", ".", "Start"]),
        ("Wait... (no)!?", ["Wait", ".", ".", ".", "(", "no", ")", "!", "?"]),
        (
            "me@x.com #tag $5 snake_case",
            ["me", "@", "x", ".", "com", "#", "tag", "$", "5", "snake_case"],
        ),
        ("B2B 4th m\u00b2", ["B2B", "4th", "m\u00b2"]),
    ],
)
def test_words_of_english(text, tokens):
    assert split_words(text) == tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e", 2),
        ("\u0915\u094d\u200d\u0937", 1),
        ("\u0645\u064e\u0631\u0652\u062d\u064e\u0628\u064b\u0627 \u0663\u066b\u0661\u0664", 2),
        ("cafe\u0301 e\u0301cole", 2),
        ("\u05e6\u05d4\u05f4\u05dc", 1),
        ("\u6211\u7231\u5317\u4eac\u3005", 5),
        ("\u30ab\u30bf\u30ab\u30ca\u3068\u3072\u3089\u304c\u306a\u30bf\u30ef\u30fc", 3),
        ("\u0e2a\u0e27\u0e31\u0e2a\u200b\u0e14\u0e35", 3),
    ],
    ids=["Hindi", "joiner", "Arabic", "accents", "Hebrew", "Han", "Kana", "Thai"],
)
def test_words_of_other_scripts_stay_whole(text, tokens):
    assert len(split_words(text)) == tokens


@pytest.mark.parametrize(
    "emoji",
    [
        "\U0001f469\u200d\U0001f4bb",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
        "\U0001f9d1\U0001f3fd\u200d\U0001f91d\u200d\U0001f9d1\U0001f3fc",
        "\u2764\ufe0f\u200d\U0001f525",
        "\U0001f44d\U0001f3fd",
        "\U0001f1e9\U0001f1ea",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "\U0001f3f3\ufe0f\u200d\U0001f308",
    ],
    ids=["coder", "family", "hands", "heart", "tone", "flag", "England", "rainbow"],
)
def test_an_emoji_is_one_token(emoji):
    assert split_words(f"{emoji}{emoji}ok{emoji}!") == [emoji, emoji, "ok", emoji, "!"]


def test_each_keycap_is_one_token():
    keycap = "\ufe0f\u20e3"
    assert split_words(f"1{keycap}2{keycap} #{keycap}") == [f"{c}{keycap}" for c in "12#"]


@pytest.mark.parametrize("split", [split_treebank, split_words])
@given(any_text | tricky_text | st.text("aA.'\u2019nNtsS -$19,:&/+"))
def test_no_visible_character_is_lost(split, text):
    tokens = split(text)
    assert "".join(tokens) == "".join(text.split())
    assert "" not in tokens
    assert not any(map(str.isspace, "".join(tokens)))


@given(tricky_text, tricky_text)
def test_white_space_parts_words_for_sure(left, right):
    assert split_words(f"{left} {right}") == split_words(left) + split_words(right)


@given(st.text(st.characters(categories=["L", "Nd"]), min_size=1), st.characters(categories=["M"]))
def test_a_mark_never_stands_alone_after_a_letter(text, mark):
    tokens = split_words(text + mark)
    assert not any(unicodedata.category(token[0]).startswith("M") for token in tokens)


def test_every_mark_is_taken_as_one():
    marks = [
        chr(code) for code in range(0x110000) if unicodedata.category(chr(code)).startswith("M")
    ]
    assert [mark for mark in marks if split_words(f"a{mark}") != [f"a{mark}"]] == []


@pytest.mark.parametrize("split", [split_treebank, split_words])
@pytest.mark.parametrize(
    "piece",
    [
        *(
            "a",
            "a.",
            "a.b",
            "'s",
            "n't",
            "an't",
            "P. ",
            "P.",
            ".",
            "-",
            "1.",
            "1,",
            "A$",
            "a'",
            "'",
        ),
        *("a-", "Mr. ", "Ab ", "a\u0301", "a\u0301n't", "'9", "''", "+.", "+", "= "),
        *("\u200d", "\U0001f469\u200d", "\u4e2d", "\ud800"),
    ],
)
def test_a_long_text_takes_linear_time(split, piece):
    text = piece * (100_000 // len(piece)) + "b"
    split(text[:1000])
    begin = time.perf_counter()
    split(text)
    # Quadratic time would be minutes; this leaves room for a busy machine.
    assert time.perf_counter() - begin < 5


@pytest.mark.parametrize("tokenizer", ["whitespace", "words"])
@given(any_text)
def test_white_space_is_in_no_token(tokenizer, text):
    assert not any(map(str.isspace, "".join(get_tokenizer(tokenizer)(text))))


@given(any_text)
def test_characters_are_the_text(text):
    assert "".join(get_tokenizer("characters")(text)) == text


@pytest.mark.parametrize("tokenizer", ["characters", "treebank", "whitespace", "words", None])
@given(token_lists)
def test_token_lists_pass_the_registered_tokenizers_unchanged(tokenizer, texts):
    assert list(tokenize(texts, tokenizer)) == texts


def test_identity_takes_tokens_and_refuses_strings():
    assert list(tokenize([["a", "b"], []], "identity")) == [["a", "b"], []]
    with pytest.raises(TypeError, match="identity expects token lists, got the str 'a b'"):
        list(tokenize(["a b"], "identity"))


def test_a_users_function_reads_token_lists_too():
    def lower(tokens):
        return [token.lower() for token in tokens]

    assert list(tokenize([["EU", "B"], ("C",)], lower)) == [["eu", "b"], ["c"]]


@pytest.mark.parametrize("function", [str.split, lambda text: text.split()])
def test_a_function_for_strings_says_that_it_does_not_read_token_lists(function):
    with pytest.raises(
        TypeError, match=r"does not accept token lists.*or tokenizer=None"
    ) as caught:
        list(tokenize([["a"]], function))
    assert isinstance(caught.value.__cause__, (TypeError, AttributeError))


def test_a_strings_own_error_is_not_hidden():
    with pytest.raises(AttributeError, match="no_such_method"):
        list(tokenize(["a"], lambda text: text.no_such_method()))


def test_a_string_without_a_tokenizer_says_what_to_do():
    with pytest.raises(ValueError, match="tokenizer=None, got the str 'a b': pass token lists"):
        list(tokenize(["a b"], None))


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ("ab", "got 'ab' .str."),
        (b"ab", "bytes"),
        (None, "got None .NoneType."),
        ({"input_ids": [1]}, "dict"),
        ([1], "got 1 .int. as token 0"),
        (["a", None], "got None .NoneType. as token 1"),
    ],
)
def test_what_a_tokenizer_returns_must_be_tokens(result, message):
    def broken(text):
        return result

    with pytest.raises(TypeError, match=f"broken to return a list of str, .*{message}"):
        list(tokenize(["a"], broken))


def test_a_tokenizer_may_return_any_iterable_of_tokens():
    assert list(tokenize(["a b"], lambda text: iter(text.split()))) == [["a", "b"]]


def test_a_tokenizer_may_use_its_list_again():
    tokens = []

    def split(text):
        tokens[:] = text.split()
        return tokens

    assert list(tokenize(["a b", "c"], split)) == [["a", "b"], ["c"]]


def test_a_tokenizer_that_changes_its_argument_does_not_change_the_texts():
    texts = [["b", "a"]]

    def sort(tokens):
        tokens.sort()
        return tokens

    assert list(tokenize(texts, sort)) == [["a", "b"]]
    assert texts == [["b", "a"]]


def test_a_stream_is_tokenized_one_text_at_a_time():
    def stream():
        yield "a b"
        raise RuntimeError("read too far")

    assert next(tokenize(stream(), "words")) == ["a", "b"]


def test_a_registered_function_is_found_by_its_name_and_back(name):
    @register_tokenizer(name)
    def comma(text):
        return text.split(",")

    assert get_tokenizer(name) is comma
    assert tokenizer_name(comma) == name
    assert list(tokenize(["a,b"], name)) == [["a", "b"]]
    assert list(tokenize([["a,b"]], name)) == [["a,b"]]


def test_token_lists_go_through_a_function_registered_for_them(name):
    @register_tokenizer(name, accepts_tokens=True)
    def doubled(tokens):
        return [token * 2 for token in tokens]

    assert list(tokenize([["a"]], name)) == [["aa"]]


def split_at(separator):
    def split(text):
        return text.split(separator)

    return split


def test_two_functions_of_one_maker_are_not_the_same(name):
    register_tokenizer(name)(split_at("/"))
    with pytest.raises(ValueError, match="choose another name"):
        register_tokenizer(name)(split_at("+"))


def test_a_taken_name_is_refused_but_the_same_function_is_fine(name):
    def first(text):
        return text.split(";")

    register_tokenizer(name)(first)
    assert register_tokenizer(name)(first) is first
    with pytest.raises(ValueError, match=f"got '{name}', which stands for .*choose another name"):
        register_tokenizer(name)(str.splitlines)
    with pytest.raises(ValueError, match="'words', which stands for"):
        register_tokenizer("words")(str.split)


def test_a_cell_run_again_registers_its_new_function(name):
    cell = f"@register_tokenizer({name!r})\ndef mine(text):\n    return text.split()"
    namespace = {"register_tokenizer": register_tokenizer, "__name__": "__main__"}
    exec(cell, namespace)  # noqa: S102  # what a notebook does with a cell
    first = namespace["mine"]
    exec(cell, namespace)  # noqa: S102  # what a notebook does with a cell
    assert get_tokenizer(name) is namespace["mine"] is not first
    assert tokenizer_name(first) is None


def test_names_of_tokenizers_are_checked(name):
    with pytest.raises(TypeError, match=r"expected a name.*write @register_tokenizer"):
        register_tokenizer(str.split)
    with pytest.raises(ValueError, match="got an empty str"):
        register_tokenizer("")
    with pytest.raises(TypeError, match="expected a function to register, got 3"):
        register_tokenizer(name)(3)
    with pytest.raises(
        ValueError, match=r"expected one of the tokenizers \[.*'words'.*got 'wrods'"
    ):
        get_tokenizer("wrods")
    with pytest.raises(TypeError, match=r"a tokenizer's name, a function or None, got 3 .int."):
        get_tokenizer(3)


@pytest.mark.parametrize("built_in", BUILT_IN)
def test_the_built_in_tokenizers_have_names(built_in):
    assert tokenizer_name(get_tokenizer(built_in)) == built_in


def test_functions_without_a_name_have_none():
    assert tokenizer_name(None) is None
    assert tokenizer_name(str.partition) is None
    assert get_tokenizer(None) is None
    assert get_tokenizer(identity) is identity
