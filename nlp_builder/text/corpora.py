"""Well-known corpora by name, which are downloaded when they are first used."""

from __future__ import annotations

import csv
import io
from abc import ABC
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, TypeVar, final

import numpy as np

from nlp_builder.text.checks import preview
from nlp_builder.text.column_corpora import Corpus, Split, read_columns, require_split
from nlp_builder.text.downloads import RemoteFile, fetch_file
from nlp_builder.text.tar_members import read_member
from nlp_builder.text.texts import Text
from nlp_builder.text.tokenizers import Tokenizer, get_tokenizer

_X = TypeVar("_X")
_Y = TypeVar("_Y")

_GITHUB = "https://raw.githubusercontent.com"
_CONLL = f"{_GITHUB}/davidsbatista/NER-datasets/dcb6c7439a7de43abc2448bad5b1d81a47f26c0d/CONLL2003"
_DAILY = f"{_GITHUB}/OYE93/Chinese-NLP-Corpus/master/NER/People's%20Daily"
_WNUT = f"{_GITHUB}/leondz/emerging_entities_17/master"
# The address is Kashgari's; nobody states the checksum.
_SMP = RemoteFile(
    "smp2018ecdt/SMP2018ECDTCorpus.tar.gz",
    "http://s3.bmio.net/kashgari/SMP2018ECDTCorpus.tar.gz",
)


def _file(folder: str, address: str, name: str, sha256: str) -> RemoteFile:
    # The checksums stand in the dataset_infos.json of github.com/huggingface/datasets.
    return RemoteFile(f"{folder}/{name}", f"{address}/{name}", sha256)


class TaggedCorpus(ABC):
    """A corpus of column files; what it is of stands in its final classes.

    Attributes:
        files: the file of each split.
        columns: the column of the tags of each task.

    Example:
        >>> TaggedCorpus.__subclasses__()[0].__name__
        'CONLL2003ENCorpus'
    """

    files: ClassVar[Mapping[Split, RemoteFile]]
    columns: ClassVar[Mapping[str, int]] = {"ner": -1}

    @classmethod
    def load_data(
        cls,
        subset_name: Split = "train",
        *,
        task_name: str = "ner",
        shuffle: bool = False,
        random_seed: int | None = None,
    ) -> Corpus:
        """Reads a split, and downloads it the first time.

        Args:
            subset_name: "train", "valid" or "test".
            task_name: which tags: "ner" for entities; CoNLL-2003 has "pos", the parts of speech,
                and "chunking" as well.
            shuffle: return the texts in another order than that of the file.
            random_seed: the seed of that order, None for another one each time.

        Returns:
            The tokens of each text and the tags of each text.

        Raises:
            OSError: the file is neither there nor to be had; the message says where to put it.
            ValueError: there is no such split or task, or the file is damaged.

        Example:
            >>> WNUT17Corpus.load_data("dev")
            Traceback (most recent call last):
                ...
            ValueError: expected a split of ['train', 'valid', 'test'], got 'dev'
        """
        require_split(subset_name)
        if task_name not in cls.columns:
            raise ValueError(f"expected a task of {list(cls.columns)}, got {preview(task_name)}")
        path = fetch_file(cls.files[subset_name])
        corpus = read_columns(path, tag_column=cls.columns[task_name])
        return _shuffled(*corpus, random_seed) if shuffle else corpus


@final
class CONLL2003ENCorpus(TaggedCorpus):
    """CoNLL-2003, English: Reuters news with persons, organisations, locations and others.

    14,041 sentences for training, 3,250 for validation, 3,453 for the test, in IOB2. The texts are
    Reuters': they are for research only.

    Other editions of the files have other bytes, and are not taken for these: read them with
    `load_corpus_folder`.

    Source: Tjong Kim Sang and De Meulder (2003), "Introduction to the CoNLL-2003 Shared Task".

    Example:
        >>> train_x, train_y = CONLL2003ENCorpus.load_data("train")  # doctest: +SKIP
        >>> CONLL2003ENCorpus.files["train"].name
        'conll2003/train.txt'
    """

    files: ClassVar[Mapping[Split, RemoteFile]] = {
        "train": _file(
            *("conll2003", _CONLL, "train.txt"),
            "c99b26852dabf57ca9d30a0e892b84544cc8962003151e14a71077c55dc66db5",
        ),
        "valid": _file(
            *("conll2003", _CONLL, "valid.txt"),
            "f1f6469322876887de1d04acd43c59b02f59d5b02acf42c027132fa1bf349cb2",
        ),
        "test": _file(
            *("conll2003", _CONLL, "test.txt"),
            "82e0c72d262f86ad3e78b15c5d980bbf87cb205aa4bf6d2d97643f463f8d7ff7",
        ),
    }
    columns: ClassVar[Mapping[str, int]] = {"ner": 3, "pos": 1, "chunking": 2}


