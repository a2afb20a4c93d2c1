"""Column files of any size: mapped into memory, and parsed one text at a time."""

from __future__ import annotations

import codecs
import mmap
import os
import weakref
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, final

import numpy as np

from nlp_builder.text.checks import positive_int, preview
from nlp_builder.text.column_lines import ColumnLines, Numbered, parts_texts
from nlp_builder.text.lazy_rows import LazyRows, lazy_map

_BYTES_AT_ONCE = 1 << 22
_ROW, _PARTING, _COMMENT = 0, 1, 2
# Most lines are told by their first byte: only these may begin one that holds no token.
_TO_BE_READ = np.zeros(256, bool)
_TO_BE_READ[list(b" \t\r\n-#")] = True


@final
class MappedColumns:
    """A column file whose texts and tags are read when they are asked for.

    What `read_columns` makes lists of is here a sequence: memory is 8 bytes a text, and what
    `Batches` takes of it one batch at a time. The file must stay as it is; another one may be put
    in its place. Where Keras spawns processes to make batches, each of them opens the file by its
    path, and refuses another one.

    Args:
        path: the file.
        text_column: as of `read_columns`.
        tag_column: as of `read_columns`.
        separator: as of `read_columns`.
        encoding: of the file, in which a line end is the byte of ASCII, as in UTF-8; a byte order
            mark is skipped.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is a folder; in the encoding line ends are other bytes; or, when a text is
            read, what `read_columns` refuses, and that the file was changed.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "train.txt")
        ...     _ = path.write_text("EU NNP B-ORG\\nrejects VBZ O\\n\\nPeter NNP B-PER")
        ...     corpus = MappedColumns(path)
        ...     corpus, corpus.texts[0], list(corpus.tags)
        (<MappedColumns of 2 texts>, ['EU', 'rejects'], [['B-ORG', 'O'], ['B-PER']])
    """

    def __init__(
        self,
        path: str | Path,
        *,
        text_column: int = 0,
        tag_column: int = -1,
        separator: str | None = None,
        encoding: str = "utf-8",
    ) -> None:
        # The codec with "sig" would skip a byte order mark in each line.
        is_utf_8 = codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")
        self._encoding = "utf-8" if is_utf_8 else encoding
        _require_ascii_line_ends(self._encoding)
        self._file = _MappedFile(Path(path), mark=codecs.BOM_UTF8 if is_utf_8 else b"")
        self._lines = ColumnLines(path, text_column, tag_column, separator)
        self._lines.learn(self._numbered(self._file.skip, 1))
        # (texts + 1,) where the first token of each text begins
        self._starts = self._found()

    def __len__(self) -> int:
        """Returns the number of texts."""
        return len(self._starts) - 1

    def __repr__(self) -> str:
        """Shows how many texts there are."""
        return f"<MappedColumns of {len(self):,} texts>"

    @property
    def texts(self) -> LazyRows:
        """The tokens of each text."""
        return lazy_map(_tokens, _Rows(self))

    @property
    def tags(self) -> LazyRows:
        """The tags of each text; `lazy_map(alphabet.ids, corpus.tags)` are their ids."""
        return lazy_map(_tags, _Rows(self))

    def row(self, number: int) -> list[tuple[str, str]]:
        """Reads a text.

        Args:
            number: of the text, from 0.

        Returns:
            Its tokens, each with its tag.

        Raises:
            IndexError: there are not as many texts.
            TypeError: the number is no whole one.
            ValueError: as of the class, or the number is below 0.
        """
        number = positive_int("number", number, least=0)
        if number >= len(self):
            raise IndexError(f"expected a text below {len(self)}, their number, got {number}")
        start, stop = self._starts[number : number + 2].tolist()
        try:
            (rows,) = self._lines.texts(self._numbered(start, 0, stop))
        except ValueError:
            # Lines are counted only where their number has to be told.
            line = 1 + self._file.read(0, start).count(b"\n")
            (rows,) = self._lines.texts(self._numbered(start, line, stop))
        return rows

    def _numbered(self, start: int, number: int, stop: int | None = None) -> Iterator[Numbered]:
        for line in self._file.lines(start, stop):
            yield number, self._decoded(line, number)
            number += 1

    def _decoded(self, line: bytes, number: int) -> str:
        try:
            return line.decode(self._encoding)
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{self._file.path}, line {number}: expected {self._encoding}, got other bytes "
                f"({error.reason}): pass the file's encoding"
            ) from error

    def _found(self) -> np.ndarray:
        parts, before = [], _PARTING
        for offset, content in self._file.pieces():
            starts, kinds = self._lines_of(content)
            told = kinds != _COMMENT
            starts, kinds = starts[told], kinds[told]
            after_parting = np.concatenate([[before], kinds[:-1]]) == _PARTING
            parts.append(offset + starts[(kinds == _ROW) & after_parting])
            before = kinds[-1] if len(kinds) else before
        return np.concatenate([*parts, [self._file.size]]).astype("int64")

    def _lines_of(self, content: bytes) -> tuple[np.ndarray, np.ndarray]:
        """Returns where the lines of a piece of the file begin, and what they are."""
        array = np.frombuffer(content, "uint8")
        ends = np.flatnonzero(array == ord("\n"))
        starts = np.concatenate([[0], ends + 1])
        starts = starts[starts < len(array)]
        kinds = np.full(len(starts), _ROW, "int8")
        firsts = array[starts]
        kinds[firsts == ord("\n")] = _PARTING
        for place in np.flatnonzero(_TO_BE_READ[firsts] & (firsts != ord("\n"))).tolist():
            stop = ends[place] if place < len(ends) else len(array)
            kinds[place] = self._kind(content[starts[place] : stop])
        return starts, kinds

    def _kind(self, line: bytes) -> int:
        # What begins such a line is ASCII; other bytes are told when the text is read.
        text = line.removesuffix(b"\r").decode(self._encoding, "replace")
        if parts_texts(text):
            return _PARTING
        return _COMMENT if self._lines.is_comment(text) else _ROW


