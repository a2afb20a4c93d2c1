"""Texts and targets that are not in memory: mapped column files, tables of Arrow."""

from importlib import resources

import numpy as np
import pyarrow
import pytest

from nlp_builder import Batches, TagAlphabet, load_sample_corpus
from nlp_builder.features import CharPerWordEmbeddingSequence, TrainableWordEmbeddingSequence
from nlp_builder.text import LazyRows, MappedColumns, lazy_map, read_columns
from tests.features.batching.letters import Letters, tagger

TEXTS, TAGS = load_sample_corpus("valid")
ALPHABET = TagAlphabet.from_tags(TAGS)
IDS = [ALPHABET.ids(tags).tolist() for tags in TAGS]


class Counted(LazyRows):
    """A list that counts what is read of it."""

    def __init__(self, rows):
        self.rows, self.read = rows, 0

    def __len__(self):
        return len(self.rows)

    def _row(self, number):
        self.read += 1
        return self.rows[number]


def words():
    return TrainableWordEmbeddingSequence(None, 4, sequence_maxlen=None).build(TEXTS)


def mapped():
    with resources.as_file(resources.files("nlp_builder.sample_corpus") / "valid.txt") as path:
        return MappedColumns(path, separator="\t")


def contents(batches):
    """The ids, targets and weights of each batch, with their types, to be compared by ==."""
    return [[(array.dtype, array.tolist()) for array in batches[n]] for n in range(len(batches))]


@pytest.mark.parametrize("options", [{}, {"shuffle": False}, {"batch_tokens": 200}])
def test_a_mapped_file_gives_the_batches_of_its_lists(options):
    corpus, block = mapped(), words()
    ids = lazy_map(ALPHABET.ids, corpus.tags)
    weights = lazy_map(lambda row: [0.5] * len(row), corpus.tags)
    lazy = Batches(block, corpus.texts, ids, sample_weight=weights, **options)
    weights = [[0.5] * len(tags) for tags in TAGS]
    kept = Batches(block, TEXTS, IDS, sample_weight=weights, **options)
    assert contents(lazy) == contents(kept)


def test_blocks_learn_from_mapped_texts():
    block = words()
    other = TrainableWordEmbeddingSequence(None, 4, sequence_maxlen=None).build(mapped().texts)
    np.testing.assert_array_equal(block.preprocess_texts(TEXTS), other.preprocess_texts(TEXTS))
    np.testing.assert_array_equal(
        other.preprocess_texts(mapped().texts), other.preprocess_texts(TEXTS)
    )


def test_nothing_is_kept_of_lazy_rows():
    texts, ids = Counted(["abc", "a", "ab", "abcd"]), Counted([[1] * n for n in (3, 1, 2, 4)])
    batches = Batches(Letters(), texts, ids, batch_size=2)
    assert batches._texts.columns == {None: texts}
    before = texts.read, ids.read
    for number in (1, 2, 3):
        batches[0]
        # The second batch would look at the first one.
        assert (texts.read, ids.read) == (before[0] + 2 * number, before[1] + 2 * number)


def arrow(texts=TEXTS, ids=IDS):
    """In chunks, as a table is that was read from files."""
    half = len(texts) // 2
    column = pyarrow.chunked_array([texts[:half], texts[half:]])
    return pyarrow.table({"words": column, "ids": pyarrow.chunked_array([ids[:half], ids[half:]])})


def test_columns_of_arrow_give_the_batches_of_their_lists():
    block, table = words(), arrow()
    expected = contents(Batches(block, TEXTS, IDS))
    assert contents(Batches(block, table["words"], table["ids"])) == expected
    whole = table["words"].combine_chunks()
    assert contents(Batches(block, whole, table["ids"].combine_chunks())) == expected
    tags = pyarrow.chunked_array([TAGS])
    assert contents(Batches(block, TEXTS, lazy_map(ALPHABET.ids, tags))) == expected


def test_a_table_of_arrow_has_texts_by_name():
    blocks = [Letters(names=("who",)), Letters(names=("what",))]
    columns = {"who": ["a", "b", "cc"], "what": ["abc", "abcdef", "a"], "n": [1, 2, 3]}
    table = pyarrow.table(columns)
    for targets in (table["n"], pyarrow.array([1.5, 2, 3]), table["n"].cast("float32")):
        expected = Batches(blocks, columns, np.asarray(targets), batch_size=2)
        for a, b in zip(Batches(blocks, table, targets, batch_size=2), expected, strict=True):
            np.testing.assert_array_equal(a[0][1], b[0][1])
            np.testing.assert_array_equal(a[1], b[1])
    with pytest.raises(ValueError, match=r"got \['who', 'n'\]: \['what'\] are missing"):
        Batches(blocks, table.drop_columns("what"))
    with pytest.raises(TypeError, match="a Table: this block reads one text, pass one of its col"):
        Batches(Letters(), table)


def test_lists_of_a_column_may_be_vectors():
    vectors = pyarrow.array([[0.0, 1.0], [1.0, 0.0]])
    batches = Batches(Letters(), ["abc", "a"], vectors, by_token=False, shuffle=False)
    assert batches[0][1].tolist() == vectors.to_pylist()


