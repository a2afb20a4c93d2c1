"""The program: which command runs, and how it ends."""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from collections.abc import Sequence
from typing import TextIO

from nlp_builder import __version__
from nlp_builder.cli import evaluate, inspecting, tag, train
from nlp_builder.cli.messages import one_line, say
from nlp_builder.memory import keep_freed_memory

USER_ERROR, INTERRUPTED = 2, 130
_DESCRIPTION = """\
Train, score and use taggers of texts: names of persons and places, parts of speech, and the like.

  nlp-builder train --train train.txt --valid valid.txt --out model.nlpb
  nlp-builder evaluate --model model.nlpb --data test.txt
  echo "Ada Lovelace was born in London." | nlp-builder tag --model model.nlpb
  nlp-builder inspect model.nlpb
"""
_EPILOG = """\
"nlp-builder COMMAND --help" tells all about a command, with examples.

Results go to standard output, all else to standard error. Exit codes: 0 if all went well, 2 for a
wrong argument or file, 130 after Ctrl-C, 143 after SIGTERM.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: words of the command line; None for those of this process.

    Returns:
        The exit code.

    Raises:
        SystemExit: after `--help`, and for arguments that are wrong.

    Example:
        >>> main(["evaluate", "--model", "nowhere.nlpb", "--data", "nowhere.txt"])
        2
    """
    options = parser().parse_args(arguments)
    options.owns_process = arguments is None
    if options.owns_process:
        keep_freed_memory()
    options.started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        return _run(options)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line.

    Returns:
        One that knows all commands; what it returns has the function `run`.

    Example:
        >>> parser().parse_args(["inspect", "model.nlpb"]).file
        'model.nlpb'
    """
    whole = argparse.ArgumentParser(
        prog="nlp-builder",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument("--version", action="version", version=f"nlp-builder {__version__}")
    whole.add_argument(
        "--traceback", action="store_true", help="show where in the program an error comes from"
    )
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (train, evaluate, tag, inspecting):
        command.add_to(commands)
    return whole


def _run(options: argparse.Namespace) -> int:
    try:
        return options.run(options)
    except BrokenPipeError:
        _forget_output()
        return 0
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    except (OSError, ValueError) as error:
        if options.traceback:
            raise
        say(f"error: {one_line(error)}")
        return USER_ERROR


def _forget_output() -> None:
    """Let Python's last flush go nowhere: who read our output, `head` for one, has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    say(f"warning: {one_line(message)}")
