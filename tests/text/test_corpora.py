import hashlib
import io
import re
import tarfile
from collections import Counter

import pytest

from nlp_builder.text import (
    ChineseDailyNerCorpus,
    CONLL2003ENCorpus,
    SMP2018ECDTCorpus,
    WNUT17Corpus,
)
from nlp_builder.text.downloads import RemoteFile
from tests.text.file_server import running_server

TAGGED = [CONLL2003ENCorpus, ChineseDailyNerCorpus, WNUT17Corpus]
CONLL = b"-DOCSTART- -X- -X- O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n\nPeter NNP B-NP B-PER\n"
DAILY = "海 O\n钓 O\n\n厦 B-LOC\n门 I-LOC\n".encode()
WNUT = b"@paulwalk\tO\nESB\tB-location\n\t\n#\tO\n"
SMP = ",label,query\r\n0,weather,今天东莞天气如何\r\n1,chat,唠什么\r\n".encode()


@pytest.fixture
def server(monkeypatch, tmp_path):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("NLP_BUILDER_DATA", str(tmp_path))
    with running_server() as files:
        yield files


@pytest.fixture
def serve(server, monkeypatch):
    """Serves one file as each split of a corpus."""

    def serve_corpus(corpus, content):
        checksum = hashlib.sha256(content).hexdigest()
        files = {
            split: RemoteFile(file.name, server.give(f"/{split}", content), checksum)
            for split, file in corpus.files.items()
        }
        monkeypatch.setattr(corpus, "files", files)
        return server

    return serve_corpus


@pytest.fixture
def serve_archive(server, monkeypatch):
    """Serves an archive of the members that are given."""

    def serve_members(members):
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w:gz") as archive:
            for name, content in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        archive = RemoteFile("smp/smp.tar.gz", server.give("/smp.tar.gz", file.getvalue()))
        monkeypatch.setattr(SMP2018ECDTCorpus, "file", archive)
        return server

    return serve_members


@pytest.mark.parametrize("split", ["train", "valid", "test"])
def test_conll_2003_has_three_tasks(serve, split):
    server = serve(CONLL2003ENCorpus, CONLL)
    texts, tags = CONLL2003ENCorpus.load_data(split)
    assert texts == [["EU", "rejects"], ["Peter"]]
    assert tags == [["B-ORG", "O"], ["B-PER"]]
    for task, first in {"ner": "B-ORG", "pos": "NNP", "chunking": "B-NP"}.items():
        assert CONLL2003ENCorpus.load_data(split, task_name=task)[1][0][0] == first
    assert server.asked == [f"/{split}"]


def test_chinese_news_come_by_character(serve):
    serve(ChineseDailyNerCorpus, DAILY)
    texts, tags = ChineseDailyNerCorpus.load_data()
    assert texts == [["海", "钓"], ["厦", "门"]]
    assert tags == [["O", "O"], ["B-LOC", "I-LOC"]]


def test_wnut_17_has_tabs(serve):
    serve(WNUT17Corpus, WNUT)
    texts, tags = WNUT17Corpus.load_data("valid")
    assert texts == [["@paulwalk", "ESB"], ["#"]]
    assert tags == [["O", "B-location"], ["O"]]


@pytest.mark.parametrize(
    ("cutter", "text"),
    [
        ("char", ["唠", "什", "么"]),
        ("none", "唠什么"),
        ("whitespace", ["唠什么"]),
        (lambda text: [text[:1], text[1:]], ["唠", "什么"]),
    ],
)
def test_smp_2018_has_one_label_a_text(serve_archive, cutter, text):
    server = serve_archive({f"SMP2018ECDTCorpus/{name}.csv": SMP for name in ("train", "test")})
    texts, labels = SMP2018ECDTCorpus.load_data("test", cutter=cutter)
    assert texts[1] == text
    assert labels == ["weather", "chat"]
    assert SMP2018ECDTCorpus.load_data("train")[1] == labels
    assert server.asked == ["/smp.tar.gz"]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"SMP2018ECDTCorpus/test.csv": SMP}, r"expected a file SMP2018ECDTCorpus/train\.csv"),
        ({"SMP2018ECDTCorpus/train.csv": b"text,label\na,b\n"}, "KeyError: 'query'"),
        ({"SMP2018ECDTCorpus/train.csv": b"query,label\n\xff,b\n"}, "UnicodeDecodeError"),
        ({"SMP2018ECDTCorpus/train.csv": b"query,label\n" + b"a" * 200_000}, "field larger than"),
    ],
)
def test_an_archive_of_something_else_is_named(serve_archive, tmp_path, members, message):
    serve_archive(members)
    with pytest.raises(ValueError, match=message) as caught:
        SMP2018ECDTCorpus.load_data("train")
    assert str(tmp_path / "smp" / "smp.tar.gz") in str(caught.value)
    assert "delete it and smp.tar.gz.sha256" in str(caught.value)


def test_shuffling_keeps_the_pairs_and_a_seed_the_order(serve, serve_archive):
    serve(WNUT17Corpus, b"".join(b"%d\tB-%d\n\n" % (i, i) for i in range(50)))
    texts, tags = WNUT17Corpus.load_data(shuffle=True, random_seed=1)
    assert tags == [[f"B-{token}"] for (token,) in texts]
    assert (texts, tags) == WNUT17Corpus.load_data(shuffle=True, random_seed=1)
    assert texts != WNUT17Corpus.load_data()[0]
    rows = b"".join(b"%d,%d\n" % (i, i) for i in range(50))
    serve_archive({"SMP2018ECDTCorpus/train.csv": b"query,label\n" + rows})
    texts, labels = SMP2018ECDTCorpus.load_data(shuffle=True, cutter="none")
    assert texts == labels
    assert Counter(labels) == Counter(SMP2018ECDTCorpus.load_data(cutter="none")[0])


@pytest.mark.parametrize("corpus", [*TAGGED, SMP2018ECDTCorpus])
def test_an_unknown_split_is_refused(corpus):
    with pytest.raises(ValueError, match=r"a split of \['train', 'valid', 'test'\], got 'dev'"):
        corpus.load_data("dev")


def test_unknown_tasks_and_cutters_are_refused():
    with pytest.raises(ValueError, match=r"a task of \['ner', 'pos', 'chunking'\], got 'NER'"):
        CONLL2003ENCorpus.load_data(task_name="NER")
    with pytest.raises(ValueError, match=r"a task of \['ner'\], got 'pos'"):
        WNUT17Corpus.load_data(task_name="pos")
    with pytest.raises(ValueError, match=r"expected one of the tokenizers .*got 'jieba'"):
        SMP2018ECDTCorpus.load_data(cutter="jieba")


@pytest.mark.parametrize("corpus", TAGGED)
def test_another_file_than_the_one_of_the_checksum_is_refused(server, monkeypatch, corpus):
    address = server.give("/train", b"Ada B-PER\n")
    real = corpus.files["train"]
    files = {"train": RemoteFile(real.name, address, real.sha256)}
    monkeypatch.setattr(corpus, "files", files)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with pytest.raises(ValueError, match=f"{real.sha256}.*NLP_BUILDER_DATA"):
        corpus.load_data("train")


@pytest.mark.parametrize("corpus", TAGGED)
def test_each_split_has_its_own_file_and_a_checksum(corpus):
    files = corpus.files.values()
    assert list(corpus.files) == ["train", "valid", "test"]
    assert len({file.name for file in files} | {file.address for file in files}) == 6
    assert all(re.fullmatch("[0-9a-f]{64}", file.sha256) for file in files)
    assert all(file.address.startswith("https://") for file in files)
