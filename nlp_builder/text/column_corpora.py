"""Reading column files: one token a line, its tag in another column, a blank line after a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from nlp_builder.text.checks import preview
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
    first: tuple[int, list[str]] | None = None
    lines = read_lines(Path(path), encoding, kind="column file")
    for rows in _texts_of(lines, separator):
        first = first or rows[0]
        _require_columns(rows, first, path)
        pairs = [
            _pick(fields, text_column, tag_column, f"{path}, line {number}")
            for number, fields in rows
        ]
        texts.append([token for token, _ in pairs])
        tags.append([tag for _, tag in pairs])
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


def _texts_of(lines: list[str], separator: str | None) -> Iterator[list[tuple[int, list[str]]]]:
    """Yields the rows of each text, each with its line number."""
    model = next((line for line in lines if not (_parts_texts(line) or line[0] == "#")), "")
    rows: list[tuple[int, list[str]]] = []
    for number, line in enumerate(lines, start=1):
        if _parts_texts(line):
            if rows:
                yield rows
            rows = []
        elif not _is_comment(line, model, separator):
            rows.append((number, fields_of(line, separator)))
    if rows:
        yield rows


def _parts_texts(line: str) -> bool:
    return not line.strip(" \t") or line.startswith("-DOCSTART-")


def _is_comment(line: str, model: str, separator: str | None) -> bool:
    if not line.startswith("# "):
        return False
    if re.match(r"# *[\w.:-]+ *= ", line) or ("\t" in model and "\t" not in line):
        return True
    fields, others = fields_of(line, separator), fields_of(model, separator)
    # With as many columns it is the token "#", unless tags are of entities and its own is not.
    return len(fields) != len(others) or (_is_tag(others[-1]) and not _is_tag(fields[-1]))


def _is_tag(field: str) -> bool:
    return field == "O" or re.match("[BIES]-.", field) is not None


def fields_of(line: str, separator: str | None) -> list[str]:
    """Parts a line into its columns.

    Args:
        line: of a column file, without its end.
        separator: as of `read_columns`.

    Returns:
        The columns.
    """
    if separator is not None:
        return line.split(separator)
    # str.split() would also part at a no-break space, which tokens may hold.
    return [field for field in line.replace("\t", " ").split(" ") if field]


def _require_columns(
    rows: list[tuple[int, list[str]]], first: tuple[int, list[str]], path: str | Path
) -> None:
    for number, fields in rows:
        if len(fields) != len(first[1]):
            raise ValueError(
                f"{path}, line {number}: expected {len(first[1])} columns as in line {first[0]}, "
                f"got {len(fields)}: {fields}; if tokens hold spaces, pass the separator"
            )


def _pick(fields: list[str], text_column: int, tag_column: int, where: str) -> tuple[str, str]:
    """Returns token and tag of a row; a short row must not give one field for both."""
    try:
        token, tag = fields[text_column], fields[tag_column]
    except IndexError:
        short = True
    else:
        size = len(fields)
        short = text_column != tag_column and text_column % size == tag_column % size
    if short:
        raise ValueError(
            f"{where}: expected columns for the token ({text_column}) and the tag ({tag_column}), "
            f"got {len(fields)} columns: {fields}; pass text_column, tag_column and separator"
        )
    return token, tag


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
