"""Options that several commands have, and tagged texts from the files that they name."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlp_builder.cli import libraries
from nlp_builder.text import Corpus, read_columns, read_json_lines
from nlp_builder.text.column_lines import ColumnsError

if TYPE_CHECKING:
    from nlp_builder.labeling import BaseLabelingModel

_JSON_ENDINGS = (".jsonl", ".json", ".ndjson")
DATA_HELP = """\
Files of tagged texts are read by their ending:
  .jsonl, .json, .ndjson   an object a line: {"tokens": ["Ada", "wrote"], "tags": ["B-PER", "O"]}
  any other                columns, as of CoNLL: a token and its tag a line, a blank line after
                           each text; columns between them are not looked at
Tags of entities are IOB1, IOB2 or BIOES; tags of any other kind are scored by token.
"""


def add_command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], int], **texts: str
) -> argparse.ArgumentParser:
    """Add a command.

    Args:
        commands: what `add_subparsers` returned.
        name: of the command.
        run: takes the options, and returns the exit code.
        **texts: help, description and epilog.

    Returns:
        The parser of its arguments.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        name, formatter_class=argparse.RawDescriptionHelpFormatter, **texts
    )
    parser.set_defaults(run=run)
    return parser


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Add what says how files of tagged texts are read.

    Args:
        parser: of a command.
    """
    group = parser.add_argument_group("how files are read")
    group.add_argument(
        *("--text-column", "--token-column"),
        type=int,
        default=0,
        metavar="N",
        help="the column of the token, from 0, negative from the end (default: 0)",
    )
    group.add_argument(
        *("--tag-column", "--column"),
        type=int,
        default=-1,
        metavar="N",
        help="the column of the tag, likewise (default: -1, the last one)",
    )
    add_separator(group)
    for name in ("tokens", "tags"):
        group.add_argument(
            f"--{name}-field",
            default=name,
            metavar="NAME",
            help=f"of JSON lines: the name of the field with the {name} (default: {name})",
        )


def read_tagged(path: str, options: argparse.Namespace) -> Corpus:
    """Read tagged texts.

    Args:
        path: a column file, or JSON lines.
        options: of `add_data_options`.

    Returns:
        The tokens of each text and the tags of each text.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if it holds something else, or no text.
    """
    if Path(path).is_dir():
        raise ValueError(f"expected a file of tagged texts, got the folder {path}")
    try:
        corpus = _read(path, options)
    except ColumnsError as error:
        advice = "give --text-column, --tag-column or --separator"
        raise ValueError(f"{error.found}: {advice}") from error
    except LookupError as error:
        raise ValueError(f"{error}: give another --encoding") from error
    if not corpus[0]:
        raise ValueError(f"expected tagged texts, found none in {path}")
    return corpus


def is_json_lines(path: str) -> bool:
    """Tell whether a file is read as JSON lines, by its ending."""
    return path.lower().endswith(_JSON_ENDINGS)


def require_another(out: str, **read: str | None) -> None:
    """Refuse to write over a file that is read.

    Args:
        out: what is to be written.
        **read: the files that are read, by the options that name them; None is no file.

    Raises:
        ValueError: if `out` is one of them, be it by another name.
    """
    for option, path in read.items():
        if path and all(map(os.path.exists, (out, path))) and os.path.samefile(out, path):
            raise ValueError(f"--out is the file of --{option}, {path}: give it another name")


def load_tagger(path: str | os.PathLike[str], **options: Any) -> BaseLabelingModel:
    """Load a tagger.

    Args:
        path: the file or the folder.
        **options: as for `nlp_builder.load`.

    Returns:
        The model.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if it holds something else.
    """
    libraries.start()
    from nlp_builder import load
    from nlp_builder.labeling import BaseLabelingModel

    model = load(path, **options)
    if not isinstance(model, BaseLabelingModel):
        raise ValueError(f"expected a file with a tagger, got {model!r} in {path}")
    return model


def _read(path: str, options: argparse.Namespace) -> Corpus:
    if is_json_lines(path):
        return read_json_lines(
            path,
            tokens=options.tokens_field,
            tags=options.tags_field,
            encoding=options.encoding,
        )
    return read_columns(
        path,
        text_column=options.text_column,
        tag_column=options.tag_column,
        separator=options.separator,
        encoding=options.encoding,
    )


def add_separator(parser: Any) -> None:
    """Add what says how lines are read.

    Args:
        parser: or a group of it.
    """
    parser.add_argument(
        "--separator",
        type=_separator,
        metavar="S",
        help="what parts columns: any string, or the word tab (default: blanks and tabs)",
    )
    parser.add_argument("--encoding", default="utf-8", help="of the files (default: utf-8)")


def positive(text: str) -> int:
    """Return the number that an option has.

    Args:
        text: of the option.

    Returns:
        A whole number.

    Raises:
        ArgumentTypeError: if it is below 1, or none.
    """
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text}")
    return number


def _separator(text: str) -> str:
    return "\t" if text in ("tab", "\\t") else text
