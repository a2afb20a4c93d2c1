"""Tools to make a hostile file of a good one: its values are changed, and all hashes are right."""

import copy
import functools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nlp_builder import saving
from nlp_builder.saving import Archive
from tests.blocks import ROWS
from tests.features.hostile import good_file
from tests.saving import forging

WRITTEN = Path(__file__).parent.parent / "formats" / f"version_{saving.FORMAT_VERSION}"
KEPT = [
    *("words", "places", "new_words_beside_given_ones", "fasttext_words", "diamond", "siamese"),
    *("digest_of_words_and_characters", "model_of_two_outputs", "trained_tagger", "unbuilt"),
    "ready_made",
]


@dataclass
class Draft:
    """What a file holds, to be changed; also what no block would write."""

    config: dict[str, Any]
    vocabularies: dict[str, Any]
    arrays: dict[str, np.ndarray]

    def entry(self, number: int = -1) -> dict[str, Any]:
        return self.config["blocks"][number]

    def arguments(self, number: int = -1) -> dict[str, Any]:
        return self.entry(number)["arguments"]

    def state(self, number: int = -1) -> dict[str, Any]:
        return self.entry(number)["state"]

    def model(self) -> dict[str, Any]:
        return self.config["models"][0]

    def compiled(self) -> dict[str, Any]:
        return self.state()["compiled"]


Change = Callable[[Draft], object]
# What is hostile: the good file, how it is changed, and what the error says.
Table = dict[str, tuple[str, Change, str]]


def table(name: str, rows: Iterable[tuple[str, Change, str]]) -> Table:
    """Rows for changes of one good file."""
    return {row: (name, change, message) for row, change, message in rows}


@functools.cache
def good(name: str) -> bytes:
    """A file that loads."""
    if name in KEPT:
        return (WRITTEN / f"{name}.nlpb").read_bytes()
    if name == "model":
        return good_file()
    kind, _, unbuilt = name.partition(", ")
    row = ROWS[kind]
    block = row.make()
    return (block if unbuilt else block.build(row.corpus)).serialize()


GOOD = [*KEPT, "model", "characters", "fasttext words, unbuilt", "words, unbuilt"]


def changed(name: str, change: Change) -> bytes:
    """A good file with other values."""
    archive = saving.unpack(good(name))
    draft = Draft(
        copy.deepcopy(dict(archive.config)), dict(archive.vocabularies), dict(archive.arrays)
    )
    change(draft)
    return file_of(draft)


def file_of(draft: Draft) -> bytes:
    """The bytes of a file that is sound but for its values."""
    members = forging.members_of(saving.pack(Archive({}, {}, draft.arrays)))
    values = {forging.CONFIG: draft.config, forging.VOCABULARIES: draft.vocabularies}
    return forging.sealed({**members, **{n: json.dumps(v).encode() for n, v in values.items()}})


def entry(number: int = -1, **values: Any) -> Change:
    """Other values of a block: `class`, `arguments` or `state`."""
    return lambda draft: draft.entry(number).update(values)


def argument(name: str, value: Any, number: int = 0) -> Change:
    return lambda draft: draft.arguments(number).update({name: value})


def state(number: int = 0, /, **values: Any) -> Change:
    return lambda draft: draft.state(number).update(values)


def array(name: str, value: Any) -> Change:
    return lambda draft: draft.arrays.update({name: np.asarray(value)})


def other_array(name: str, change: Callable[[np.ndarray], Any]) -> Change:
    return lambda draft: draft.arrays.update({name: np.asarray(change(draft.arrays[name]))})


def vocabulary(name: str, tokens: Any) -> Change:
    return lambda draft: draft.vocabularies.update({name: tokens})


def without(kind: str, *path: Any) -> Change:
    """Take something away: of `config`, `vocabularies` or `arrays`."""

    def change(draft: Draft) -> None:
        place = getattr(draft, kind)
        for key in path[:-1]:
            place = place[key]
        del place[path[-1]]

    return change


def both(*changes: Change) -> Change:
    return lambda draft: [change(draft) for change in changes]


def blocks(
    entries: Sequence[Any], models: Sequence[Any] = (), arrays: Mapping[str, Any] | None = None
) -> Change:
    """Other blocks in the place of all."""

    def change(draft: Draft) -> None:
        draft.config = {"blocks": list(entries), "models": list(models)}
        draft.vocabularies = {}
        draft.arrays = {name: np.asarray(value) for name, value in (arrays or {}).items()}

    return change


def nested(value: Any, depth: int) -> Any:
    for _ in range(depth):
        value = [value]
    return value
