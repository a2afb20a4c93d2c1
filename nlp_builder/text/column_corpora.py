"""Reading column files: one token a line, its tag in another column, a blank line after a text."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from nlp_builder.text.checks import preview
from nlp_builder.text.column_lines import ColumnLines
from nlp_builder.text.lines import read_lines

Corpus: TypeAlias = tuple[list[list[str]], list[list[str]]]
"""The tokens of each text and the tags of each text."""

Split: TypeAlias = Literal["train", "valid", "test"]
"""A part of a corpus."""

_SPLIT_NAMES: dict[str, set[str]] = {
    "train": {"train", "training"},
    "valid": {"valid", "validation", "val", "dev", "testa"},
    "test": {"test", "testb"},
}
_ENDINGS = {"txt", "conll", "conll03", "conllu", "tsv", "iob", "iob1", "iob2", "bio", "bioes"}


def read_columns(
    path: str | Path,
    *,
    text_column: int = 0,
    tag_column: int = -1,
    separator: str | None = None,
    encoding: str = "utf-8",
) -> Corpus:
    """Reads a column file, as CoNLL-2003 and WNUT-17 are.

    Lines that begin with `-DOCSTART-` part texts and are left out. So are comments: a line that
    begins with "# " and has another number of columns than the first line that does not, or lacks
    the tab which that line has, or reads "# key = value", or ends in no entity tag where that line
    does. Any other line that begins with "#" holds a token. The last text of a file needs no blank
    line after it.

    Args:
        path: the file.
        text_column: the column of the token, counted from 0, negative from the end.
        tag_column: the column of the tag, counted likewise.
        separator: what parts columns; None for any run of spaces and tabs. With "\\t" empty fields
            count, and tokens may hold spaces.
        encoding: the file's encoding; a byte order mark is skipped.

    Returns:
        The tokens of each text and the tags of each text.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: a line has too few columns or other ones than the first, or is not in the
            encoding; the message names file and line.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "train.txt")
        ...     _ = path.write_text("EU NNP B-ORG\\nrejects VBZ O\\n\\nPeter NNP B-PER")
        ...     read_columns(path)
        ([['EU', 'rejects'], ['Peter']], [['B-ORG', 'O'], ['B-PER']])
    """
    texts: list[list[str]] = []
    tags: list[list[str]] = []
    lines = read_lines(Path(path), encoding, kind="column file")
    reader = ColumnLines(path, text_column, tag_column, separator)
    reader.learn(enumerate(lines, start=1))
    for rows in reader.texts(enumerate(lines, start=1)):
        texts.append([token for token, _ in rows])
        tags.append([tag for _, tag in rows])
    return texts, tags


def load_corpus_folder(folder: str | Path, **options: Any) -> dict[str, Corpus]:
    """Reads the splits of a corpus from the files of one folder.

    A file belongs to the split that its name tells, as `train.txt`, `wnut17.dev.conll` or
    `eng.testa`: train; valid, dev or testa; test or testb.

    Args:
        folder: the folder.
        **options: passed on to `read_columns`.

    Returns:
        The corpus of each split that is there; "train" always is.

    Raises:
        FileNotFoundError: the folder is not there, or has no file for train.
        ValueError: several files claim one split, or train holds no text.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "train.txt").write_text("EU B-ORG")
        ...     load_corpus_folder(folder)
        {'train': ([['EU']], [['B-ORG']])}
    """
    files = _find_splits(Path(folder))
    if "train" not in files:
        raise FileNotFoundError(
            f"expected a file for train in {folder}, such as train.txt or train.conll, got "
            f"{sorted(path.name for path in Path(folder).iterdir())}"
        )
    corpora = {split: read_columns(path, **options) for split, path in files.items()}
    if not corpora["train"][0]:
        raise ValueError(f"expected texts to train on, got none in {files['train']}")
    return corpora


def load_sample_corpus(split: Split = "train") -> Corpus:
    """Reads a split of the sample corpus that comes with this package.

    Args:
        split: "train", "valid" or "test".

    Returns:
        The tokens of each text and the tags of each text, in IOB2.

    Raises:
        ValueError: there is no such split.

    Example:
        >>> texts, tags = load_sample_corpus("valid")
        >>> len(texts) == len(tags)
        True
    """
    require_split(split)
    file = resources.files("nlp_builder.sample_corpus") / f"{split}.txt"
    with resources.as_file(file) as path:
        return read_columns(path, separator="\t")


def require_split(split: str) -> None:
    """Refuses what is no name of a split.

    Args:
        split: what came.

    Raises:
        ValueError: it is neither "train" nor "valid" nor "test".

    Example:
        >>> require_split("train")
    """
    if split not in get_args(Split):
        raise ValueError(f"expected a split of {list(get_args(Split))}, got {preview(split)}")


def _find_splits(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise FileNotFoundError(f"expected a folder with a corpus, found none at {folder}")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        split = _split_of(path.name) if path.is_file() else None
        if split in found:
            raise ValueError(
                f"expected one file for {split} in {folder}, got {found[split].name} and "
                f"{path.name}: move one of them"
            )
        if split:
            found[split] = path
    return {split: found[split] for split in _SPLIT_NAMES if split in found}


def _split_of(name: str) -> str | None:
    """Returns the one split that the parts of a file's name tell, as "dev" of wnut17.dev.conll."""
    parts = re.split(r"[._ -]", name.lower())
    splits = [split for split, names in _SPLIT_NAMES.items() if names & set(parts)]
    has_ending = parts[-1] in _ENDINGS or any(parts[-1] in n for n in _SPLIT_NAMES.values())
    return splits[0] if len(splits) == 1 and has_ending else None
