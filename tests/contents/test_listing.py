from pathlib import Path

import keras
import pytest

import nlp_builder
from nlp_builder import ArchiveError, CharEmbeddingSequence, KerasWrapper, Limits, saving
from tests.blocks import ROWS
from tests.formats.write import trained_tagger


@pytest.fixture(scope="module")
def tagger() -> bytes:
    return trained_tagger().serialize()


def test_it_shows_what_a_file_holds(tagger, tmp_path):
    path = tmp_path / "tagger.nlpb"
    path.write_bytes(tagger)
    found = nlp_builder.inspect(path)
    assert found == nlp_builder.inspect(tagger)
    assert (found.version, found.libraries["keras"]) == (2, keras.__version__)
    assert [block.name for block in found.blocks] == [
        "PreTrainedWordEmbeddingSequence",
        "CharPerWordEmbeddingSequence",
        "RNNDigest",
        "KerasWrapper",
    ]
    assert found.blocks[2].arguments["inputs"] == {"$block": 1}
    assert [(block.built, block.compiled) for block in found.blocks] == [
        *[(True, False)] * 3,
        (True, True),
    ]
    assert found.models == ("Functional",)
    assert found.vocabularies["0/word2vec_src"] == 6
    assert found.arrays["0/weights/0"] == ((8, 4), "float32")
    assert found.tokenizers == ("whitespace",)
    assert found.custom_objects == ()  # the CRF and its loss are ours
    assert sum(found.sizes.values()) < len(tagger) < sum(found.sizes.values()) + 1000


def test_it_is_shown_as_a_table(tagger):
    found = nlp_builder.inspect(tagger)
    text = str(found)
    assert repr(found) == text
    for line in (
        f"format 2, {sum(found.sizes.values()):,} bytes in its members, written by keras 3.",
        "block 2: RNNDigest(bidirectional=False, inputs={'$block': 1}",
        "block 3: KerasWrapper(",
        ", compiled\n",
        "vocabulary 0/word2vec_src: 6 tokens",
        "arrays 0/weights: (8, 4), float32\n",
        "arrays models/0: (7, 12), float32; (4, 12), float32; (2, 12), float32; (4, 3)",
        "uses the registered tokenizers 'whitespace'",
    ):
        assert line in text
    assert nlp_builder.inspect(tagger)._repr_html_().startswith("<pre>format 2,")
    assert "&#x27;$block&#x27;" in nlp_builder.inspect(tagger)._repr_html_()


READY_MADE = Path(__file__).parent.parent / "formats" / "version_2" / "ready_made.nlpb"


def test_a_ready_made_model_comes_first_with_its_labels(tagger):
    found = nlp_builder.inspect(READY_MADE)
    assert found.ready_made == "labeling.BiGRU_CRF_Model"
    assert found.labels == ("O", "B-LOC", "B-PER")
    assert str(found).splitlines()[1] == (
        "labeling.BiGRU_CRF_Model, 3 labels: ['O', 'B-LOC', 'B-PER']"
    )
    block = nlp_builder.inspect(tagger)
    assert (block.ready_made, block.labels) == (None, ())


def test_a_folder_is_that_of_a_model(tmp_path):
    (tmp_path / "model.nlpb").write_bytes(READY_MADE.read_bytes())
    assert nlp_builder.inspect(tmp_path) == nlp_builder.inspect(READY_MADE)


def test_names_of_a_ready_made_model_do_nothing_to_a_terminal():
    archive = saving.open_archive(READY_MADE)
    archive.config["task"] |= {"class": "\x1b[2J", "labels": ["\x1b[2J", 7, "x" * 10**6]}
    found = nlp_builder.inspect(saving.pack(archive))
    assert "\x1b" not in str(found)
    assert len(str(found)) < 2_000


def test_nothing_is_built(tagger):
    keras.utils.clear_session()
    nlp_builder.inspect(tagger)
    # Keras numbers layers without a name as they are made.
    assert keras.layers.Dense(1).name == "dense"


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_each_kind_of_block_is_shown(row):
    found = nlp_builder.inspect(row.make().serialize())
    assert not any(block.built for block in found.blocks)
    assert found.blocks[-1].name == type(row.make()).__name__


def test_functions_that_have_to_be_handed_in_are_named():
    data = CharEmbeddingSequence(4, 6).serialize()
    assert nlp_builder.inspect(data).functions == ()
    words = nlp_builder.CharPerWordEmbeddingSequence(lambda text: text.split(), 4)
    found = nlp_builder.inspect(words.serialize())
    assert (found.tokenizers, found.functions) == ((), ("<lambda>",))
    assert "needs the functions '<lambda>'" in str(found)


def test_what_is_not_of_keras_is_named_and_not_looked_for():
    model = keras.Sequential([keras.Input((6, 4)), keras.layers.GRU(2, name="mine")])
    archive = saving.unpack(KerasWrapper(CharEmbeddingSequence(4, 6), model).serialize())
    entry = archive.config["models"][0]["config"]["layers"][1]
    entry |= {"module": "theirs", "class_name": "Theirs", "registered_name": "their>Theirs\x1b[2J"}
    found = nlp_builder.inspect(saving.pack(archive))
    assert found.custom_objects == ("their>Theirs\x1b[2J",)
    assert "\x1b" not in str(found)


def test_damage_and_limits_are_one_error(tagger):
    with pytest.raises(ArchiveError, match="not a file of nlp_builder"):
        nlp_builder.inspect(b"nothing")
    with pytest.raises(ArchiveError, match=r"limits=Limits\(blocks="):
        nlp_builder.inspect(tagger, limits=Limits(blocks=3))
    with pytest.raises(FileNotFoundError):
        nlp_builder.inspect("nowhere.nlpb")
    with pytest.raises(TypeError, match=r"expected limits as nlp_builder.Limits"):
        nlp_builder.inspect(tagger, limits=10)


@pytest.mark.parametrize("change", [{"state": {}}, {"arguments": []}, {"state": 3}, {"more": 1}])
def test_an_entry_that_is_none_is_refused(change):
    archive = saving.unpack(CharEmbeddingSequence(4, 6).serialize())
    archive.config["blocks"][0] |= change
    with pytest.raises(ArchiveError, match="block"):
        nlp_builder.inspect(saving.pack(archive))
