"""Words as English corpora part them."""

import pytest

from nlp_builder import load_sample_corpus
from nlp_builder.text.tokenizers import split_treebank, split_words

# Sentences of CoNLL-2003 and of the description of the Treebank, a blank between tokens.
PARTED = [
    "Germany 's representative to the European Union 's veterinary committee",
    "I ca n't , they 'll and we 've ; I 'm , you 're , he 'd",
    "IT IS N'T FRIDAY 'S",
    "the children 's parents ' views",
    "It do n\u2019t matter , Ada \u2019s",
    "O'Gorman cannot come at five o'clock in the '90s",
    "P. Simmons and J. K. Rowling of the U.S. met",
    "a U.S.-led force , e.g. in the U.S.-born , well-known S&P 500 and AT&T",
    "Mr. Smith of Smith Inc. and St. James",
    "1. Ada Lovelace ( Britain ) 57 6-3 1/2 +301 -5 .500",
    "It cost US$ 5 , C$ 1,000.50 or $ 7 at 10:30",
    "Wait ... no -- yes , 50 % !",
    "We left . They came .",
    "London 1996-08-30",
    "`` Yes , '' said Ada : \" no \" [ or so ] { x }",
    "al- Ahram rates it AA+ here",
]


@pytest.mark.parametrize("parted", PARTED)
def test_words_part_as_in_the_treebank(parted):
    tokens = parted.split(" ")
    assert split_treebank(parted) == tokens


@pytest.mark.parametrize(
    ("text", "parted"),
    [
        ("Germany's can't, won't.", "Germany 's ca n't , wo n't ."),
        ("Don't say \u201cit's\u201d, AIN'T!", "Do n't say \u201c it 's \u201d , AI N'T !"),
        ("He saw P. Simmons' 'old' dog.", "He saw P. Simmons ' ' old ' dog ."),
        ("It costs US$5, $7 or C$9.50.", "It costs US$ 5 , $ 7 or C$ 9.50 ."),
        ("We left.\tThey came. I won 2.", "We left . They came . I won 2 ."),
        ("He works at Smith Inc.", "He works at Smith Inc ."),
        ("(U.S.) and the U.S.", "( U.S. ) and the U.S."),
        ("so...he said--no**", "so ... he said -- no **"),
        ("http://x.com/a me@x.com", "http : / / x.com/a me@x.com"),
    ],
)
def test_running_text_is_parted(text, parted):
    assert split_treebank(text) == parted.split(" ")


def test_scripts_and_emoji_part_as_words_do():
    text = "\u6211\u7231\u5317\u4eac \u30ab\u30bf\u3072\u3089 \U0001f44d\U0001f3fdok cafe\u0301!"
    assert split_treebank(text) == split_words(text)


def test_texts_of_a_corpus_come_back():
    texts, _ = load_sample_corpus("train")
    same = [split_treebank(" ".join(text)) == text for text in texts]
    assert sum(same) >= 0.99 * len(same)
