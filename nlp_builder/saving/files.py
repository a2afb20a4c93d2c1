"""Files: written so that there is always a whole one, and read where they lie."""

from __future__ import annotations

import contextlib
import mmap
import os
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from nlp_builder.saving.archive import Archive, pieces, read_archive
from nlp_builder.saving.errors import refuse
from nlp_builder.saving.limits import Limits

IN_FOLDER = "model.nlpb"
"""What a file is called in the folder of a model."""


def file_of(path: Any) -> Any:
    """Return the file that is meant: in a folder that of the model.

    Args:
        path: a file or a folder.

    Returns:
        The path of a file; what is no path as it is.

    Raises:
        ValueError: if the path is empty.
    """
    require_path(path)
    if isinstance(path, str | os.PathLike) and Path(path).is_dir():
        return Path(path) / IN_FOLDER
    return path


def require_path(path: Any) -> None:
    """Refuse an empty path, which would stand for the folder that the program happens to be in.

    Args:
        path: what was given.

    Raises:
        ValueError: if it is an empty str.
    """
    if isinstance(path, str) and not path:
        raise ValueError("expected the path of a file or a folder, got '': write '.' for this one")


def write(path: str | os.PathLike[str], archive: Archive) -> None:
    """Write an archive to a file so that at any moment the old file or the new one is there, whole.

    Args:
        path: where to write; its folder must exist. A link stays one, and what it names is written.
        archive: what to keep.

    Raises:
        OSError: if the folder is missing, the path is a folder, a pipe or a device, or the disk is
            full; an older file is then as it was. A process that is killed here may leave a hidden
            file beside it.
        TypeError: if `path` is not a path, or as for `pack`.
        ValueError: as for `pack`.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write(f"{folder}/block.nlpb", Archive({"greeting": "hello"}))
        ...     open_archive(f"{folder}/block.nlpb").config
        {'greeting': 'hello'}
    """
    write_pieces(path, pieces(archive))


def open_archive(path: str | os.PathLike[str], *, limits: Limits | None = None) -> Archive:
    """Read a file; its arrays stay in the file until they are used, and are shared by processes.

    Args:
        path: the file. Who changes it in place changes the arrays; `write` replaces it instead.
        limits: how much is read; None for `Limits()`.

    Returns:
        The archive; its arrays can be written, and the file stays as it is.

    Raises:
        ArchiveError: as for `unpack`.
        OSError: if there is no such file, it may not be read, or is a folder, a pipe or a device.
        TypeError: if `path` is not a path.

    Example:
        >>> open_archive("nowhere.nlpb")
        Traceback (most recent call last):
            ...
        FileNotFoundError: [Errno 2] No such file or directory: 'nowhere.nlpb'
    """
    limits = limits or Limits()
    with _opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        limits.require("file_bytes", "bytes of the file", size)
        if size == 0:
            refuse("the file is empty")
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    return read_archive(memoryview(mapped), limits)


def checked(path: Any) -> Path:
    """Return what was given as a path.

    Args:
        path: a str or a path.

    Returns:
        The path.

    Raises:
        TypeError: if it is none.
    """
    if isinstance(path, bytes | bytearray | memoryview):
        raise TypeError("expected a path, got bytes: for the bytes of a block, call deserialize")
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"expected a path, a str or os.PathLike, got {type(path).__name__}")
    return Path(path)


@contextlib.contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    with open(checked(path), "rb", opener=_at_once) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(f"expected a regular file, got a pipe or a device: {path}")
        yield file


def _at_once(path: str, flags: int) -> int:
    """Open a path without waiting for somebody who writes into a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def write_pieces(path: str | os.PathLike[str], content: Iterable[Any]) -> None:
    """Write bytes to a file so that at any moment the old file or the new one is there, whole.

    Args:
        path: as for `write`.
        content: pieces of bytes; may be made while they are written.

    Raises:
        OSError: as for `write`.
        TypeError: if `path` is not a path.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_pieces(f"{folder}/greeting.txt", (word for word in (b"hello ", b"world")))
        ...     Path(f"{folder}/greeting.txt").read_bytes()
        b'hello world'
    """
    target = checked(path).resolve()
    require_target(path, target)
    # A name has at most 255 bytes, and this one is longer than the file's.
    stem = os.fsdecode(os.fsencode(target.name)[:200])
    temporary = target.with_name(f".{stem}.{secrets.token_hex(8)}")
    try:
        with open(temporary, "xb") as file:
            file.writelines(content)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        note = f"{path} was not written; an older file of that name is as it was."
        if isinstance(error, OSError):  # which names the temporary file
            renamed = OSError(error.errno, error.strerror, str(path))
            renamed.add_note(note)
            raise renamed from error
        error.add_note(note)
        raise
    _keep_name(target.parent)


def require_target(path: str | os.PathLike[str], target: Path) -> None:
    """Refuse what is no place for a file.

    Args:
        path: what was given, for the message.
        target: the same without links.

    Raises:
        OSError: if the folder is missing, or the target is a folder, a pipe or a device.
    """
    if target.is_dir():
        raise IsADirectoryError(f"expected the name of a file, got the folder {str(path)!r}")
    # A device or a pipe would be gone, and a file in its place.
    if target.exists() and not target.is_file():
        raise OSError(f"expected the name of a file, got a pipe or a device: {path}")
    if not target.parent.is_dir():
        raise FileNotFoundError(f"cannot write {path}: there is no folder {target.parent}")


def _keep_name(folder: Path) -> None:
    """Bring the new name to the disk as well, so that a power failure does not undo it."""
    with contextlib.suppress(OSError):  # Windows opens no folder, some file systems keep none
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
