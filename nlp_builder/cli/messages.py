"""What the program tells people, on standard error."""

from __future__ import annotations

import sys


def say(message: str) -> None:
    """Write a line on standard error.

    Args:
        message: one line.
    """
    print(f"nlp-builder: {message}", file=sys.stderr, flush=True)


def one_line(error: BaseException | str) -> str:
    """Tell of an error or a warning in one line.

    Args:
        error: any.

    Returns:
        Its message without line ends; of an error of the system what and which file.

    Example:
        >>> one_line(FileNotFoundError(2, "No such file or directory", "train.txt"))
        'train.txt: No such file or directory'
    """
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split()) or type(error).__name__
