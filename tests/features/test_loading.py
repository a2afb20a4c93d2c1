"""Files that are mapped, limits, and what comes back in a new process."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest

import nlp_builder
from nlp_builder import (
    ArchiveError,
    KerasWrapper,
    Limits,
    PreTrainedWordEmbeddingSequence,
    RNNDigest,
    saving,
)
from nlp_builder.text import WordVectors
from tests.blocks import CORPUS, ROWS
from tests.formats.write import trained_tagger
from tests.handling import arrays, assert_equal, untraced

WORDS = 20_000


def large() -> PreTrainedWordEmbeddingSequence:
    """A matrix of more than 1 MiB, which a file has at an address that can be shared."""
    matrix = np.random.default_rng(0).normal(size=(WORDS, 20)).astype("float32")
    vectors = WordVectors([f"w{number}" for number in range(WORDS)], matrix)
    return PreTrainedWordEmbeddingSequence(vectors, "whitespace", sequence_maxlen=6)


@pytest.fixture(scope="module")
def large_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("large") / "words.nlpb"
    large().build(CORPUS).save(path)
    return path


@pytest.mark.parametrize("mmap", [False, True])
def test_a_mapped_file_gives_the_same(mmap, large_file):
    again = nlp_builder.load(large_file, mmap=mmap)
    assert_equal(
        again.transform(["w3 w19999 other"]), large().build().transform(["w3 w19999 other"])
    )
    assert again.serialize() == large_file.read_bytes()


@pytest.mark.parametrize("name", ["words", "diamond", "new words beside given ones", "siamese"])
def test_small_arrays_of_a_mapped_file_give_the_same(name, tmp_path):
    row = ROWS[name]
    block = row.make().build(row.corpus)
    block.save(tmp_path / "block.nlpb")
    again = nlp_builder.load(tmp_path / "block.nlpb", mmap=True)
    ids = block.preprocess_texts(row.texts)
    assert_equal(untraced(again, ids), untraced(block, ids))


def test_training_leaves_a_mapped_file_as_it_is(tmp_path):
    path = tmp_path / "digest.nlpb"
    RNNDigest(large(), 600, "gru").build(CORPUS).save(path)
    before = path.read_bytes()
    block = nlp_builder.load(path, mmap=True)
    block.compile("adam", "mse")
    weights = [weight.copy() for weight in block._graph.get_weights()]
    block.fit(["w1 w2", "w3"], np.ones((2, 600)), verbose=0)
    assert any((a != b).any() for a, b in zip(weights, block._graph.get_weights(), strict=True))
    assert path.read_bytes() == before


def test_a_file_that_is_replaced_stays_with_those_that_have_it(tmp_path):
    path = tmp_path / "words.nlpb"
    large().build(CORPUS).save(path)
    block = nlp_builder.load(path, mmap=True)
    ROWS["words"].make().build(CORPUS).save(path)
    assert_equal(block.transform(["w3 w4"]), large().build().transform(["w3 w4"]))
    assert nlp_builder.load(path).vocabulary != block.vocabulary


MEMORY = """
import sys
import nlp_builder

def anonymous():
    with open("/proc/self/smaps_rollup") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("Anonymous:"))

nlp_builder.load(sys.argv[2])  # what loading takes the first time
before = anonymous()
block = nlp_builder.load(sys.argv[1], mmap=sys.argv[3] == "True")
block.transform([["1", "2"]])
print(anonymous() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc/self/smaps_rollup")
def test_the_matrix_of_a_mapped_file_is_not_copied(tmp_path):
    # 40 MB, and few words, which cost memory of their own.
    matrix = np.zeros((100, 100_000), "float32")
    vectors = WordVectors(list(map(str, range(100))), matrix)
    PreTrainedWordEmbeddingSequence(vectors, None).build().save(tmp_path / "large.nlpb")
    ROWS["words"].make().build(CORPUS).save(tmp_path / "small.nlpb")
    grown = {}
    for mmap in (False, True):
        arguments = [tmp_path / "large.nlpb", tmp_path / "small.nlpb", mmap]
        run = subprocess.run(
            [sys.executable, "-c", MEMORY, *map(str, arguments)], capture_output=True, text=True
        )
        grown[mmap] = int(run.stdout) / 1000
    assert grown[False] > 39
    assert grown[True] < 20


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"file_bytes": 1000}, "bytes of the file.*limits=Limits"),
        ({"config_bytes": 300}, "config_bytes"),
        ({"tokens": 10}, "tokens"),
        ({"values": 90}, "values in config.json"),
        ({"arrays": 2}, "arrays in weights"),
        ({"blocks": 2}, r"config.json lists blocks.*limits=Limits\(blocks="),
        ({"objects": 3}, r"objects.*limits=Limits\(objects="),
        ({"nesting": 3}, "nesting"),
        ({"vocabulary_bytes": 20}, "vocabulary_bytes"),
    ],
)
def test_a_file_beyond_a_limit_says_which(limits, message):
    data = trained_tagger_file()
    nlp_builder.deserialize(data)
    with pytest.raises(ArchiveError, match=message):
        nlp_builder.deserialize(data, limits=Limits(**limits))