@final
class _MappedFile:
    """The bytes of a file that stays as it is."""

    def __init__(self, path: Path, *, mark: bytes) -> None:
        if not path.exists():
            raise FileNotFoundError(f"expected a column file, found nothing at {path.absolute()}")
        if not path.is_file():
            raise ValueError(
                f"expected a column file, got a folder or a device at {path.absolute()}: pass one "
                "of its files"
            )
        self.path = path.absolute()
        self._state = self._present()
        self.size = self._state[0]
        self.skip = len(mark) if self._map[: len(mark)] == mark else 0

    @cached_property
    def _descriptor(self) -> int:
        descriptor = os.open(self.path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        weakref.finalize(self, os.close, descriptor)
        return descriptor

    @cached_property
    def _map(self) -> mmap.mmap | bytes:
        # An empty file cannot be mapped.
        return mmap.mmap(self._descriptor, 0, access=mmap.ACCESS_READ) if self.size else b""

    def __getstate__(self) -> dict[str, Any]:
        # What is open belongs to this process: another one opens the file when it reads.
        kept = {"_state": self._state, "size": self.size, "skip": self.skip}
        return {"path": self.path, **kept}

    def read(self, start: int, stop: int) -> bytes:
        """Returns bytes."""
        self._require_unchanged()
        return self._map[start:stop]

    def lines(self, start: int, stop: int | None) -> Iterator[bytes]:
        """Yields lines without their ends."""
        stop = self.size if stop is None else stop
        while start < stop:
            end = self._line_end(start, stop)
            yield self.read(start, end).removesuffix(b"\r")
            start = end + 1

    def pieces(self) -> Iterator[tuple[int, bytes]]:
        """Yields whole lines, many at a time, and where they begin."""
        start = self.skip
        while start < self.size:
            stop = min(
                self._line_end(min(start + _BYTES_AT_ONCE, self.size), self.size) + 1, self.size
            )
            yield start, self.read(start, stop)
            start = stop

    def _line_end(self, start: int, stop: int) -> int:
        self._require_unchanged()
        end = self._map.find(b"\n", start, stop)
        return stop if end < 0 else end

    def _require_unchanged(self) -> None:
        # To look at bytes of a file that was cut would end the process.
        if self._present() != self._state:
            raise ValueError(
                f"{self.path} was changed after it was opened: open it again, and put a new file "
                "in the place of an old one instead of writing into it"
            )

    def _present(self) -> tuple[int, ...]:
        state = os.fstat(self._descriptor)
        return state.st_size, state.st_mtime_ns, state.st_dev, state.st_ino


@final
class _Rows(LazyRows):
    """The texts of a file with their tags."""

    def __init__(self, columns: MappedColumns) -> None:
        self._columns = columns

    def __len__(self) -> int:
        return len(self._columns)

    def _row(self, number: int) -> list[tuple[str, str]]:
        return self._columns.row(number)


def _tokens(row: list[tuple[str, str]]) -> list[str]:
    return [token for token, _ in row]


def _tags(row: list[tuple[str, str]]) -> list[str]:
    return [tag for _, tag in row]


def _require_ascii_line_ends(encoding: str) -> None:
    ends = "\n# \t-"
    stateful = codecs.lookup(encoding).name.startswith(("utf-7", "hz", "iso2022"))
    if stateful or ends.encode(encoding) != ends.encode("ascii"):
        raise ValueError(
            f"expected an encoding in which a line end is one byte of ASCII, got "
            f"{preview(encoding)}: read the file with read_columns, or write it in UTF-8"
        )
