"""The texts and vectors that benchmarks read."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path

FREQUENT_WORDS = 20_000
# As many as CoNLL-2003 has: what is repeated takes its time, if not its words.
SENTENCES = {"train": 14_041, "valid": 3_250}
Columns = tuple[list[list[str]], list[list[str]]]


def read_split(folder: str | None, split: str = "train") -> tuple[Columns, str]:
    """Return the tokens and tags of a corpus, and its name.

    Args:
        folder: has column files; None for our sample corpus, repeated to the size of CoNLL-2003.
        split: train or valid.
    """
    from nlp_builder.text import load_corpus_folder, load_sample_corpus

    if folder:
        if not Path(folder).is_dir():
            raise SystemExit(f"--corpus: expected a folder with column files, got {folder}")
        corpora = load_corpus_folder(folder)
        if split not in corpora:
            raise SystemExit(f"--corpus: expected a file for {split} in {folder}")
        return corpora[split], f"{Path(folder).name} {split}"
    texts, tags = (
        list(itertools.islice(itertools.cycle(column), SENTENCES[split]))
        for column in load_sample_corpus(split)
    )
    return (texts, tags), f"sample {split}, repeated"


def write_vectors(source: str, words: Iterable[str], path: Path) -> None:
    """Write vectors as word2vec text, which GiaNLP reads: of words, and of the most frequent."""
    from nlp_builder.text import load_vectors

    vectors = load_vectors(source)
    vectors = vectors.subset({*words, *vectors.words[:FREQUENT_WORDS]})
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{len(vectors)} {vectors.dimension}\n")
        for word, row in zip(vectors.words, vectors.matrix.tolist(), strict=True):
            file.write(f"{word} {' '.join(map(str, row))}\n")
