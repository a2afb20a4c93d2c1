"""The pattern behind the tokenizer "words", built from Unicode's own categories."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache

# Letters, marks and formats lie in planes 0, 1 and 14; planes 2 and 3 hold Han only.
_SCANNED = (range(0x20000), range(0xE0000, 0xE0200))

_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
_HIRAGANA = "\u3041-\u3096\u309d-\u309f"
_KATAKANA = "\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"
_PROLONGED = "\u30fc"

_REGIONAL = "\U0001f1e6-\U0001f1ff"
_PICTURES = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf\u2900-\u297f"
    "\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001faff"
)
_SKIN_TONES = "\U0001f3fb-\U0001f3ff"

# Apostrophes, the Catalan middle dot, Hebrew geresh and gershayim, hyphens.
_BETWEEN_LETTERS = r"'\u2019\uff07\u00b7\u05f3\u05f4\-\u2010\u2011\u058a"
_BETWEEN_DIGITS = ".,:\u066b\u066c"

# What comes later gives the same token; this way is twice as fast on English.
PLAIN_WORD = r"[A-Za-z]++(?=\s|\Z)"


@cache
def word_pattern() -> re.Pattern[str]:
    """Returns the compiled pattern; the first call takes about 50 ms, later ones nothing.

    The alternatives, in order: emoji sequences, abbreviations with dots, Han characters, runs of
    Hiragana, runs of Katakana, words and numbers, any other visible character. Each takes the
    marks and format characters that follow it (Unicode Standard Annex 29, rule WB4). No two ways
    lead through one text, so matching takes linear time.

    Returns:
        A pattern whose matches are the tokens.

    Example:
        >>> word_pattern().findall("it's 3.14")
        ["it's", '3.14']
    """
    letters, extend = character_classes()
    word = f"[{letters}{extend}]"
    alternatives = (
        PLAIN_WORD,
        *emoji(),
        rf"(?<![{letters}{extend}.])(?:[^\W\d_]\.){{2,}}+(?!{word})",
        *east_asian_scripts(),
        rf"{word}++(?:(?:[{_BETWEEN_LETTERS}]|(?<=\d)[{_BETWEEN_DIGITS}](?=\d)){word}++)*+",
        rf"\S[{extend}]*+",
    )
    return first_of(alternatives)


def first_of(alternatives: Iterable[str]) -> re.Pattern[str]:
    """Compiles a pattern of tokens.

    Args:
        alternatives: each matches one token, the first that does is taken.

    Returns:
        The pattern; it skips white space.

    Example:
        >>> first_of(["a+", r"\\S"]).findall("aa b")
        ['aa', 'b']
    """
    # The guard skips white space at once, which else fails at each alternative.
    return re.compile(rf"(?=\S)(?:{'|'.join(alternatives)})")


@cache
def character_classes() -> tuple[str, str]:
    """Returns the insides of two classes of a regular expression.

    Returns:
        That of what words consist of, and that of marks and formats, which extend any character.

    Example:
        >>> letters, extend = character_classes()
        >>> re.findall(f"[{letters}][{extend}]*", "a-\\u00e9")
        ['a', 'é']
    """
    return _character_class(_is_word_letter), _character_class(_is_extending)


def emoji() -> tuple[str, ...]:
    """Returns patterns of emoji with their modifiers, joined ones, keycaps and flags.

    Returns:
        Alternatives for `first_of`.

    Example:
        >>> len(first_of(emoji()).findall("\\U0001f44d\\U0001f3fd \\U0001f1e9\\U0001f1ea"))
        2
    """
    _, extend = character_classes()
    picture = f"[{_PICTURES}][{extend}{_SKIN_TONES}]*+"
    # The \u200d that joins two pictures is one of the extending characters.
    joined = f"{picture}(?:(?<=\u200d){picture})*+"
    return "[0-9#*]\ufe0f?\u20e3", f"[{_REGIONAL}]{{2}}", joined


def east_asian_scripts() -> tuple[str, ...]:
    """Returns patterns of a Han character, of a run of Hiragana and of one of Katakana.

    Returns:
        Alternatives for `first_of`.

    Example:
        >>> len(first_of(east_asian_scripts()).findall("\\u6211\\u7231\\u30bf\\u30ef"))
        3
    """
    _, extend = character_classes()
    return (
        f"[{_HAN}][{extend}]*+",
        f"[{_HIRAGANA}][{_HIRAGANA}{_PROLONGED}{extend}]*+",
        f"[{_KATAKANA}][{_KATAKANA}{extend}]*+",
    )


def _is_extending(character: str) -> bool:
    # The zero-width space parts words in Thai and Khmer, so it must not extend one.
    category = unicodedata.category(character)
    return category[0] == "M" or (category == "Cf" and character != "\u200b")


def _is_word_letter(character: str) -> bool:
    return (character.isalnum() or character == "_") and not _own_scripts().match(character)


@cache
def _own_scripts() -> re.Pattern[str]:
    return re.compile(f"[{_HAN}{_HIRAGANA}{_KATAKANA}]")


def _character_class(belongs: Callable[[str], bool]) -> str:
    """Writes the characters that belong as the inside of a regular expression's class."""
    parts: list[str] = []
    for codes in _SCANNED:
        start: int | None = None
        for code in (*codes, codes.stop):
            inside = code < codes.stop and belongs(chr(code))
            if inside and start is None:
                start = code
            elif not inside and start is not None:
                parts.append(f"{re.escape(chr(start))}-{re.escape(chr(code - 1))}")
                start = None
    return "".join(parts)
