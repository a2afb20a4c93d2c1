"""Files of every version of the format, as they were written, load and give what they gave."""

import dataclasses
import json
from pathlib import Path

import keras
import numpy as np
import pytest

import nlp_builder
from nlp_builder import saving
from nlp_builder.contents.upgrade import upgraded
from nlp_builder.features import loading
from nlp_builder.saving import FORMAT_VERSION
from tests.blocks import CORPUS, ROWS, TEXTS
from tests.formats.write import NUM_TAGS, TAGGED, TAGS, tagger
from tests.handling import arrays, untraced

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("version_*/*.npz"))


def version_of(path: Path) -> int:
    return int(path.parent.name.removeprefix("version_"))


def test_there_are_files_of_each_version():
    assert {version_of(path) for path in FILES} == set(range(1, FORMAT_VERSION + 1))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_file_gives_what_it_gave(path):
    block = nlp_builder.load(path.with_suffix(".nlpb"))
    texts = ROWS[path.stem.replace("_", " ")].texts if path.stem != "trained_tagger" else TEXTS
    ids = block.preprocess_texts(texts)
    with np.load(path) as expected:
        for number, array in enumerate(arrays(ids)):
            np.testing.assert_array_equal(array, expected[f"ids/{number}"])
        for number, array in enumerate(untraced(block, ids)):
            # Other processors add in another order.
            np.testing.assert_allclose(array, expected[f"outputs/{number}"], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_each_bit_of_the_weights_comes_back(path):
    path = path.with_suffix(".nlpb")
    kept = upgraded(saving.open_archive(path))
    again = saving.unpack(nlp_builder.load(path).serialize())
    assert again.vocabularies == kept.vocabularies
    # What is shared is named by its number, there and here.
    assert [entry["arguments"] for entry in again.config["blocks"]] == [
        entry["arguments"] for entry in kept.config["blocks"]
    ]
    assert set(again.arrays) == set(kept.arrays)
    for name, array in kept.arrays.items():
        np.testing.assert_array_equal(again.arrays[name], array)
        # Whole numbers, of training alone, have another size with each backend.
        assert again.arrays[name].dtype == array.dtype or "/training/" in name


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_file_tells_who_wrote_it(path):
    found = nlp_builder.inspect(path.with_suffix(".nlpb"))
    assert found.version == version_of(path)
    assert ("nlp_builder" in found.libraries) == (found.version > 1)


@pytest.mark.parametrize("version", range(1, FORMAT_VERSION + 1))
def test_a_trained_tagger_goes_on(version):
    block = nlp_builder.load(HERE / f"version_{version}" / "trained_tagger.nlpb")
    tags = np.zeros((len(CORPUS), 6), "int32")
    before = [weight.copy() for weight in block.wrapped_model.get_weights()]
    assert block._graph.optimizer.iterations == 1
    block.fit([text[:6] for text in CORPUS], tags, verbose=0)
    moved = [(a != b).any() for a, b in zip(before, block.wrapped_model.get_weights(), strict=True)]
    assert all(moved)
    assert block.outputs_shape.shape == (6 + NUM_TAGS + 2, NUM_TAGS + 1)


@pytest.mark.parametrize("path", sorted(HERE.glob("version_*/ready_made.nlpb")), ids=version_of)
def test_a_ready_made_model_tags_as_it_did_and_goes_on(path):
    model = nlp_builder.load(path)
    assert repr(model) == "<BiGRU_CRF_Model, 3 labels>"
    kept = json.loads(path.with_suffix(".json").read_text())
    assert model.predict(kept["texts"]) == kept["tags"]
    assert kept["tags"][: len(TAGS)] == TAGS
    before = [np.array(weight) for weight in model.tf_model.trainable_weights]
    model.fit(TAGGED, TAGS, epochs=1, verbose=0)
    after = [np.array(weight) for weight in model.tf_model.trainable_weights]
    assert all((a != b).any() for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("version", range(1, FORMAT_VERSION + 1))
def test_what_was_not_built_is_built_from_its_file(version):
    block = nlp_builder.load(HERE / f"version_{version}" / "unbuilt.nlpb")
    row = ROWS["siamese"]
    assert block.weights_amount is None
    block.build(row.corpus)
    expected = row.make().build(row.corpus)
    for found, ids in zip(*(b.preprocess_texts(row.texts) for b in (block, expected)), strict=True):
        np.testing.assert_array_equal(found, ids)
    if keras.backend.backend() == "tensorflow":  # others draw other first weights of one seed
        assert block.serialize() == expected.serialize()


def test_the_tagger_of_the_files_is_the_one_that_is_written_now():
    path = HERE / f"version_{FORMAT_VERSION}" / "trained_tagger.nlpb"
    assert str(nlp_builder.load(path)) == str(tagger().build(CORPUS))


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("0/trained", np.zeros(3, "float32")),
        ("0/trained", np.zeros((0, 10**9), "float32")),
        ("0/trained", np.zeros((2, 3, 1), "float32")),
        ("0/word2vec_src", np.zeros((0, 10**9), "float32")),
        ("0/word2vec_src", np.zeros((2, 3), "float32")),
    ],
)
def test_false_arrays_of_an_old_file_are_refused_before_they_grow(name, array):
    path = HERE / "version_1" / "new_words_beside_given_ones.nlpb"
    archive = saving.open_archive(path)
    altered = dataclasses.replace(archive, arrays={**archive.arrays, name: array})
    with pytest.raises(nlp_builder.ArchiveError):
        loading.block_of(
            altered,
            tokenizers=None,
            custom_objects=None,
            compile=True,
            limits=nlp_builder.Limits(),
            mapped=False,
        )
