"""Reading the lines of a text file, with errors that name file and line."""

from __future__ import annotations

import codecs
from pathlib import Path


def read_lines(path: Path, encoding: str, *, kind: str = "text file") -> list[str]:
    r"""Reads the lines of a file, parted at "\n" and "\r\n" only.

    Args:
        path: the file.
        encoding: its encoding; a byte order mark is skipped.
        kind: what the file should be, for the message.

    Returns:
        The lines without their ends; the last one is empty where the file ends in a line end.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is not in the encoding.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "lines.txt")
        ...     _ = path.write_bytes(b"a\r\nb\n")
        ...     read_lines(path, "utf-8")
        ['a', 'b', '']
    """
    if not path.exists():
        raise FileNotFoundError(f"expected a {kind}, found nothing at {path.absolute()}")
    # The codec with "sig" skips a byte order mark.
    codec = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    try:
        text = path.read_bytes().decode(codec)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{path}, line {line}: expected {encoding}, got other bytes ({error.reason}): "
            "pass the file's encoding"
        ) from error
    # str.splitlines would also part at \x85 and \u2028, which tokens may hold.
    return [line.removesuffix("\r") for line in text.split("\n")]
