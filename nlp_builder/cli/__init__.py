"""The command line `nlp-builder`: train, evaluate, tag, inspect.

Keras is imported by the commands that need it, so that `--help` comes at once.
"""

from nlp_builder.cli.program import main

__all__ = ["main"]
