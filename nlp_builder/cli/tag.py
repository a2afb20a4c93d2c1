"""`nlp-builder tag`: texts in, tags and entities out, as a stream."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from nlp_builder.cli.messages import say
from nlp_builder.cli.options import add_command, load_tagger
from nlp_builder.cli.readers import READERS, TextRead, chunks
from nlp_builder.cli.writers import WRITERS, Writer
from nlp_builder.text import get_tokenizer

if TYPE_CHECKING:
    from nlp_builder.labeling import BaseLabelingModel

_DESCRIPTION = """\
Tag texts with a model that train wrote.

Input (--input), UTF-8, from FILE or standard input:
  text      one text a line, split into words by --tokenizer (the default)
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

Tokenizers: words parts words, numbers and punctuation marks, as the texts of CoNLL are parted;
whitespace is for texts whose tokens have blanks between them already; characters is for models
that were trained on characters. Take the one that is like the texts of the training.

Any amount of text runs in the same memory: so many texts as --chunk says are read, tagged and
written at a time. At the end standard error has the number of texts and tokens and the rate.
"""
TOKENIZERS = ("words", "whitespace", "characters")


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
    parser.add_argument("--input", choices=tuple(READERS), default="text", help="see above")
    parser.add_argument("--output", choices=tuple(WRITERS), help="see above")
    parser.add_argument("--out", default="-", metavar="FILE", help="write there (default: -)")
    parser.add_argument(
        "--tokenizer", choices=TOKENIZERS, default="words", help="of strings (default: words)"
    )
    parser.add_argument(
        *("--column", "--text-column"),
        type=int,
        default=0,
        metavar="N",
        help="the column of the token, from 0, negative from the end (default: 0)",
    )
    parser.add_argument(
        "--chunk",
        type=_positive,
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
    with ExitStack() as files:
        # A wrong file shows before the libraries are imported.
        source = _opened(options.file, "rb", sys.stdin, files)
        tagger = _ready(options)
        ready = time.perf_counter()
        target = _opened(options.out, "wb", sys.stdout, files)
        texts, tokens = _tag_all(tagger, source, target, options)
    if not options.quiet:
        seconds = time.perf_counter() - ready
        say(
            f"{texts:,} texts, {tokens:,} tokens in {seconds:.2f} s: "
            f"{tokens / max(seconds, 1e-9):,.0f} tokens/s (after {ready - options.started:.1f} s "
            "to load libraries and model)"
        )
    return 0


def _tag_all(
    tagger: BaseLabelingModel, source: BinaryIO, target: BinaryIO, options: argparse.Namespace
) -> tuple[int, int]:
    split = get_tokenizer(options.tokenizer)
    read = READERS[options.input](source, split=split, column=options.column)
    write = _writer(options)
    num_texts = num_tokens = 0
    for chunk in chunks(read, options.chunk):
        target.write("".join(write(tagger, chunk)).encode("utf-8", "replace"))
        target.flush()
        num_texts += sum(text.fields is not None for text in chunk)
        num_tokens += sum(len(text.tokens) for text in chunk)
    return num_texts, num_tokens


def _ready(options: argparse.Namespace) -> BaseLabelingModel:
    """Load a tagger and let it see two batches of other sizes, after which its graph takes all."""
    tagger = load_tagger(options.model, compile=False)
    for text in ("a", "an"):
        list(_writer(options)(tagger, [TextRead([*text], {})] * len(text)))
    return tagger


def _writer(options: argparse.Namespace) -> Writer:
    return WRITERS[options.output or ("jsonl" if options.input == "jsonl" else "columns")]


def _opened(path: str, mode: str, standard: Any, files: ExitStack) -> Any:
    if path == "-":
        return standard.buffer
    return files.enter_context(Path(path).open(mode))


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text}")
    return number
