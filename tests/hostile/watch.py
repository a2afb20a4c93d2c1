"""Load files, and tell what each of them did: python -m tests.hostile.watch LIST.

LIST is JSON: pairs of a name and a path, paths of good files, and pairs of files that may be good,
of which the blocks are used as well. What is told is a line of JSON for each way to load each file:
the outcome, seconds of the processor, growth of the memory, and events of the interpreter that
loading does not need (see https://docs.python.org/3/library/audit_events.html).
"""

import ctypes
import gc
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras.src.backend.common import global_state

import nlp_builder
from nlp_builder import Feature
from tests.handling import shapes

GIB = 2**30
# A file that takes longer is not loaded in each way, which are much the same.
PATIENCE = 0.05
TEXTS = ["a small town", "the sea"]
# Files that are larger are not read into memory for `deserialize`.
LARGEST_BYTES = 2**26
# Texts are not padded to lengths beyond this.
LONGEST = 10**4
KERAS = os.path.join(os.path.dirname(keras.__file__), "")
# What neither runs anything nor reaches out of the process. All else is told.
HARMLESS_EVENTS = {
    *("builtins.id", "gc.get_objects", "mmap.__new__", "object.__getattr__", "object.__setattr__"),
    *("object.__delattr__", "sys._getframe"),
}


class Watch:
    """Hears the events of the interpreter while a file is loaded.

    Python has no way to take a hook away: it hears nothing when it is not `on`.
    """

    def __init__(self) -> None:
        self.on = False
        self.seen: list[str] = []
        self._path = ""

    def hear(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.on or event in HARMLESS_EVENTS or self._may_be_read(event, args):
            return
        self.on = False  # to show arguments may raise events
        self.seen.append(f"{event} {args!r:.150}")
        self.on = True

    def _may_be_read(self, event: str, args: tuple[Any, ...]) -> bool:
        """Whether the archive is read, or the source of Keras, in which names are looked up."""
        if event != "open" or not isinstance(args[0], str | os.PathLike):
            return False
        writes = args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        path = os.fspath(args[0])
        of_keras = path.startswith(KERAS) and path.endswith(".py") and ".." not in path
        return (path == self._path or of_keras) and not writes

    def heard(self, path: str, run: Callable[[], Any]) -> list[str]:
        """Run something that may open one file, and return what was heard."""
        self.seen, self._path, self.on = [], path, True
        try:
            run()
        finally:
            self.on = False
        return self.seen


def ways(path: Path) -> Iterator[tuple[str, Callable[[], Any]]]:
    """The ways to load a file."""
    yield "inspect", lambda: str(nlp_builder.inspect(path))
    yield "load", lambda: nlp_builder.load(path)
    yield "mmap", lambda: nlp_builder.load(path, mmap=True)
    if path.stat().st_size <= LARGEST_BYTES:
        data = path.read_bytes()
        yield "bytes", lambda: nlp_builder.deserialize(data)


def report(watch: Watch, path: Path, run: Callable[[], Any]) -> dict[str, Any]:
    """Say what it did to load a file in some way."""
    outcome: dict[str, Any] = {"error": None, "message": ""}

    def attempt() -> None:
        try:
            run()
        except BaseException as error:  # also those that leave a program
            outcome["error"] = f"{type(error).__module__}.{type(error).__qualname__}"
            outcome["message"] = str(error)

    memory, start, wall = reset_peak(), time.process_time(), time.perf_counter()
    events = watch.heard(str(path), attempt)
    return {
        **outcome,
        "seconds": time.process_time() - start,
        "wall": time.perf_counter() - wall,
        "memory": peak() - memory,
        "events": events,
        "settings": settings(),
    }


def reset_peak() -> int:
    """Forget the peak of the memory, and return how much there is now, in bytes."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    return status("VmRSS")


def peak() -> int:
    return status("VmHWM")


def status(name: str) -> int:
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines[name].split()[0]) * 1024


def settings() -> list[Any]:
    """What a file could change for all that comes after it."""
    config = keras.config
    return [
        *(config.floatx(), config.epsilon(), config.image_data_format(), config.max_epochs()),
        *(config.dtype_policy().name, config.is_traceback_filtering_enabled()),
        len(keras.saving.get_custom_objects()),
        keras.src.backend.common.stateless_scope.in_stateless_scope(),
        len(global_state.get_global_attribute("uninitialized_variables") or []),
    ]


def restrain() -> None:
    """Let the machine live if a file gets through."""
    most = status("VmSize") + 12 * GIB
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def used(block: Feature) -> str:
    """Say what is wrong with a block, if anything."""
    if any((size or 0) > LONGEST for shape in shapes(block) for size in shape.shape):
        return ""
    try:
        ids = [keras.ops.convert_to_tensor(part) for part in block.preprocess_texts(TEXTS)]
        outputs = keras.tree.flatten(block(ids))
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finite = all(np.isfinite(keras.ops.convert_to_numpy(part)).all() for part in outputs)
    return "" if finite else "outputs are not finite"


def main(files: list[tuple[str, str]], good: list[str], doubtful: list[tuple[str, str]]) -> None:
    for path in good:  # what is imported when it is first used is imported here
        for _, run in ways(Path(path)):
            run()
    gc.collect()
    gc.freeze()
    restrain()
    watch = Watch()
    sys.addaudithook(watch.hear)
    for name, path in [*files, *(("good", path) for path in good)]:
        for way, run in ways(Path(path)):
            seconds = tell(watch, name, path, way, run)["seconds"]
            if way != "inspect" and seconds > PATIENCE:
                break
    for name, path in doubtful:
        loaded: list[Feature] = []
        tell(watch, name, path, "load", partial(load_to, loaded, path))
        for block in loaded:
            print(json.dumps({"name": name, "way": "use", "wrong": used(block)}), flush=True)


def load_to(loaded: list[Feature], path: str) -> None:
    loaded.append(nlp_builder.load(path))


def tell(watch: Watch, name: str, path: str, way: str, run: Callable[[], Any]) -> dict[str, Any]:
    print(json.dumps({"name": name, "way": way}), flush=True)  # who it was if it dies
    told = report(watch, Path(path), run)
    print(json.dumps({"name": name, "way": way, **told}), flush=True)
    return told


if __name__ == "__main__":
    main(*json.loads(Path(sys.argv[1]).read_text()))
