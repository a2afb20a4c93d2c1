"""`nlp-builder inspect`: what a file holds."""

from __future__ import annotations

import argparse
from typing import Any

from nlp_builder.cli.options import add_command
from nlp_builder.contents import inspect

_DESCRIPTION = """\
Show what a file of nlp_builder holds, without making anything of it: the class of the model and
its tags, blocks, vocabularies, arrays, and what has to be handed in when it is loaded.

The file may come from a stranger: nothing in it is run.
"""
_EPILOG = """\
example:
  nlp-builder inspect model.nlpb
"""


def add_to(commands: Any) -> None:
    """Add the command.

    Args:
        commands: what `add_subparsers` returned.
    """
    parser = add_command(
        commands,
        "inspect",
        run,
        help="show what a file holds",
        description=_DESCRIPTION,
        epilog=_EPILOG,
    )
    parser.add_argument("file", metavar="FILE", help="a file of nlp_builder, or a model's folder")


def run(options: argparse.Namespace) -> int:
    """Show.

    Args:
        options: of the command line.

    Returns:
        The exit code.
    """
    print(inspect(options.file))
    return 0
