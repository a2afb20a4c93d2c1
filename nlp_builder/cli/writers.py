"""Tagged texts as columns and as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from nlp_builder.cli.readers import TextRead
from nlp_builder.text.checks import preview

if TYPE_CHECKING:
    from nlp_builder.labeling import BaseLabelingModel

_DIGITS = 4
BATCH_SIZE = 512
"""Texts in a batch: more of them share words, and steps of the chain."""


def columns(tagger: BaseLabelingModel, texts: Sequence[TextRead]) -> Iterator[str]:
    """Tag texts, and write a token and its tag a line.

    Args:
        tagger: predicts.
        texts: some.

    Returns:
        Pieces of what is written.

    Raises:
        ValueError: if a token holds a tab or a line end.
    """
    predicted = tagger.predict([text.tokens for text in texts], batch_size=BATCH_SIZE)
    for text, tags in zip(texts, predicted, strict=True):
        joined = "".join(text.tokens)
        if "\t" in joined or "\n" in joined:
            odd = next(token for token in text.tokens if {*token} & {"\t", "\n"})
            raise ValueError(f"expected tokens in a line, got {preview(odd)}: use --output jsonl")
        lines = [*map("\t".join, zip(text.tokens, tags, strict=True)), *text.gap, ""]
        yield "\n".join(lines)


def json_lines(tagger: BaseLabelingModel, texts: Sequence[TextRead]) -> Iterator[str]:
    """Tag texts, and write an object a line.

    Args:
        tagger: predicts.
        texts: some.

    Returns:
        Lines.
    """
    from nlp_builder.labeling import entities_of

    texts = [text for text in texts if text.fields is not None]
    scheme = tagger.scheme
    encode = json.JSONEncoder(ensure_ascii=False).encode
    tokens = [text.tokens for text in texts]
    if scheme is None:
        predicted = tagger.predict(tokens, batch_size=BATCH_SIZE)
        for text, tags in zip(texts, predicted, strict=True):
            yield encode({**(text.fields or {}), "tokens": text.tokens, "tags": tags}) + "\n"
        return
    found = tagger.predict_confidences(tokens, batch_size=BATCH_SIZE)
    for text, (tags, sure) in zip(texts, found, strict=True):
        entities = [
            {**entity._asdict(), "confidence": round(entity.confidence, _DIGITS)}
            for entity in entities_of(text.tokens, tags, sure, scheme=scheme)
        ]
        row = {"tokens": text.tokens, "tags": tags, "entities": entities}
        yield encode({**(text.fields or {}), **row}) + "\n"


Writer = Callable[["BaseLabelingModel", Sequence[TextRead]], Iterator[str]]
WRITERS: dict[str, Writer] = {"columns": columns, "jsonl": json_lines}
