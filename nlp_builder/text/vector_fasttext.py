"""Reading fastText's binary models: words, and one matrix of vectors of words and n-grams."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, NoReturn, final

import numpy as np

_MAGIC = 793712314
_LATEST_VERSION = 12
_SUPERVISED = 3
_CHUNK = 1 << 20
_LONGEST_WORD = 1 << 20
# The largest sizes that the header of a real model says; text read as numbers says larger ones.
_LARGEST_DIMENSION = 1 << 14
_LARGEST_NGRAM = 1 << 10


class FastTextModel(NamedTuple):
    """What a file holds: word `i` has row `i` of the matrix, bucket `i` of n-grams row words + i.

    The rows of words are as they were trained; a word's vector is the mean of its row and of those
    of its n-grams.
    """

    words: list[str]
    matrix: np.ndarray
    """float32 of shape `(words + buckets, dimension)`, mapped from the disk where it can be."""
    minn: int
    """The shortest n-gram, in characters."""
    maxn: int
    """The longest n-gram, in characters; 0 where there are none."""


class _Arguments(NamedTuple):
    """The header, as `Args::save` of fastText writes it."""

    dim: int
    ws: int
    epoch: int
    min_count: int
    neg: int
    word_ngrams: int
    loss: int
    model: int
    bucket: int
    minn: int
    maxn: int
    lr_update_rate: int
    t: float


_ARGUMENTS = struct.Struct("<12id")


def is_fasttext(start: bytes) -> bool:
    """Tells whether a file is a binary model of fastText, also one of its first version.

    Args:
        start: the first 100 bytes of the file or more.

    Returns:
        True where it begins with fastText's number, or with arguments that can be a model's.

    Example:
        >>> is_fasttext((793712314).to_bytes(4, "little")), is_fasttext(b"2 1" + b"\\n" * 97)
        (True, False)
    """
    if start[:4] == struct.pack("<i", _MAGIC):
        return True
    return len(start) >= 100 and _is_plausible(_Arguments(*_ARGUMENTS.unpack_from(start)))


def _is_plausible(arguments: _Arguments) -> bool:
    return (
        0 < arguments.dim <= _LARGEST_DIMENSION
        and 0 <= arguments.minn <= _LARGEST_NGRAM
        and 0 <= arguments.maxn <= _LARGEST_NGRAM
        and arguments.loss in (1, 2, 3, 4)
        and arguments.model in (1, 2, _SUPERVISED)
        and min(arguments.ws, arguments.epoch, arguments.bucket) >= 0
    )


def read_fasttext(file: BinaryIO, path: Path) -> FastTextModel:
    """Reads a binary model of fastText (Bojanowski et al., 2017) that was trained without labels.

    Words that are not UTF-8 are written with backslashes, as gensim does.

    Args:
        file: the file at its beginning, unpacked where it is gzipped.
        path: its path. The matrix is mapped from it, unless `file` is an unpacked one.

    Returns:
        The model.

    Raises:
        ValueError: the file is damaged, quantised, or trained with labels.

    Example:
        >>> from gensim.test.utils import datapath
        >>> path = Path(datapath("crime-and-punishment.bin"))
        >>> with path.open("rb") as file:
        ...     model = read_fasttext(file, path)
        >>> len(model.words), model.matrix.shape, model.maxn
        (291, (391, 5), 6)
    """
    reader = _Reader(file, path)
    is_new = reader.peek(4) == struct.pack("<i", _MAGIC)
    if is_new:
        _, version = reader.unpack("<2i")
        if version > _LATEST_VERSION:
            reader.refuse(f"version {version}, newer than {_LATEST_VERSION}")
    arguments = _Arguments(*reader.unpack("<12id"))
    if not _is_plausible(arguments):
        reader.refuse(f"a damaged header, {arguments}")
    words = _read_words(reader, arguments, is_new)
    if is_new and reader.unpack("<?")[0]:
        reader.refuse("a quantised one (.ftz): take the .bin that it was made from")
    matrix = _read_matrix(reader, (len(words) + arguments.bucket, arguments.dim))
    return FastTextModel(words, matrix, arguments.minn, arguments.maxn)


def _read_words(reader: _Reader, arguments: _Arguments, is_new: bool) -> list[str]:
    size, num_words, num_labels = reader.unpack("<3i")
    if num_labels > 0 or arguments.model == _SUPERVISED:
        reader.refuse("one that was trained with labels (supervised)")
    if size != num_words or size < 0:
        reader.refuse(f"{size} entries with {num_words} words")
    reader.skip(8)
    pruned = reader.unpack("<q")[0] if is_new else 0
    words = []
    for _ in range(size):
        words.append(reader.until_zero().decode("utf-8", "backslashreplace"))
        # Its count, and what kind of an entry it is.
        reader.skip(9)
    if pruned > 0:
        reader.refuse("one without its rare n-grams (pruned)")
    return words


def _read_matrix(reader: _Reader, shape: tuple[int, int]) -> np.ndarray:
    given = reader.unpack("<2q")
    if given != shape:
        reader.refuse(
            f"a matrix of shape {given} in place of {shape}, the words and n-grams of its header"
        )
    return reader.array(shape)


@final
class _Reader:
    """Takes parts of a file one after the other, and knows where it is."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file, self._path = file, path
        self._buffer, self._start, self._before = b"", 0, 0

    def refuse(self, what: str) -> NoReturn:
        raise ValueError(f"expected a fastText model of words, got {self._path}: {what}")

    def peek(self, size: int) -> bytes:
        self._require(size)
        return self._buffer[self._start : self._start + size]

    def skip(self, size: int) -> None:
        self._require(size)
        self._start += size

    def unpack(self, form: str) -> tuple[Any, ...]:
        size = struct.calcsize(form)
        self._require(size)
        self._start += size
        return struct.unpack_from(form, self._buffer, self._start - size)

    def until_zero(self) -> bytes:
        end = self._buffer.find(b"\0", self._start)
        while end < 0:
            if len(self._buffer) - self._start > _LONGEST_WORD:
                self.refuse(f"a word of more than {_LONGEST_WORD} bytes")
            self._require(len(self._buffer) - self._start + 1)
            end = self._buffer.find(b"\0", self._start)
        found = self._buffer[self._start : end]
        self._start = end + 1
        return found

    def array(self, shape: tuple[int, int]) -> np.ndarray:
        """Maps the float32 that follow, or reads them from an unpacked file."""
        size = 4 * shape[0] * shape[1]
        if isinstance(self._file, gzip.GzipFile):
            self._require(size)
            return np.frombuffer(self._buffer, "<f4", shape[0] * shape[1], self._start).reshape(
                shape
            )
        offset = self._before + self._start
        if self._path.stat().st_size < offset + size:
            self._refuse_end()
        if not size:
            return np.zeros(shape, dtype=np.float32)
        return np.memmap(self._path, dtype="<f4", mode="r", offset=offset, shape=shape)

    def _require(self, size: int) -> None:
        """Reads on until so many bytes are at hand."""
        missing = size - (len(self._buffer) - self._start)
        if missing <= 0:
            return
        self._before += self._start
        self._buffer = self._buffer[self._start :] + self._file.read(max(missing, _CHUNK))
        self._start = 0
        if len(self._buffer) < size:
            self._refuse_end()

    def _refuse_end(self) -> NoReturn:
        self.refuse("the file ends too early: fetch it again")
