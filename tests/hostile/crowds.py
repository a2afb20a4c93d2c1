"""Small files that ask for much work: many blocks, deep ones, and blocks that read each other."""

import copy
import functools
import json
from collections.abc import Callable
from typing import Any

import numpy as np

from nlp_builder import saving
from nlp_builder.features import CharEmbeddingSequence, PerChunkSequencer, RNNDigest
from tests.hostile.changing import Change, Draft, Table, blocks, nested
from tests.hostile.messages import TOO_MUCH

MANY = 900


@functools.cache
def entries(built: bool) -> dict[str, Any]:
    """A letters block, a digest and a sequencer, as a file has them."""
    letters = CharEmbeddingSequence(2, sequence_maxlen=3)
    found = {}
    for block in (RNNDigest(letters, 2, "gru"), PerChunkSequencer(letters, None, 2)):
        archive = saving.unpack((block.build(["ab"]) if built else block).serialize())
        for number, entry in enumerate(archive.config["blocks"]):
            arrays = {n: a for n, a in archive.arrays.items() if n.startswith(f"{number}/")}
            found[entry["class"]] = entry, arrays, archive.vocabularies
    return found


def made_of(*kinds: str, built: bool = False, **arguments: Callable[[int], Any]) -> Change:
    """Blocks of these kinds, in their order, with other arguments that depend on the number."""

    def change(draft: Draft) -> None:
        draft.config = {"blocks": [], "models": []}
        draft.vocabularies, draft.arrays = {}, {}
        for number, kind in enumerate(kinds):
            entry, arrays, vocabularies = copy.deepcopy(entries(built)[kind])
            names = set(arguments) & set(entry["arguments"])
            entry["arguments"] |= {name: arguments[name](number) for name in names}
            draft.config["blocks"].append(entry)
            draft.arrays |= {f"{number}/{n.split('/', 1)[1]}": a for n, a in arrays.items()}
            if built and kind == LETTERS:
                draft.vocabularies |= {f"{number}/vocabulary": vocabularies["0/vocabulary"]}

    return change


LETTERS, DIGEST, CHUNKS = "CharEmbeddingSequence", "RNNDigest", "PerChunkSequencer"


def block(number: int) -> dict[str, int]:
    return {"$block": number}


def before(number: int) -> Any:
    return block(number - 1)


def before_twice(number: int) -> Any:
    return [block(number - 1), block(number - 1)]


def yes(_: int) -> bool:
    return True


def texts(number: int) -> Change:
    pairs = [[f"text {n}", [block(0)]] for n in range(number)]
    return made_of(LETTERS, DIGEST, inputs=lambda _: {"$texts": pairs})


def filler(number: int, item: str = "[]") -> Any:
    """Many values in few bytes."""
    return json.loads(f"[{','.join([item] * number)}]")


def many_arrays(number: int, name: str) -> Change:
    return lambda draft: draft.arrays.update(
        {name.format(n): np.zeros(1, "float32") for n in range(number)}
    )


def many_vocabularies(number: int, name: str) -> Change:
    return lambda draft: draft.vocabularies.update({name.format(n): [] for n in range(number)})


CROWDS: Table = {
    name: ("words", change, message)
    for name, change, message in [
        ("100,000 blocks", blocks([{}] * 100_000), "blocks: 100,000, but the limit is 1,000"),
        ("100,000 models", blocks([{}], [{}] * 100_000), "models: 100,000, but the limit is 1,000"),
        ("900 blocks of nobody", made_of(*[LETTERS] * MANY), "what no block asks for: .'block 0'"),
        ("900 models of nobody", blocks([{}], [{}] * MANY), "block 0 of the file"),
        (
            "a chain of digests",
            made_of(LETTERS, *[DIGEST] * 300, inputs=before, return_sequences=yes),
            TOO_MUCH,
        ),
        (
            "a chain of digests that are built",
            made_of(LETTERS, *[DIGEST] * 300, built=True, inputs=before, return_sequences=yes),
            TOO_MUCH,
        ),
        (
            "digests of two that are one",
            made_of(LETTERS, *[DIGEST] * MANY, inputs=before_twice, return_sequences=yes),
            TOO_MUCH,
        ),
        (
            "built digests of two that are one",
            made_of(LETTERS, *[DIGEST] * 60, built=True, inputs=before_twice, return_sequences=yes),
            "expected .* found",
        ),
        (
            "900 digests of 100 layers",
            made_of(
                *[LETTERS, *[DIGEST] * MANY],
                inputs=lambda _: block(0),
                stacked_layers=lambda _: 100,
                bidirectional=yes,
            ),
            TOO_MUCH,
        ),
        (
            "3 digests of 100 layers",
            made_of(
                *[LETTERS, DIGEST, DIGEST, DIGEST, DIGEST],
                inputs=lambda number: block(0) if number < 4 else [block(n) for n in (1, 2, 3)],
                stacked_layers=lambda _: 100,
                bidirectional=yes,
            ),
            TOO_MUCH,
        ),
        (
            "a block read 100,000 times",
            made_of(LETTERS, DIGEST, inputs=lambda _: [block(0)] * 100_000),
            TOO_MUCH,
        ),
        (
            "a built block read 1,000 times",
            made_of(LETTERS, DIGEST, built=True, inputs=lambda _: [block(0)] * 1_000),
            "RecursionError",
        ),
        ("10,000 texts", texts(10_000), TOO_MUCH),
        (
            "chunks of chunks",
            made_of(LETTERS, *[CHUNKS] * MANY, sequencer=before),
            TOO_MUCH,
        ),
        (
            "built chunks of chunks",
            made_of(LETTERS, *[CHUNKS] * MANY, built=True, sequencer=before),
            TOO_MUCH,
        ),
        ("9,000 arrays of nobody", many_arrays(9_000, "9/{}"), "what no block asks for"),
        ("9,000 arrays of a block", many_arrays(9_000, "0/weights/x{}"), "not asked for"),
        ("9,000 arrays of training", many_arrays(9_000, "0/training/{}"), "is not compiled"),
        ("20,000 arrays", many_arrays(20_000, "0/{}"), "arrays in weights.safetensors: 20,001"),
        ("400,000 vocabularies", many_vocabularies(400_000, "0/{}"), "vocabularies in voc"),
        ("400,000 vocabularies of nobody", many_vocabularies(400_000, "{}"), "vocabularies in voc"),
        (
            "a million lists as an argument",
            lambda d: d.arguments().update(tokenizer=filler(10**6)),
            "values in config.json",
        ),
        (
            "a million objects as a state",
            lambda d: d.state().update(compiled={"loss": filler(10**6, "{}")}),
            "values in config.json",
        ),
        (
            "90 levels of a million",
            lambda d: d.arguments().update(tokenizer=nested(filler(10**6), 90)),
            "values in config.json",
        ),
        (
            "100,000 arguments",
            lambda d: d.arguments().update({f"x{n}": 1 for n in range(100_000)}),
            "block 0 of the file cannot be made",
        ),
        (
            "100,000 parts of a state",
            lambda d: d.state().update({f"x{n}": 1 for n in range(100_000)}),
            "unknown state",
        ),
    ]
}
