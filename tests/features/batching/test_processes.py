"""Batches in a process of its own that was spawned, as Keras makes them on macOS and Windows."""

import multiprocessing
import os

import numpy as np
import pytest

from nlp_builder import Batches, TagAlphabet, TrainableWordEmbeddingSequence
from nlp_builder.text import MappedColumns, lazy_map

WORDS = ["EU", "rejects", "German", "call"]
ALPHABET = TagAlphabet(["O", "B-X"])


@pytest.fixture(scope="module")
def process():
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        yield pool


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    """A mapped file whose path is relative."""
    monkeypatch.chdir(tmp_path)
    texts = [[f"{WORDS[n % 4]} O", "call B-X", "it O"][: 1 + n % 3] for n in range(12)]
    (tmp_path / "train.txt").write_text("\n\n".join(map("\n".join, texts)))
    return MappedColumns("train.txt")


def batches_of(corpus, tags):
    block = TrainableWordEmbeddingSequence(None, 4, sequence_maxlen=None).build(corpus.texts)
    return Batches(block, corpus.texts, tags, batch_size=4)


@pytest.mark.parametrize("kept", [False, True], ids=["lazy tags", "lists of tags"])
def test_another_process_makes_the_same_batches_of_a_mapped_file(process, corpus, kept):
    tags = lazy_map(ALPHABET.ids, corpus.tags)
    batches = batches_of(corpus, list(tags) if kept else tags)
    for dataset in (batches, batches.rest(epoch=2, batch=1)):
        found = process.map(dataset.__getitem__, range(len(dataset)))
        for own, other in zip(dataset, found, strict=True):
            for one, another in zip(own, other, strict=True):
                np.testing.assert_array_equal(one, another)


def test_another_process_finds_the_file_from_any_folder(process, corpus, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert process.apply(corpus.texts.__getitem__, (0,)) == ["EU"]


def test_another_process_refuses_another_file_in_the_place_of_the_mapped_one(
    process, corpus, tmp_path
):
    batches = batches_of(corpus, lazy_map(ALPHABET.ids, corpus.tags))
    present, other = tmp_path / "train.txt", tmp_path / "other.txt"
    other.write_text(present.read_text().replace("call", "cull"))  # as long, and as old
    os.utime(other, ns=(present.stat().st_atime_ns, present.stat().st_mtime_ns))
    other.replace(present)
    batches[0]  # what is open here is still the file that it was
    with pytest.raises(ValueError, match=r"train\.txt was changed after it was opened"):
        process.apply(batches.__getitem__, (0,))
    (tmp_path / "train.txt").unlink()
    with pytest.raises(FileNotFoundError, match=r"train\.txt"):
        process.apply(batches.__getitem__, (0,))