@final
class ChineseDailyNerCorpus(TaggedCorpus):
    """People's Daily: Chinese news by character, with persons, organisations and locations.

    20,864 sentences for training, 2,318 for validation, 4,636 for the test, in IOB2.

    Source: https://github.com/OYE93/Chinese-NLP-Corpus, folder "NER/People's Daily".

    Example:
        >>> train_x, train_y = ChineseDailyNerCorpus.load_data("train")  # doctest: +SKIP
        >>> ChineseDailyNerCorpus.files["valid"].name
        'peoples_daily/example.dev'
    """

    files: ClassVar[Mapping[Split, RemoteFile]] = {
        "train": _file(
            *("peoples_daily", _DAILY, "example.train"),
            "fbacf4110b131354270b7ff470c88eb84645f0ed8df30c3e409dde437cb45e70",
        ),
        "valid": _file(
            *("peoples_daily", _DAILY, "example.dev"),
            "7d8e6fcd1745e6adcb99d90307d84c3a0f9f8ff5ee6fe62ca27646cb765fc38a",
        ),
        "test": _file(
            *("peoples_daily", _DAILY, "example.test"),
            "233299005f941a4b055e38aadcf3ee853e44bc1f88166078d3b52b26b77ea362",
        ),
    }


@final
class WNUT17Corpus(TaggedCorpus):
    """WNUT-17: posts from the web with six types of rare and emerging entities.

    3,394 posts for training, 1,009 for validation, 1,287 for the test, in IOB2; CC BY 4.0.

    Source: Derczynski et al. (2017), "Results of the WNUT2017 Shared Task on Novel and Emerging
    Entity Recognition".

    Example:
        >>> train_x, train_y = WNUT17Corpus.load_data("train")  # doctest: +SKIP
        >>> WNUT17Corpus.files["valid"].name
        'wnut17/emerging.dev.conll'
    """

    files: ClassVar[Mapping[Split, RemoteFile]] = {
        "train": _file(
            *("wnut17", _WNUT, "wnut17train.conll"),
            "731820e13f71af324c6b55a1575ec2ce59fbaa2a0806f8f0400b98d56cd6a7a5",
        ),
        "valid": _file(
            *("wnut17", _WNUT, "emerging.dev.conll"),
            "e053b752b8155113ca66e7db08af5f2f5f43ab993694e4774f1ec5bad42312d8",
        ),
        "test": _file(
            *("wnut17", _WNUT, "emerging.test.annotated"),
            "2aa79b764e56ec9264a1b30fdd9b70195bd00ff400b62edd8f399d5f13c178f0",
        ),
    }


@final
class SMP2018ECDTCorpus:
    """SMP2018-ECDT, task 1: what users of a Chinese assistant say, each with its domain.

    The domains are 31, as "weather", "map" or "chat". The data are iFLYTEK's.

    Source: https://worksheets.codalab.org/worksheets/0x27203f932f8341b79841d50ce0fd684f/

    Attributes:
        file: the archive of all splits.

    Example:
        >>> train_x, train_y = SMP2018ECDTCorpus.load_data("train")  # doctest: +SKIP
        >>> SMP2018ECDTCorpus.file.name
        'smp2018ecdt/SMP2018ECDTCorpus.tar.gz'
    """

    file: ClassVar[RemoteFile] = _SMP

    @classmethod
    def load_data(
        cls,
        subset_name: Split = "train",
        *,
        cutter: str | Tokenizer | None = "char",
        shuffle: bool = False,
        random_seed: int | None = None,
    ) -> tuple[list[Text], list[str]]:
        """Reads a split, and downloads the corpus the first time.

        Args:
            subset_name: "train", "valid" or "test".
            cutter: "char" for characters, "none" for strings as they are, or any tokenizer, by its
                name or as a function, as `jieba.lcut`.
            shuffle: return the texts in another order than that of the file.
            random_seed: the seed of that order, None for another one each time.

        Returns:
            The tokens of each text, or the text with "none", and the label of each.

        Raises:
            OSError: the file is neither there nor to be had; the message says where to put it.
            ValueError: there is no such split or cutter, or the file is damaged.

        Example:
            >>> SMP2018ECDTCorpus.load_data("dev")
            Traceback (most recent call last):
                ...
            ValueError: expected a split of ['train', 'valid', 'test'], got 'dev'
        """
        require_split(subset_name)
        cut = _cutter(cutter)
        queries, labels = _read_queries(fetch_file(cls.file), f"{subset_name}.csv")
        texts: list[Text] = [cut(query) if cut else query for query in queries]
        return _shuffled(texts, labels, random_seed) if shuffle else (texts, labels)


def _cutter(cutter: str | Tokenizer | None) -> Tokenizer | None:
    """Finds a tokenizer by its name, or by that which Kashgari has for it."""
    if cutter == "none":
        return None
    return get_tokenizer("characters" if cutter == "char" else cutter)


def _read_queries(archive: Path, name: str) -> tuple[list[str], list[str]]:
    try:
        content = read_member(archive, f"SMP2018ECDTCorpus/{name}").decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(content, newline=""), restval=""))
        return [row["query"] for row in rows], [row["label"] for row in rows]
    except (KeyError, ValueError, csv.Error) as error:
        raise ValueError(
            f'expected a table {name} with the columns "query" and "label" in {archive}, got '
            f"{type(error).__name__}: {error}; if it is no archive of the corpus, delete it and "
            f"{archive.name}.sha256, and it is downloaded anew"
        ) from error


def _shuffled(
    texts: list[_X], targets: list[_Y], random_seed: int | None
) -> tuple[list[_X], list[_Y]]:
    order = np.random.default_rng(random_seed).permutation(len(texts))
    return [texts[i] for i in order], [targets[i] for i in order]