_files: dict[str, bytes] = {}


def trained_tagger_file() -> bytes:
    if "tagger" not in _files:
        _files["tagger"] = trained_tagger().serialize()
    return _files["tagger"]


def test_arguments_of_other_types_are_refused(large_file):
    with pytest.raises(TypeError, match=r"expected limits as nlp_builder.Limits\(...\), got 3"):
        nlp_builder.load(large_file, limits=3)
    with pytest.raises(TypeError, match="expected custom_objects as a dict"):
        nlp_builder.load(large_file, custom_objects=[1])
    with pytest.raises(
        TypeError, match=r"expected a class or a function as 'Mine', got 'mine\.Mine'"
    ):
        nlp_builder.load(large_file, custom_objects={"Mine": "mine.Mine"})
    with pytest.raises(TypeError, match="expected a function as the tokenizer 'split', got 3"):
        nlp_builder.load(large_file, tokenizers={"split": 3})
    for flag in ("compile", "mmap"):
        with pytest.raises(TypeError, match=f"expected {flag} to be True or False, got 'no'"):
            nlp_builder.load(large_file, **{flag: "no"})
    with pytest.raises(TypeError, match="expected include_optimizer to be True or False"):
        large().serialize(include_optimizer="no")


NEW_PROCESS = """
import json, pathlib, sys
import numpy as np
import nlp_builder
import tests.blocks  # registers tokenizers

folder = pathlib.Path(sys.argv[1])
found = {}
for file in sorted(folder.glob("*.nlpb")):
    block = nlp_builder.load(file)
    texts = json.loads(file.with_suffix(".json").read_text())
    corpus = None if block.weights_amount is not None else texts["corpus"]
    block.build(corpus)
    ids = block.preprocess_texts(texts["texts"])
    ids = ids if isinstance(ids, list) else [ids]
    outputs = block(ids)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    with np.load(file.with_suffix(".npz")) as expected:
        equal = all(np.array_equal(a, expected[f"ids{n}"]) for n, a in enumerate(ids))
        equal &= all(np.array_equal(a, expected[f"outputs{n}"]) for n, a in enumerate(outputs))
    found[file.stem] = [bool(equal), block.weights_amount, len(list(block.blocks))]
print(json.dumps(found))
"""


def test_diamond_siamese_and_tagger_come_back_in_a_new_process(tmp_path):
    expected = {}
    for name, built in [
        ("diamond", True),
        ("diamond", False),
        ("siamese", True),
        ("siamese", False),
    ]:
        row = ROWS[name]
        block = row.make().build(row.corpus) if built else row.make()
        stem = f"{name}_{built}"
        block.save(tmp_path / f"{stem}.nlpb")
        block.build(row.corpus)
        expected[stem] = keep(tmp_path / stem, block, row.corpus, row.texts)
    tagger = trained_tagger()
    tagger.save(tmp_path / "tagger.nlpb")
    expected["tagger"] = keep(tmp_path / "tagger", tagger, CORPUS, ROWS["words"].texts)
    run = subprocess.run(
        [sys.executable, "-c", NEW_PROCESS, str(tmp_path)], capture_output=True, text=True
    )
    assert json.loads(run.stdout.splitlines()[-1]) == expected, run.stderr


def keep(stem, block, corpus, texts) -> list[object]:
    ids = block.preprocess_texts(texts)
    found = {f"ids{n}": array for n, array in enumerate(arrays(ids))}
    found |= {f"outputs{n}": array for n, array in enumerate(arrays(block(ids)))}
    np.savez(stem.with_suffix(".npz"), **found)
    stem.with_suffix(".json").write_text(json.dumps({"corpus": corpus, "texts": texts}))
    return [True, block.weights_amount, len(list(block.blocks))]


