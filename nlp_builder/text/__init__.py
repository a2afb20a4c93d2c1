"""Strings and integers: texts, tokens, vocabularies, ids, tags, files; no Keras in here."""

from nlp_builder.text.encoding import encode_characters_per_word, encode_words, pad_ids
from nlp_builder.text.texts import Text, iterate_texts
from nlp_builder.text.tokenizers import (
    Tokenizer,
    get_tokenizer,
    register_tokenizer,
    tokenize,
    tokenizer_name,
)
from nlp_builder.text.vocabulary import (
    FIRST_ID,
    PADDING_ID,
    UNKNOWN_ID,
    TokenCounts,
    Vocabulary,
)

__all__ = [
    "FIRST_ID",
    "PADDING_ID",
    "UNKNOWN_ID",
    "Text",
    "TokenCounts",
    "Tokenizer",
    "Vocabulary",
    "encode_characters_per_word",
    "encode_words",
    "get_tokenizer",
    "iterate_texts",
    "pad_ids",
    "register_tokenizer",
    "tokenize",
    "tokenizer_name",
]
