"""Opening a file of word vectors: plain or gzipped, which format, with or without a bar."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Container, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast, final

import numpy as np
from tqdm import tqdm

from nlp_builder.text.vector_binary import read_binary
from nlp_builder.text.vector_fasttext import (
    FastTextModel,
    is_fasttext,
    read_fasttext,
)
from nlp_builder.text.vector_formats import find_header, looks_like_text
from nlp_builder.text.vector_ngrams import whole_words
from nlp_builder.text.vector_text import read_text

LARGE = 50_000_000
"""The size of a file, in bytes, from which on a progress bar is worth it."""

_ARRAY = b"\x93NUMPY"
_GZIP = b"\x1f\x8b"
_REFUSED = {
    b"\x80": (
        "a pickle, as gensim's save() writes, which could run any code: if you trust it, pass "
        "gensim.models.KeyedVectors.load(path) in place of the path"
    ),
    b"PK\x03\x04": "a zip archive: unpack it first",
    b"PAR1": "a parquet file, the words alone: pass its folder or the .npy beside it",
}


def is_array_file(path: Path) -> bool:
    """Tells whether a file is a NumPy array.

    Args:
        path: the file.

    Returns:
        True where it begins as `.npy` files do.

    Example:
        >>> is_array_file(Path(__file__))
        False
    """
    with path.open("rb") as file:
        return file.read(len(_ARRAY)) == _ARRAY


def read_vector_file(
    path: Path, keep: Container[str] | None, progress: bool
) -> tuple[list[str], np.ndarray]:
    """Reads a file of vectors in the format that its first bytes show.

    Args:
        path: the file.
        keep: the only words to read, None for all.
        progress: show a bar for a large file.

    Returns:
        The words, and their vectors: float32 of shape `(words, dimension)`.

    Raises:
        ValueError: the file is empty, damaged or of an unknown format.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "vectors.txt")
        ...     _ = path.write_text("a 1 2")
        ...     read_vector_file(path, None, False)
        (['a'], array([[1., 2.]], dtype=float32))
    """
    with _opened(path, progress=False) as file:
        start = file.read(1 << 16)
    _refuse_other_formats(path, start)
    if is_fasttext(start):
        return whole_words(read_subword_file(path), keep)
    header = find_header(start)
    if header is None and b"\0" in start:
        raise ValueError(
            f"expected text, or the binary format of word2vec or fastText, got {path}: if gensim "
            "can load it, pass gensim's KeyedVectors in place of the path"
        )
    read = read_text if header is None or looks_like_text(start) else read_binary
    with _opened(path, progress) as file:
        return read(file, header, str(path), keep)


def read_subword_file(path: Path) -> FastTextModel:
    """Reads a binary model of fastText, with its n-grams.

    Args:
        path: the file; its matrix is mapped from the disk, unless the file is gzipped.

    Returns:
        The model.

    Raises:
        ValueError: the file is none, or is damaged, quantised, or trained with labels.

    Example:
        >>> from gensim.test.utils import datapath
        >>> read_subword_file(Path(datapath("toy-model.vec")))
        Traceback (most recent call last):
            ...
        ValueError: expected a binary model of fastText (.bin), got ...toy-model.vec, ...
    """
    with _opened(path, progress=False) as file:
        start = file.read(1 << 10)
    if not is_fasttext(start):
        raise ValueError(
            f"expected a binary model of fastText (.bin), got {path}, which is none: other files "
            "have no n-grams; to go without, pass load_vectors(path) in place of the path"
        )
    with _opened(path, progress=False) as file:
        return read_fasttext(file, path)


def _refuse_other_formats(path: Path, start: bytes) -> None:
    if not start.strip():
        raise ValueError(f"expected word vectors in {path}, got an empty file")
    for magic, what in _REFUSED.items():
        if start.startswith(magic):
            raise ValueError(f"expected word vectors, got {path}, {what}")


@contextmanager
def _opened(path: Path, progress: bool) -> Iterator[BinaryIO]:
    """Opens a file, unpacks gzip as it reads, and moves the bar by the bytes on the disk."""
    size = path.stat().st_size
    shown = progress and size >= LARGE
    with (
        path.open("rb", buffering=0) as raw,
        tqdm(total=size, desc=path.name, unit="B", unit_scale=True, disable=not shown) as bar,
        io.BufferedReader(_CountedFile(raw, bar), 1 << 20) as file,
    ):
        if file.peek(2)[:2] != _GZIP:
            yield file
            return
        try:
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield cast(BinaryIO, unpacked)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"expected a whole gzip file, got {path}: {error}") from error


@final
class _CountedFile(io.RawIOBase):
    """A raw file that tells a bar how much of it was read."""

    def __init__(self, raw: io.FileIO, bar: tqdm) -> None:
        self._raw, self._bar = raw, bar

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = self._raw.readinto(buffer) or 0
        self._bar.update(size)
        return size
