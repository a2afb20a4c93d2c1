"""Tokenizers by name, and the one function that turns texts into token lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from nlp_builder.text.checks import first_not_str, preview
from nlp_builder.text.texts import iterate_texts
from nlp_builder.text.treebank_pattern import treebank_pattern
from nlp_builder.text.word_pattern import word_pattern

Tokenizer: TypeAlias = Callable[[Any], Sequence[str]]
"""A function from one text to its tokens."""

_F = TypeVar("_F", bound=Tokenizer)


_registered: dict[str, Tokenizer] = {}
_accepting_tokens: set[str] = set()


def register_tokenizer(name: str, *, accepts_tokens: bool = False) -> Callable[[_F], _F]:
    """Registers a function under a name, so that a saved block finds it again by that name.

    To register the same function again is fine, also after its cell was run again or its module
    was reloaded; the new function then takes the place of the old one.

    Args:
        name: the name, not empty.
        accepts_tokens: whether token lists go through the function too. Where this is False, token
            lists are taken as they are.

    Returns:
        A decorator that returns the function unchanged.

    Raises:
        TypeError: `name` is not a `str`, or what is decorated is not callable.
        ValueError: `name` is empty, or stands for another function.

    Example:
        >>> @register_tokenizer("doctest-lower")
        ... def lower(text):
        ...     return text.lower().split()
        >>> list(tokenize(["A b"], "doctest-lower"))
        [['a', 'b']]
    """
    if not isinstance(name, str):
        raise TypeError(
            f"expected a name for the tokenizer, got {preview(name)}: "
            'write @register_tokenizer("name")'
        )
    if not name:
        raise ValueError("expected a name for the tokenizer, got an empty str")

    def register(function: _F) -> _F:
        if not callable(function):
            raise TypeError(f"expected a function to register, got {preview(function)}")
        if name in _registered and not _is_same(_registered[name], function):
            raise ValueError(
                f"expected a new tokenizer name, got {name!r}, which stands for "
                f"{_registered[name]!r}: choose another name"
            )
        _registered[name] = function
        (_accepting_tokens.add if accepts_tokens else _accepting_tokens.discard)(name)
        return function

    return register


def get_tokenizer(tokenizer: str | Tokenizer | None) -> Tokenizer | None:
    """Finds a tokenizer by its name.

    Args:
        tokenizer: a registered name; a function or None is returned as it is.

    Returns:
        The function, or None.

    Raises:
        TypeError: it is neither a name nor a function nor None.
        ValueError: the name is not registered.

    Example:
        >>> get_tokenizer("whitespace")("a b")
        ['a', 'b']
    """
    if tokenizer is None or callable(tokenizer):
        return tokenizer
    if not isinstance(tokenizer, str):
        raise TypeError(
            f"expected a tokenizer's name, a function or None, got {preview(tokenizer)} "
            f"({type(tokenizer).__name__})"
        )
    if tokenizer not in _registered:
        raise ValueError(
            f"expected one of the tokenizers {sorted(_registered)}, got {tokenizer!r}: "
            f'register your own with @register_tokenizer("{tokenizer}")'
        )
    return _registered[tokenizer]


def tokenizer_name(tokenizer: Tokenizer | None) -> str | None:
    """Finds the name under which a function is registered.

    Args:
        tokenizer: a function or None.

    Returns:
        The first name registered for exactly this function; None where there is none.

    Example:
        >>> tokenizer_name(split_whitespace), tokenizer_name(str.split)
        ('whitespace', None)
    """
    return next((name for name, known in _registered.items() if known is tokenizer), None)


def tokenize(texts: Iterable[Any], tokenizer: str | Tokenizer | None = None) -> Iterator[list[str]]:
    """Turns texts into token lists, one after the other and in constant memory.

    Args:
        texts: what `iterate_texts` reads.
        tokenizer: a registered name, a function, or None. Strings go through it. Token lists go
            through a function too, unless it was registered with `accepts_tokens=False`; with None
            they are taken as they are.

    Returns:
        An iterator over the token lists.

    Raises:
        TypeError: as `iterate_texts`; or the function does not accept token lists, or does not
            return tokens.
        ValueError: the name is not registered, or a text is a string and the tokenizer is None.

    Example:
        >>> list(tokenize(["It's 3.14!", ""], "words"))
        [["It's", '3.14', '!'], []]
        >>> list(tokenize([["A", "b"]], lambda tokens: [t.lower() for t in tokens]))
        [['a', 'b']]
    """
    function = get_tokenizer(tokenizer)
    return _tokenize(iterate_texts(texts), function, takes_tokens(function))


def _tokenize(
    texts: Iterator[str | list[str]], function: Tokenizer | None, takes_tokens: bool
) -> Iterator[list[str]]:
    for text in texts:
        if isinstance(text, str):
            if function is None:
                raise ValueError(
                    f"expected token lists since tokenizer=None, got the str {preview(text)}: "
                    f"pass token lists, or a tokenizer, one of {sorted(_registered)}"
                )
            yield _checked(function(text), function)
        elif function is not None and takes_tokens:
            yield _checked(_call_with_tokens(function, text), function)
        else:
            yield text


def takes_tokens(function: Tokenizer | None) -> bool:
    """Tells whether token lists go through a tokenizer.

    Args:
        function: a function or None.

    Returns:
        False where the function is registered for strings alone.

    Example:
        >>> takes_tokens(split_whitespace), takes_tokens(identity), takes_tokens(str.split)
        (False, True, True)
    """
    name = tokenizer_name(function)
    return name is None or name in _accepting_tokens


def _call_with_tokens(function: Tokenizer, tokens: list[str]) -> Any:
    try:
        return function(tokens)
    except (TypeError, AttributeError) as error:
        raise TypeError(
            f"tokenizer {shown_name(function)} does not accept token lists ({error}); "
            "pass strings, or tokenizer=None to take tokens as they are"
        ) from error


def _checked(tokens: Any, function: Tokenizer) -> list[str]:
    # A list, as nearly all return one, needs no further questions: they take as long as str.split.
    if type(tokens) is not list:
        _require_collection(tokens, function)
    result = list(tokens)
    odd = first_not_str(result)
    if odd:
        raise TypeError(
            f"expected tokenizer {shown_name(function)} to return a list of str, got "
            f"{preview(odd[1])} ({type(odd[1]).__name__}) as token {odd[0]}"
        )
    return result


def _require_collection(tokens: Any, function: Tokenizer) -> None:
    wrong = (str, bytes, bytearray, Mapping)
    if isinstance(tokens, wrong) or not isinstance(tokens, Iterable):
        raise TypeError(
            f"expected tokenizer {shown_name(function)} to return a list of str, got "
            f"{preview(tokens)} ({type(tokens).__name__})"
        )


def shown_name(function: Tokenizer) -> str:
    """Names a tokenizer in a message.

    Args:
        function: a function, registered or not.

    Returns:
        Its registered name, else the name that it was defined with.

    Example:
        >>> shown_name(split_whitespace), shown_name(str.split)
        ('whitespace', 'str.split')
    """
    return tokenizer_name(function) or str(getattr(function, "__qualname__", repr(function)))


def _is_same(known: Tokenizer, function: Tokenizer) -> bool:
    if known is function:
        return True
    name = getattr(function, "__qualname__", "<")
    # "<" marks lambdas and local functions, whose names say nothing about what they do.
    return (
        "<" not in name
        and name == getattr(known, "__qualname__", None)
        and getattr(function, "__module__", None) == getattr(known, "__module__", None)
    )


@register_tokenizer("whitespace")
def split_whitespace(text: str) -> list[str]:
    """Splits at white space.

    Args:
        text: any string.

    Returns:
        The tokens, none of them empty.

    Example:
        >>> split_whitespace(" a  b. ")
        ['a', 'b.']
    """
    return text.split()


@register_tokenizer("words")
def split_words(text: str) -> list[str]:
    """Splits into words, numbers, emoji and single punctuation marks, in any script.

    No visible character is lost: the tokens joined are the text without its white space. Together
    stay: letters with their combining marks; words with inner apostrophes or hyphens ("don't",
    "state-of-the-art"); numbers with inner points, commas or colons ("1,000.5"); abbreviations with
    dots ("U.S."); an emoji with its modifiers, joined emoji, flags. Every other punctuation mark
    and symbol is a token of its own. There is no dictionary: each Han character is a token, so is a
    run of Hiragana or of Katakana, and scripts without spaces (Thai, Lao, Khmer) part at spaces.

    Args:
        text: any string, of any length (linear time).

    Returns:
        The tokens, none of them empty.

    Example:
        >>> split_words("Don't panic: it's 3.14, e.g. state-of-the-art!")
        ["Don't", 'panic', ':', "it's", '3.14', ',', 'e.g.', 'state-of-the-art', '!']
    """
    return word_pattern().findall(text)


@register_tokenizer("treebank")
def split_treebank(text: str) -> list[str]:
    """Splits English as the Penn Treebank and CoNLL-2003 do.

    Contractions and the genitive part ("ca n't", "Germany 's"). Initials, abbreviations, and a
    number that begins the text keep their point ("P. Simmons", "Inc. and", "1. Smith"). What has
    "-", "/", "&" or "." within stays whole ("U.S.-led", "S&P", "1/2"), so do runs of points or
    dashes; a sign of currency parts from its number ("US$ 5"). All else is as with "words": no
    visible character is lost, and other scripts and emoji part as there. Unlike in the Treebank
    "cannot" stays whole and quotes stay what they are, as in CoNLL-2003. A text may have several
    sentences.

    Source: the Treebank's tokenizer.sed (R. MacIntyre, 1995); Marcus, Santorini and Marcinkiewicz
    (1993), "Building a Large Annotated Corpus of English: The Penn Treebank".

    Args:
        text: any string, of any length (linear time).

    Returns:
        The tokens, none of them empty.

    Example:
        >>> split_treebank("They can't say P. Simmons' age, Germany's U.S.-led 'no'.")[:5]
        ['They', 'ca', "n't", 'say', 'P.']
    """
    return treebank_pattern().findall(text)


@register_tokenizer("characters")
def split_characters(text: str) -> list[str]:
    """Splits into code points, white space and combining marks each alone.

    Args:
        text: any string.

    Returns:
        The characters.

    Example:
        >>> split_characters("a b")
        ['a', ' ', 'b']
    """
    return list(text)


@register_tokenizer("identity", accepts_tokens=True)
def identity(tokens: list[str]) -> list[str]:
    """Takes token lists as they are and refuses strings.

    Args:
        tokens: the tokens of one text.

    Returns:
        The same tokens.

    Raises:
        TypeError: a string came.

    Example:
        >>> identity(["a", "b"])
        ['a', 'b']
    """
    if isinstance(tokens, str):
        raise TypeError(
            f"tokenizer identity expects token lists, got the str {preview(tokens)}: "
            'split it first, or use tokenizer="words"'
        )
    return tokens
