"""The pattern behind the tokenizer "treebank": how English corpora part words."""

from __future__ import annotations

import re
from functools import cache

from nlp_builder.text.word_pattern import (
    PLAIN_WORD,
    character_classes,
    east_asian_scripts,
    emoji,
    first_of,
)

_APOSTROPHE = r"['\u2019\uff07]"
_CLITICS = "(?i:s|m|d|ll|re|ve)"
_ABBREVIATIONS = (
    *("Mr", "Mrs", "Ms", "Dr", "Prof", "Rev", "Gen", "Col", "Maj", "Capt", "Lt", "Sgt", "Cmdr"),
    *("Sen", "Rep", "Gov", "Pres", "Hon", "St", "Ste", "Mt", "Ft", "Jr", "Sr", "Messrs"),
    *("Inc", "Corp", "Co", "Cos", "Ltd", "Bros", "Assn", "Dept", "Univ", "Ave", "Blvd", "Rd"),
    *("Jan", "Feb", "Aug", "Sept", "Sep", "Oct", "Nov", "Dec", "No", "Nos", "vs", "vol", "pp"),
    *("Ala", "Ariz", "Ark", "Calif", "Colo", "Conn", "Del", "Fla", "Ga", "Ill", "Ind", "Kan"),
    *("Ky", "La", "Md", "Mass", "Mich", "Minn", "Miss", "Mo", "Mont", "Neb", "Nev", "Okla", "Ore"),
    *("Pa", "Tenn", "Tex", "Va", "Vt", "Wash", "Wis", "Wyo"),
)
# Initials and abbreviations are most often followed by a name or a number.
_GOES_ON = r"(?=\s++[^\W_])"


@cache
def treebank_pattern() -> re.Pattern[str]:
    """Returns the compiled pattern.

    The alternatives, in order: emoji; runs of points, dashes, stars and quotes; what is contracted;
    sums' currencies; what keeps its point; scripts of East Asia; words and numbers; any other
    visible character. Each looks a bounded way ahead but over white space, so matching takes linear
    time.

    Source: "Treebank tokenization" with its script tokenizer.sed (R. MacIntyre, 1995), and
    CoNLL-2003, which keeps quotes as they are, "cannot" whole, and "&" and "/" within words.

    Returns:
        A pattern whose matches are the tokens.

    Example:
        >>> treebank_pattern().findall("Germany's P. Simmons can't.")
        ['Germany', "'s", 'P.', 'Simmons', 'ca', "n't", '.']
    """
    letters, extend = character_classes()
    word = f"[{letters}{extend}]"
    negation = f"[nN]{_APOSTROPHE}[tT](?!{word})"
    clitic = f"{_APOSTROPHE}{_CLITICS}(?!{word})"
    return first_of(
        (
            PLAIN_WORD,
            *emoji(),
            r"\.{2,}+|-{2,}+|\*{2,}+|={2,}+|''|``",
            rf"(?<={word}){negation}|{clitic}|{_APOSTROPHE}(?=\d\ds?(?!{word}))\w++",
            rf"(?<!{word})[A-Z]{{1,3}}\$",
            *_with_point(word),
            *east_asian_scripts(),
            _word(word, negation, clitic),
            rf"\S[{extend}]*+",
        )
    )


def _with_point(word: str) -> tuple[str, ...]:
    """Returns patterns of initials, of other abbreviations, and of numbers that begin a text."""
    before = rf"(?<!{word})(?<!\.)"
    end = rf"(?!{word}|-)"
    return (
        rf"{before}[^\W\d_]\.{_GOES_ON}",
        rf"{before}(?:[^\W\d_]\.){{2,}}+{end}",
        rf"{before}(?:{'|'.join(_ABBREVIATIONS)})\.{_GOES_ON}",
        r"\A\d++\.(?=\s)",
    )


def _word(word: str, negation: str, clitic: str) -> str:
    """Returns the pattern of words and numbers, with what is within them or belongs to them."""
    part = f"(?:(?!(?<={word}){negation}){word})++"
    sign = r"(?:(?<!\S)(?:[-+]\.?|\.)(?=\d))?+"
    inner = (
        r"(?<=\d)[,:\u066b\u066c](?=\d)",
        rf"(?!{clitic})[-&/@+.'\u2019\uff07\u00b7\u05f3\u05f4\u2010\u2011\u058a]",
        r"\.-",
    )
    last = r"(?:[-+/](?=\s|\Z))?+"
    return f"{sign}{part}(?:(?:{'|'.join(inner)}){part})*+{last}"
