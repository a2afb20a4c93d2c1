"""Reading the binary format of word2vec."""

from __future__ import annotations

from collections.abc import Container
from typing import BinaryIO

import numpy as np

from nlp_builder.text.vector_formats import Header

_CHUNK = 1 << 22
_LONGEST_WORD = 1 << 16


def read_binary(
    file: BinaryIO, header: Header | None, place: str, keep: Container[str] | None
) -> tuple[list[str], np.ndarray]:
    """Reads word2vec's binary format: header, then for each word its bytes, a space, its float32.

    The newline after a vector, which the C program writes and gensim does not, is skipped.

    Args:
        file: the file at its beginning.
        header: its header, read before.
        place: the file's name, for messages.
        keep: the only words to read, None for all.

    Returns:
        The words, and their vectors: float32 of shape `(words, dimension)`.

    Raises:
        ValueError: there is no header, the file ends early, goes on after the last vector, or a
            word is not UTF-8.

    Example:
        >>> import io
        >>> data = b"1 2\\na " + np.array([1, 2], "<f4").tobytes()
        >>> read_binary(io.BytesIO(data), Header(1, 2), "doc", None)
        (['a'], array([[1., 2.]], dtype=float32))
    """
    if header is None:
        raise ValueError(f"{place}: expected a header for the binary format of word2vec")
    words: list[str] = []
    matrix = bytearray()
    size = 4 * header.dimension
    file.readline()
    buffer, start = b"", 0
    for number in range(1, header.num_words + 1):
        space = buffer.find(b" ", start)
        if space < 0 or len(buffer) < space + 1 + size:
            buffer, start = buffer[start:] + _read(file, size), 0
            space = buffer.find(b" ")
            if space < 0 or len(buffer) < space + 1 + size:
                raise ValueError(_cut_off(place, number, header))
        word = _decoded(buffer[start:space], place, number)
        start = space + 1 + size
        if keep is None or word in keep:
            words.append(word)
            matrix += memoryview(buffer)[space + 1 : start]
    if (buffer[start:] + file.read(8)).strip():
        raise ValueError(f"{place}: expected {header.num_words} vectors by its header, got more")
    values = np.frombuffer(matrix, dtype="<f4").astype(np.float32, copy=False)
    return words, values.reshape(-1, header.dimension)


def _read(file: BinaryIO, size: int) -> bytes:
    """Reads enough for one more word and its vector, where the file has as much."""
    return file.read(max(_CHUNK, size + _LONGEST_WORD))


def _decoded(raw: bytes, place: str, number: int) -> str:
    try:
        return raw.lstrip(b"\n").decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{place}, word {number}: expected UTF-8, got {raw[:40]!r} ({error.reason})"
        ) from error


def _cut_off(place: str, number: int, header: Header) -> str:
    return (
        f"{place}: expected {header.num_words} vectors of dimension {header.dimension} by its "
        f"header, got the end of the file in word {number}: fetch the file again"
    )
