"""Strings and integers: texts, tokens, vocabularies, ids, tags, files; no Keras in here."""

from nlp_builder.text.column_corpora import (
    Corpus,
    Split,
    load_corpus_folder,
    load_sample_corpus,
    read_columns,
)
from nlp_builder.text.columns import columns_of_rows, iterate_columns, take_rows, text_columns
from nlp_builder.text.corpora import (
    ChineseDailyNerCorpus,
    CONLL2003ENCorpus,
    SMP2018ECDTCorpus,
    WNUT17Corpus,
)
from nlp_builder.text.counting import (
    Symbols,
    characters_of,
    characters_of_words,
    count_chunks,
    no_symbols,
    symbols_of_chunks,
    whole_text,
    words_of,
)
from nlp_builder.text.encoding import (
    encode_characters,
    encode_characters_per_word,
    encode_distinct,
    encode_words,
)
from nlp_builder.text.json_lines import read_json_lines, read_labelled_json_lines
from nlp_builder.text.lazy_rows import LazyRows, lazy_map
from nlp_builder.text.mapped_columns import MappedColumns
from nlp_builder.text.ragged import pad_ids
from nlp_builder.text.schemes import Scheme, guess_scheme
from nlp_builder.text.spans import Span, convert_tags, spans_of, tags_from_spans
from nlp_builder.text.subwords import SubwordVectors, load_subword_vectors
from nlp_builder.text.tags import TagAlphabet
from nlp_builder.text.texts import Text, iterate_texts
from nlp_builder.text.token_counts import TokenCounts
from nlp_builder.text.tokenizers import (
    Tokenizer,
    get_tokenizer,
    register_tokenizer,
    tokenize,
    tokenizer_name,
)
from nlp_builder.text.vectors import WordVectors, load_vectors
from nlp_builder.text.vocabulary import (
    FIRST_ID,
    PADDING_ID,
    UNKNOWN_ID,
    Vocabulary,
)

__all__ = [
    "FIRST_ID",
    "PADDING_ID",
    "UNKNOWN_ID",
    "CONLL2003ENCorpus",
    "ChineseDailyNerCorpus",
    "Corpus",
    "LazyRows",
    "MappedColumns",
    "SMP2018ECDTCorpus",
    "Scheme",
    "Span",
    "Split",
    "SubwordVectors",
    "Symbols",
    "TagAlphabet",
    "Text",
    "TokenCounts",
    "Tokenizer",
    "Vocabulary",
    "WNUT17Corpus",
    "WordVectors",
    "characters_of",
    "characters_of_words",
    "columns_of_rows",
    "convert_tags",
    "count_chunks",
    "encode_characters",
    "encode_characters_per_word",
    "encode_distinct",
    "encode_words",
    "get_tokenizer",
    "guess_scheme",
    "iterate_columns",
    "iterate_texts",
    "lazy_map",
    "load_corpus_folder",
    "load_sample_corpus",
    "load_subword_vectors",
    "load_vectors",
    "no_symbols",
    "pad_ids",
    "read_columns",
    "read_json_lines",
    "read_labelled_json_lines",
    "register_tokenizer",
    "spans_of",
    "symbols_of_chunks",
    "tags_from_spans",
    "take_rows",
    "text_columns",
    "tokenize",
    "tokenizer_name",
    "whole_text",
    "words_of",
]