def test_what_is_missing_in_a_column_is_told():
    with pytest.raises(ValueError, match="got 1 that are missing, the first at position 1: fill"):
        Batches(Letters(), pyarrow.array(["a", None]))
    with pytest.raises(ValueError, match="got 1 that are missing, the first at position 0: fill"):
        Batches(Letters(), ["a", "b"], pyarrow.array([None, 1]))


@pytest.mark.parametrize("wrong", [[[1, 1], [1]], [[1], [1]], [[1, 1, 1]]])
def test_lazy_tags_of_other_numbers_are_refused(wrong):
    with pytest.raises(
        ValueError, match=r"expected (3 tag ids for the 3 tokens|a target for each)"
    ):
        Batches(Letters(), ["abc", "a"], Counted(wrong))


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ([[1, -1, 1], [1]], ValueError, "expected 3 tag ids for the 3 tokens of text 0, got"),
        ([[1, 0.5, 1], [1]], TypeError, "expected whole numbers as tag ids"),
        ([["O", "O", "O"], ["O"]], TypeError, "expected numbers as targets, got 'O'"),
    ],
)
def test_lazy_tags_that_are_no_ids_are_told_when_they_are_taken(wrong, error, message):
    batches = Batches(Letters(), ["abc", "a"], Counted(wrong))
    with pytest.raises(error, match=message):
        batches[0]


@pytest.mark.parametrize("kind", ["targets", "weights"])
@pytest.mark.parametrize("later", [[1, 1], [1, 1, 1, 1], [], [[1], [1], [1]]])
def test_lazy_tags_that_have_another_length_later_are_told(kind, later):
    rows = [[1, 1, 1], [1]]
    lazy = lazy_map(lambda row: row, rows)
    own = (lazy, None) if kind == "targets" else ([[0, 0, 0], [0]], lazy)
    batches = Batches(Letters(), ["abc", "a"], own[0], sample_weight=own[1])
    batches[0]
    rows[0] = later
    with pytest.raises(ValueError, match=r"expected 3 .* for the 3 tokens of text 0, got \["):
        batches[0]


def test_the_columns_of_a_mapped_file_are_named_where_it_is_passed_whole(tmp_path):
    path = tmp_path / "corpus.txt"
    path.write_text("a O\n")
    corpus = MappedColumns(path)
    with pytest.raises(TypeError, match=r"got MappedColumns of texts and tags: pass its \.texts"):
        Batches(Letters(), corpus)
    with pytest.raises(TypeError, match=r"got MappedColumns.*: pass lazy_map\(alphabet\.ids, its "):
        Batches(Letters(), ["a"], corpus)


def test_a_model_is_trained_on_lazy_rows():
    texts = ["ab" * n for n in range(1, 20)]
    ids = [[0, 1] * n for n in range(1, 20)]
    losses = [
        tagger_fit(Batches(Letters(), *both, batch_size=4))
        for both in ((texts, ids), (Counted(texts), Counted(ids)))
    ]
    assert losses[0][-1] < losses[0][0] and losses[1][-1] < losses[1][0]


def tagger_fit(batches):
    return tagger().fit(batches, epochs=3, shuffle=False, verbose=0).history["loss"]


def test_texts_without_tokens_have_no_lazy_tags():
    batches = Batches(Letters(), ["", "ab"], Counted([[], [1, 2]]), shuffle=False)
    assert batches[0][1].tolist() == [[0, 0], [1, 2]]
    assert len(Batches(Letters(), Counted([]), Counted([]))) == 0


def test_characters_of_strings_of_arrow():
    block = CharPerWordEmbeddingSequence("whitespace", 3, word_maxlen=None).build(["a b", "c"])
    strings = pyarrow.chunked_array([["a b"], ["c", "d e f"]])
    for a, b in zip(Batches(block, strings), Batches(block, strings.to_pylist()), strict=True):
        np.testing.assert_array_equal(a[0], b[0])


def test_read_columns_is_the_reference():
    with resources.as_file(resources.files("nlp_builder.sample_corpus") / "valid.txt") as path:
        assert read_columns(path, separator="\t") == (TEXTS, TAGS)


@pytest.mark.parametrize("at_once", [1, 7, 4096])
@pytest.mark.parametrize("options", [{}, {"shuffle": False}, {"batch_tokens": 60}])
def test_results_come_as_a_stream_in_the_order_of_the_texts(at_once, options):
    texts = ["ab" * (n * 7 % 11) for n in range(40)]
    results = Batches(Letters(), texts, **options).stream(
        lambda ids: (ids != 0).sum(axis=1).tolist(), texts_at_once=at_once
    )
    assert list(results) == [len(text) for text in texts]


def test_a_stream_of_results_reads_no_further_than_it_must():
    texts = Counted(["ab"] * 1000)
    batches = Batches(Letters(), texts, shuffle=False, batch_size=5)
    results = batches.stream(lambda ids: list(ids), texts_at_once=10)
    assert texts.read == 0
    next(results)
    # Once to count, once for the ids.
    assert texts.read == 20
    for _ in range(10):
        next(results)
    assert texts.read == 40