@pytest.mark.parametrize("policy", ["bfloat16", "float16", "mixed_bfloat16", "float64"])
@pytest.mark.parametrize(
    "name", ["words", "new words beside given ones", "fasttext words", "places", "characters"]
)
def test_blocks_of_each_policy_come_back(name, policy, tmp_path):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        block = ROWS[name].make()
    finally:
        keras.config.set_dtype_policy(before)
    block.build(CORPUS).save(tmp_path / "block.nlpb")
    ids = block.preprocess_texts(ROWS[name].texts)
    expected = untraced(block, ids)
    for mmap in (False, True):
        again = nlp_builder.load(tmp_path / "block.nlpb", mmap=mmap)
        assert_equal(untraced(again, ids), expected)
        assert again.serialize() == block.serialize()


def test_what_was_not_mapped_has_memory_of_its_own(tmp_path):
    block = ROWS["words"].make()
    block.save(tmp_path / "unbuilt.nlpb")
    again = nlp_builder.load(tmp_path / "unbuilt.nlpb")
    (tmp_path / "unbuilt.nlpb").write_bytes(b"")  # in place: a view of it would end the process
    data = bytearray(block.serialize())
    other = nlp_builder.deserialize(data)
    data[:] = bytes(len(data))
    expected = block.build(CORPUS).transform(CORPUS)
    for one in (again, other):
        assert_equal(one.build(CORPUS).transform(CORPUS), expected)


@keras.saving.register_keras_serializable(package="test_loading")
class Scaled(keras.layers.Layer):
    """A layer that makes a variable from a value, which Keras cannot defer."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.scale = keras.Variable(3.0, trainable=False)

    def call(self, inputs):
        return inputs * self.scale


@keras.saving.register_keras_serializable(package="test_loading")
class Doubling(keras.layers.Layer):
    """A layer that computes with what it has made of its weights."""

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(), initializer="ones", trainable=False)
        self.double = 2.0

    def load_own_variables(self, store):
        super().load_own_variables(store)
        self.double = 2.0 * float(self.scale)

    def call(self, inputs):
        return inputs * self.double


@pytest.mark.parametrize("layer", [Scaled, Doubling, keras.layers.Normalization])
def test_layers_with_more_than_weights_compute_the_same(layer):
    inner = layer(name="inner")
    model = keras.Sequential([keras.Input((6, 4)), inner, keras.layers.Flatten()])
    if layer is keras.layers.Normalization:
        inner.adapt(np.random.default_rng(0).normal(2, 3, size=(9, 6, 4)))
    else:
        inner.scale.assign(5.0)
    if layer is Doubling:
        inner.double = 10.0
    block = KerasWrapper(ROWS["words"].make(), model).build(CORPUS)
    again = nlp_builder.deserialize(block.serialize())
    assert_equal(again.transform(CORPUS), block.transform(CORPUS))


def test_a_layer_that_keeps_more_than_weights_is_refused():
    class Keeping(Doubling):
        def save_own_variables(self, store):
            store["more"] = np.ones(3)

    model = keras.Sequential([keras.Input((6, 4)), Keeping()])
    with pytest.raises(TypeError, match="a Keeping has its own save_own_variables"):
        KerasWrapper(ROWS["words"].make(), model).serialize()


def test_a_layer_that_is_named_like_an_error_of_keras_makes_no_weights_at_once():
    name = "You are attempting to create a variable while in a stateless scope"
    inputs = keras.Input((6, 4))
    scaled = Scaled()(keras.layers.Dense(3)(inputs))
    block = KerasWrapper(ROWS["words"].make(), keras.Model(inputs, scaled))
    archive = saving.unpack(block.serialize())
    layers = archive.config["models"][0]["config"]["layers"]
    del layers[2]  # the one that makes a variable is not made
    layers[1]["config"] |= {"units": 2**40, "name": name, "axis": "wrong"}
    with pytest.raises(ArchiveError, match="cannot be made"):
        nlp_builder.deserialize(saving.pack(archive))


@pytest.mark.parametrize(
    "state",
    [{"trainable": []}, {"trained": False}, {"compiled": {}}, {"policy": "int8_from_float32"}],
)
def test_a_state_that_a_block_does_not_have_is_refused(state):
    archive = saving.unpack(ROWS["words"].make().build(CORPUS).serialize())
    archive.config["blocks"][0]["state"] |= state
    with pytest.raises(ArchiveError, match=r"has no state|expected a policy of"):
        nlp_builder.deserialize(saving.pack(archive))


def test_an_empty_path_is_not_the_present_folder():
    with pytest.raises(ValueError, match=r"path of a file or a folder, got '': write '\.'"):
        nlp_builder.load("")
