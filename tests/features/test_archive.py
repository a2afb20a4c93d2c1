"""Blocks in files: a new process, tokenizers that are handed in, shared blocks, damage."""

import json
import subprocess
import sys

import numpy as np
import pytest

import nlp_builder
from nlp_builder import ArchiveError, CharPerWordEmbeddingSequence, RNNDigest, saving
from nlp_builder.saving import Archive
from nlp_builder.text import register_tokenizer, tokenizer_name
from tests.features.blocks import CORPUS, ROWS, TEXTS, characters

LOAD_ALL = """
import json, pathlib, sys
import numpy as np
import nlp_builder

folder, texts = pathlib.Path(sys.argv[1]), json.loads(sys.argv[2])
for file in sorted(folder.glob("*.nlpb")):
    block = nlp_builder.load(file)
    expected = np.load(file.with_suffix(".npz"))
    if "outputs" not in expected:
        assert block.weights_amount is None
        block.build(json.loads(sys.argv[3]))
    ids = block.preprocess_texts(texts)
    ids = ids if isinstance(ids, list) else [ids]
    for number, array in enumerate(ids):
        assert np.array_equal(array, expected[f"arr_{number}"]), file
    name = "outputs" if "outputs" in expected else "outputs_once_built"
    assert np.array_equal(block(ids), expected[name]), file
    print(file.stem)
"""


def listed(ids) -> list[np.ndarray]:
    return ids if isinstance(ids, list) else [ids]


def test_a_new_process_loads_the_same_blocks(tmp_path):
    """Ids and outputs are equal bit for bit, of built blocks and of unbuilt ones."""
    names = ("words", "characters", "lstm digest", "digest of words and characters")
    for name in names:
        block = ROWS[name].make()
        block.save(tmp_path / f"{name} unbuilt.nlpb")
        block.build(CORPUS).save(tmp_path / f"{name}.nlpb")
        ids = listed(block.preprocess_texts(TEXTS))
        np.savez(tmp_path / f"{name}.npz", *ids, outputs=block(ids))
        np.savez(tmp_path / f"{name} unbuilt.npz", *ids, outputs_once_built=block(ids))
    done = subprocess.run(
        [sys.executable, "-c", LOAD_ALL, str(tmp_path), json.dumps(TEXTS), json.dumps(CORPUS)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2 * len(names)


def test_a_lambda_is_asked_for_at_load():
    block = CharPerWordEmbeddingSequence(lambda text: text.split("_"), 4).build(["a_b"])
    data = block.serialize()
    with pytest.raises(ArchiveError, match=r"needs the tokenizer '<lambda>'.*tokenizers=\{"):
        nlp_builder.deserialize(data)
    again = nlp_builder.deserialize(data, tokenizers={"<lambda>": lambda text: text.split("_")})
    np.testing.assert_array_equal(
        again.preprocess_texts(["b_a_c"]), block.preprocess_texts(["b_a_c"])
    )


def test_two_functions_of_one_name_are_told_apart():
    one = CharPerWordEmbeddingSequence(lambda text: text.split("_"), 4, word_maxlen=5)
    other = CharPerWordEmbeddingSequence(lambda text: text.split("-"), 4, word_maxlen=5)
    both = RNNDigest([RNNDigest(one, 2, "gru"), RNNDigest(other, 2, "gru")], 3, "gru")
    data = both.build(["a_b-c"]).serialize()
    functions = {"<lambda>": lambda text: text.split("_"), "<lambda>_2": lambda t: t.split("-")}
    again = nlp_builder.deserialize(data, tokenizers=functions)
    for found, expected in zip(
        again.preprocess_texts(["a_b-c"]), both.preprocess_texts(["a_b-c"]), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


def test_a_registered_function_is_found_by_its_name():
    @register_tokenizer("split at bars")
    def split_at_bars(text):
        return text.split("|")

    block = CharPerWordEmbeddingSequence(split_at_bars, 4).build(["a|b"])
    assert tokenizer_name(split_at_bars) == "split at bars"
    again = nlp_builder.deserialize(block.serialize())
    np.testing.assert_array_equal(again.preprocess_texts(["b|a"]), block.preprocess_texts(["b|a"]))


def test_a_shared_block_stays_one():
    block = ROWS["digest of a block twice"].make().build(CORPUS)
    again = nlp_builder.deserialize(block.serialize())
    first, second = again.blocks
    assert first.blocks[0] is second.blocks[0]
    assert again.weights_amount == block.weights_amount


def test_vectors_are_kept_once():
    block = ROWS["words"].make()
    archive = saving.unpack(block.build(CORPUS).serialize())
    vectors = [array for array in archive.arrays.values() if array.ndim == 2]
    assert [array.shape for array in vectors] == [(6, 4)]
    assert list(archive.vocabularies) == ["0/word2vec_src"]


def test_what_a_file_cannot_hold_is_refused_before_anything_is_written(tmp_path):
    import keras

    block = RNNDigest(characters(), 3, "gru", kernel_regularizer=keras.regularizers.L2(0.1))
    with pytest.raises(TypeError, match="cannot keep the argument 'kernel_regularizer'"):
        block.save(tmp_path / "block.nlpb")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([], "lists no blocks"),
        ("os.system", "lists no blocks"),
        ([{"class": "os.system", "arguments": {}, "state": {}}], "block 0"),
        ([{"class": "RNNDigest", "arguments": {"inputs": {"$block": 0}}, "state": {}}], "block 0"),
        ([{"class": "RNNDigest", "arguments": {"x": {"$import": "os"}}, "state": {}}], "kind"),
        ([{"arguments": {}}], "block 0"),
        ([7], "block 0"),
    ],
)
def test_a_damaged_config_is_one_clear_error(entries, message):
    with pytest.raises(ArchiveError, match=message):
        nlp_builder.deserialize(saving.pack(Archive({"blocks": entries})))


def test_arrays_that_do_not_fit_are_refused():
    archive = saving.unpack(characters().build(CORPUS).serialize())
    wrong = {name: array[:-1] for name, array in archive.arrays.items()}
    data = saving.pack(Archive(archive.config, archive.vocabularies, wrong))
    with pytest.raises(ArchiveError, match="block 0"):
        nlp_builder.deserialize(data)
    data = saving.pack(Archive(archive.config, archive.vocabularies, {}))
    with pytest.raises(ArchiveError, match="expected the arrays"):
        nlp_builder.deserialize(data)


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        nlp_builder.load(tmp_path / "nothing.nlpb")
