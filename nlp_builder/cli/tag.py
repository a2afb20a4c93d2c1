"""`nlp-builder tag`: texts in, tags and entities out, as a stream."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from nlp_builder.cli.messages import say
from nlp_builder.cli.options import (
    add_command,
    add_separator,
    is_json_lines,
    load_tagger,
    positive,
    require_another,
)
from nlp_builder.cli.readers import READERS, Reading, TextRead, chunks
from nlp_builder.cli.writers import WRITERS, Writer
from nlp_builder.saving import write_pieces
from nlp_builder.text import get_tokenizer

if TYPE_CHECKING:
    from nlp_builder.labeling import BaseLabelingModel

_DESCRIPTION = """\
Tag texts with a model that train wrote.

Input (--input) from FILE or standard input:
  text      one text a line, split into words by --tokenizer (the default, but for a FILE that
            ends in .jsonl, .json or .ndjson)
  columns   one token a line, a blank line after each text; of several columns that of --column
  jsonl     an object a line, {"tokens": ["Ada", "wrote"]} or {"text": "Ada wrote"}

Output (--output), to standard output or --out:
  columns   token, tab, tag; a blank line after each text. Of columns each line of the input has
            its line: blank lines, and those that begin with -DOCSTART-, keep their place
  jsonl     an object a line: its own fields, "tokens", "tags", and, where tags are of entities,
            "entities": [{"label", "start", "end", "text", "confidence"}], with the first token, the
            one behind the last, and how sure the model is, from 0 to 1
The default is columns, for JSON lines JSON lines.
"""
_EPILOG = """\
examples:
  echo "Ada Lovelace was born in London." | nlp-builder tag --model model.nlpb
  nlp-builder tag --model model.nlpb letters.txt --output jsonl --out letters.jsonl
  nlp-builder tag --model model.nlpb --input columns --column 0 test.conll > tagged.conll
  tail -f log.txt | nlp-builder tag --model model.nlpb --chunk 1

Tokenizers: treebank parts English as the texts of CoNLL and of the Penn Treebank are parted, as in
"Ada 's", "ca n't", "P. Simmons"; words parts words, numbers and single punctuation marks of any
language, and leaves "Ada's" whole; whitespace is for texts whose tokens have blanks between them
already; characters is for models that were trained on characters. Take the one that is like the
texts of the training.

Any amount of text runs in the same memory: so many texts as --chunk says are read, tagged and
written at a time. At the end standard error has the number of texts and tokens and the rate.
"""
TOKENIZERS = ("treebank", "words", "whitespace", "characters")


def add_to(commands: Any) -> None:
    """Add the command.

    Args:
        commands: what `add_subparsers` returned.
    """
    parser = add_command(
        commands,
        "tag",
        run,
        help="tag texts",
        description=_DESCRIPTION,
        epilog=_EPILOG,
    )
    parser.add_argument("file", nargs="?", default="-", metavar="FILE", help="texts (default: -)")
    parser.add_argument("--model", required=True, metavar="FILE", help="what train wrote")
    parser.add_argument("--input", choices=tuple(READERS), help="see above")
    parser.add_argument("--output", choices=tuple(WRITERS), help="see above")
    parser.add_argument(
        "--out", default="-", metavar="FILE", help="write there, be it over FILE (default: -)"
    )
    parser.add_argument(
        "--tokenizer", choices=TOKENIZERS, default="treebank", help="of strings (default: treebank)"
    )
    parser.add_argument(
        *("--column", "--text-column"),
        type=int,
        default=0,
        metavar="N",
        help="the column of the token, from 0, negative from the end (default: 0)",
    )
    add_separator(parser)
    parser.add_argument(
        "--chunk",
        type=positive,
        default=4096,
        metavar="N",
        help="texts that are tagged at a time: 1 for an answer to each line as it comes, more for "
        "speed (default: 4096)",
    )
    parser.add_argument("--quiet", action="store_true", help="do not tell the rate")


def run(options: argparse.Namespace) -> int:
    """Tag.

    Args:
        options: of the command line.

    Returns:
        The exit code.
    """
    require_another(options.out, model=options.model)
    options.input = options.input or ("jsonl" if is_json_lines(options.file) else "text")
    with ExitStack() as files:
        # A wrong file shows before the libraries are imported.
        source = _opened(options.file, files)
        tagger = _ready(options)
        ready = time.perf_counter()
        counts = Counter[str]()
        _write(options.out, _tagged(tagger, source, options, counts))
    if not options.quiet:
        seconds = time.perf_counter() - ready
        rate = counts["tokens"] / max(seconds, 1e-9)
        say(
            f"{counts['texts']:,} texts, {counts['tokens']:,} tokens in {seconds:.2f} s: "
            f"{rate:,.0f} tokens/s (after {ready - options.started:.1f} s to load libraries and "
            "model)"
        )
    return 0


def _tagged(
    tagger: BaseLabelingModel, source: BinaryIO, options: argparse.Namespace, counts: Counter[str]
) -> Iterator[bytes]:
    """Yield what is to be written for some texts at a time, and count."""
    split = get_tokenizer(options.tokenizer)
    assert split is not None  # noqa: S101  # there is one of each name that the option takes
    reading = Reading(split, options.column, options.separator, options.encoding)
    write = _writer(options)
    for chunk in chunks(READERS[options.input](source, reading), options.chunk):
        yield "".join(write(tagger, chunk)).encode("utf-8", "replace")
        counts["texts"] += sum(text.fields is not None for text in chunk)
        counts["tokens"] += sum(len(text.tokens) for text in chunk)


def _write(out: str, content: Iterator[bytes]) -> None:
    if out != "-":  # a file is whole or as it was, also where it is the one that is read
        write_pieces(out, content)
        return
    for piece in content:
        rest = memoryview(piece)
        while rest:  # unbuffered, it may take a part, and fails at the next one on a full disk
            rest = rest[sys.stdout.buffer.write(rest) or 0 :]
        sys.stdout.buffer.flush()


def _ready(options: argparse.Namespace) -> BaseLabelingModel:
    """Load a tagger and let it see two batches of other sizes, after which its graph takes all."""
    tagger = load_tagger(options.model, compile=False)
    for text in ("a", "an"):
        list(_writer(options)(tagger, [TextRead([*text], {})] * len(text)))
    return tagger


def _writer(options: argparse.Namespace) -> Writer:
    return WRITERS[options.output or ("jsonl" if options.input == "jsonl" else "columns")]


def _opened(path: str, files: ExitStack) -> Any:
    return sys.stdin.buffer if path == "-" else files.enter_context(Path(path).open("rb"))
