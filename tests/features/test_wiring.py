"""What is wrong with the wrong ways of composing: told when the wrapper is made."""

import keras
import pytest
from keras import layers

from nlp_builder.features import KerasWrapper, PerChunkSequencer
from tests.features.compositions import compared, encoder, letters, sequential, siamese

WRONG = {
    "no blocks": (lambda: KerasWrapper([], compared()), ValueError, "no block at all"),
    "no block": (lambda: KerasWrapper("block", compared()), TypeError, "got 'block'"),
    "a block as model": (
        lambda: KerasWrapper(letters(), letters()),
        TypeError,
        "list them as inputs",
    ),
    "a layer as model": (
        lambda: KerasWrapper(letters(), layers.GRU(2)),
        TypeError,
        "keras.Sequential",
    ),
    "no defined input": (
        lambda: KerasWrapper(letters(), keras.Sequential([layers.GRU(2)])),
        ValueError,
        "with a defined input.*keras.Input",
    ),
    "a block too few": (
        lambda: KerasWrapper(encoder(), compared()),
        ValueError,
        r"got 1 outputs of blocks for the 2 inputs \[\(5,\), \(5,\)\].*a block for each",
    ),
    "a block too many": (
        lambda: KerasWrapper([encoder(), encoder(), encoder()], compared()),
        ValueError,
        "got 3 outputs of blocks for the 2 inputs",
    ),
    "another length": (
        lambda: KerasWrapper(letters(), sequential((10, 4), layers.GRU(2))),
        ValueError,
        r"expects \(10, 4\), and <CharEmbeddingSequence.*gives \(6, 4\): give the model",
    ),
    "any length for a fixed one": (
        lambda: KerasWrapper(letters(None), sequential((10, 4), layers.GRU(2))),
        ValueError,
        "give the block a maximum length",
    ),
    "another dimension": (
        lambda: KerasWrapper(letters(), sequential((None, 5), layers.GRU(2))),
        ValueError,
        r"expects \(None, 5\), and <CharEmbeddingSequence",
    ),
    "too few axes": (
        lambda: KerasWrapper(encoder(), sequential((None, 5), layers.GRU(2))),
        ValueError,
        "every input must have as many axes",
    ),
    "axes more of one input only": (
        lambda: KerasWrapper([letters(), encoder()], compared(4)),
        ValueError,
        "every input must have as many axes",
    ),
    "lengths that cannot be concatenated": (
        lambda: KerasWrapper([letters(6), letters(7)], sequential((None, 8), layers.GRU(2))),
        ValueError,
        r"all axes but the last to be equal.*\(6, 4\).*\(7, 4\).*same lengths",
    ),
    "names and none": (
        lambda: KerasWrapper([("left", [encoder()]), encoder()], compared()),
        ValueError,
        "name all or none",
    ),
    "a name twice": (
        lambda: KerasWrapper([("a", [encoder()]), ("a", [encoder()])], compared()),
        ValueError,
        "the text 'a' twice",
    ),
    "a name without blocks": (
        lambda: KerasWrapper({"a": [], "b": encoder()}, compared()),
        ValueError,
        "no block for the text 'a'",
    ),
    "a name for named texts": (
        lambda: KerasWrapper({"a": siamese()}, sequential((1,), layers.Dense(1))),
        ValueError,
        r"reads the texts \['left', 'right'\] by itself: list it without a name",
    ),
    "named texts beside one without": (
        lambda: KerasWrapper([siamese(), encoder()], sequential((6,), layers.Dense(1))),
        ValueError,
        r"reads the texts \['left', 'right'\], beside .* wrap the second",
    ),
    "a digest in a chunker": (
        lambda: PerChunkSequencer(encoder(), "whitespace", 3),
        TypeError,
        "put a digest or a wrapper around",
    ),
}


@pytest.mark.parametrize(("make", "kind", "match"), WRONG.values(), ids=WRONG.keys())
def test_wrong_wiring_is_refused_when_it_is_made(make, kind, match):
    with pytest.raises(kind, match=match):
        make()
