"""Write a file of each kind with what it has to give: python -m tests.formats.write FOLDER.

Run once for each version of the format, by the first release that writes it; what it wrote is kept
for good, and loads in all later releases.
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np

from nlp_builder import (
    CRF,
    CRFLoss,
    Feature,
    KerasWrapper,
    RNNDigest,
    TrainableWordEmbeddingSequence,
)
from nlp_builder.labeling import BiGRU_CRF_Model
from tests import blocks
from tests.blocks import ROWS, Row
from tests.handling import arrays, size

KINDS = [
    *("words", "new words beside given ones", "fasttext words", "places"),
    *("letters of words of lines", "digest of words and characters", "diamond"),
    *("model of two outputs", "siamese"),
]
NUM_TAGS = 3


def tagger() -> KerasWrapper:
    """A tagger by hand: given vectors and digested characters, an LSTM, and a CRF."""
    words = [blocks.words(), RNNDigest(blocks.characters(), 3, "lstm")]
    inputs = keras.Input((6, 7), name="in")
    mask = keras.ops.any(keras.ops.not_equal(inputs, 0.0), axis=-1)
    steps = blocks.gru(4, return_sequences=True)(inputs, mask=mask)
    chain = CRF(NUM_TAGS, name="crf")(blocks.dense(NUM_TAGS)(steps), mask=mask)
    return KerasWrapper(words, keras.Model(inputs, chain, name="tagger"))


def trained_tagger() -> KerasWrapper:
    block = tagger().build(blocks.CORPUS)
    block.compile(keras.optimizers.Adam(0.1), CRFLoss())
    tags = np.arange(len(blocks.CORPUS) * 6).reshape(-1, 6) % NUM_TAGS
    block.fit([text[:6] for text in blocks.CORPUS], tags, verbose=0)
    return block


TAGGED = [["Ada", "wrote", "to", "Rome"], ["Rome", "fell"], ["Ada", "fell"], ["to", "Ada"]]
TAGS = [["B-PER", "O", "O", "B-LOC"], ["B-LOC", "O"], ["B-PER", "O"], ["O", "B-PER"]]


def ready_made() -> BiGRU_CRF_Model:
    """A small tagger that has learnt its texts, and reads five words at once."""
    words = TrainableWordEmbeddingSequence(None, 3, None, None)
    model = BiGRU_CRF_Model(words, 5, {"layer_bgru": {"units": 4}, "layer_dropout": {"rate": 0.1}})
    model.build_model(TAGGED, TAGS)
    model.compile_model(optimizer=keras.optimizers.Adam(0.05))
    model.fit(TAGGED, TAGS, epochs=40, verbose=0)
    return model


def write_ready_made(folder: Path) -> None:
    model = ready_made()
    model.save(folder / "ready_made.nlpb")
    texts = [*TAGGED, ["Ada", "wrote", "to", "Rome", "to", "Ada", "in", "Rome"], []]
    found = {"texts": texts, "tags": model.predict(texts)}
    (folder / "ready_made.json").write_text(json.dumps(found))
    print("ready made", found["tags"])


def unbuilt(kind: str) -> Feature:
    return ROWS[kind].make()


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rows = {kind: (ROWS[kind], ROWS[kind].make().build(ROWS[kind].corpus)) for kind in KINDS}
    rows["trained tagger"] = (Row(tagger, (6 + NUM_TAGS + 2, NUM_TAGS + 1)), trained_tagger())
    for kind, (row, block) in rows.items():
        name = kind.replace(" ", "_")
        block.save(folder / f"{name}.nlpb")
        ids = block.preprocess_texts(row.texts)
        found = {f"ids/{n}": array for n, array in enumerate(arrays(ids))}
        found |= {f"outputs/{n}": array for n, array in enumerate(arrays(block(ids)))}
        np.savez(folder / f"{name}.npz", **found)
        print(name, size(row.texts), "texts")
    unbuilt("siamese").save(folder / "unbuilt.nlpb")
    write_ready_made(folder)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
