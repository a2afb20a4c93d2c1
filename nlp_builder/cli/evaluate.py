"""`nlp-builder evaluate`: score a tagger."""

from __future__ import annotations

import argparse
import json
import math
from itertools import chain
from typing import TYPE_CHECKING, Any

from nlp_builder.cli.messages import say
from nlp_builder.cli.options import (
    DATA_HELP,
    add_command,
    add_data_options,
    load_tagger,
    read_tagged,
)
from nlp_builder.text import guess_scheme
from nlp_builder.text.checks import preview

if TYPE_CHECKING:
    from nlp_builder.labeling import BaseLabelingModel

_DESCRIPTION = f"""\
Score a tagger on texts with gold tags: precision, recall and F1 of whole entities, of each kind
and of all, as conlleval does.

{DATA_HELP}"""
_EPILOG = """\
examples:
  nlp-builder evaluate --model model.nlpb --data test.txt
  nlp-builder evaluate --model model.nlpb --data test.txt --by-token
  nlp-builder evaluate --model model.nlpb --data test.jsonl --json > scores.json

--json prints {"precision": 0.9, "recall": 0.8, "f1": 0.85, "types": {"PER": {"precision": ...}}},
of a tagger whose tags are no entities {"accuracy": 0.9}.
"""


def add_to(commands: Any) -> None:
    """Add the command.

    Args:
        commands: what `add_subparsers` returned.
    """
    parser = add_command(
        commands,
        "evaluate",
        run,
        help="score a tagger on texts with gold tags",
        description=_DESCRIPTION,
        epilog=_EPILOG,
    )
    parser.add_argument("--model", required=True, metavar="FILE", help="what train wrote")
    parser.add_argument("--data", required=True, metavar="FILE", help="texts with gold tags")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--by-token", action="store_true", help="score each token by itself")
    shown.add_argument("--json", action="store_true", help="print the scores as one JSON object")
    add_data_options(parser)


def run(options: argparse.Namespace) -> int:
    """Score.

    Args:
        options: of the command line.

    Returns:
        The exit code.
    """
    texts, tags = read_tagged(options.data, options)
    model = load_tagger(options.model, compile=False)
    require_gold(model, tags, options.data)
    say_unknown(model, tags, options.data)
    if options.json:
        print(json.dumps(scores_of(model, texts, tags), ensure_ascii=False))
    else:
        print(report_of(model, texts, tags, by_token=options.by_token))
    return 0


def require_gold(model: BaseLabelingModel, tags: list[list[str]], path: str) -> None:
    """Refuse what are no tags, as where a text without them was read as columns.

    Args:
        model: a tagger.
        tags: the gold tags of each text.
        path: the file that they are from.

    Raises:
        ValueError: if the model has none of them, and they are of no scheme either.
    """
    found = set(chain.from_iterable(tags))
    if found and found.isdisjoint(model.labels) and guess_scheme(tags) is None:
        raise ValueError(
            f"expected gold tags in {path}, such as {preview(list(model.labels))}, got "
            f"{preview(sorted(found))}: name the column or the field that has them"
        )


def say_unknown(model: BaseLabelingModel, tags: list[list[str]], path: str) -> None:
    """Warn of gold tags that the model cannot find.

    Args:
        model: a tagger.
        tags: the gold tags of each text.
        path: the file that they are from.
    """
    if unknown := model.processor.unknown(chain.from_iterable(tags)):
        say(
            f"warning: the model has no {', '.join(unknown)}, which {path} has: they are scored as "
            "missed"
        )


def report_of(
    model: BaseLabelingModel,
    texts: list[list[str]],
    tags: list[list[str]],
    *,
    by_token: bool = False,
) -> str:
    """Return the report of entities, or of tokens where tags are of no scheme.

    Args:
        model: a tagger.
        texts: the tokens of each text.
        tags: the gold tags of each text.
        by_token: the report of tokens.

    Returns:
        A table.
    """
    from nlp_builder.labeling import entity_report, token_report

    if model.scheme is None and not by_token:
        say("the tags are none of entities: tokens are scored")
    predicted = model.predict(texts)
    if by_token or model.scheme is None:
        return token_report(tags, predicted)
    return str(entity_report(tags, predicted))


def scores_of(
    model: BaseLabelingModel, texts: list[list[str]], tags: list[list[str]]
) -> dict[str, Any]:
    """Return precision, recall and F1; the accuracy where tags are of no scheme.

    Args:
        model: a tagger.
        texts: the tokens of each text.
        tags: the gold tags of each text.

    Returns:
        Scores by name, and with "types" those of each kind of entity.
    """
    from nlp_builder.labeling import entity_report

    predicted = model.predict(texts)
    if model.scheme is None:
        right = [
            one == other
            for pair in zip(tags, predicted, strict=True)
            for one, other in zip(*pair, strict=True)
        ]
        return {"accuracy": math.fsum(right) / max(len(right), 1)}
    report = entity_report(tags, predicted)
    types = {name: row for name, row in report.by_type.items() if not name.endswith(" avg")}
    return {"precision": report.precision, "recall": report.recall, "f1": report.f1, "types": types}
