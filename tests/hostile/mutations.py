"""Files with one value changed at random, and all hashes right."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

from nlp_builder import saving
from tests.hostile.changing import Draft, file_of

VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1, 2, 7, 10**5, 10**9, 10**18, -(10**18), 10**400),
    *(0.5, -0.5, 1e-300, 1e308, -1e308, "", "x", "0", "float16", "os.system", "../../x", "\0"),
    *([], [[]], [0], [-1, None], {}, {"$block": 0}, {"class_name": "Lambda", "config": {}}),
]
Place = tuple[Any, ...]


def places(value: Any, path: Place = ()) -> Iterator[Place]:
    """All that can be changed within plain values."""
    if path:
        yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))


def at(value: Any, path: Place) -> Any:
    for key in path:
        value = value[key]
    return value


def mutated(data: bytes, seed: int) -> tuple[str, bytes]:
    """A file with another config; returns what was changed, and the file."""
    archive = saving.unpack(data)
    draft = Draft(
        copy.deepcopy(dict(archive.config)), dict(archive.vocabularies), dict(archive.arrays)
    )
    done = _mutate(draft.config, random.Random(seed))
    return done, file_of(draft)


def _mutate(config: Any, rng: random.Random) -> str:
    everywhere = list(places(config))
    path = rng.choice(everywhere)
    owner, key = at(config, path[:-1]), path[-1]
    way = rng.choice(["value", "value", "other", "other", "delete", "twice"])
    if way == "delete":
        del owner[key]
    elif way == "twice" and isinstance(owner, list):
        owner.insert(key, copy.deepcopy(owner[key]))
    elif way == "twice":
        owner[f"{key}_"] = copy.deepcopy(owner[key])
    elif way == "other":  # a value of the same file from elsewhere
        owner[key] = copy.deepcopy(at(config, rng.choice(everywhere)))
    else:
        owner[key] = rng.choice(VALUES)
    shown = "" if way in ("delete", "twice") else f": {json.dumps(owner[key])[:60]}"
    return f"{way} at {'/'.join(map(str, path))}{shown}"
