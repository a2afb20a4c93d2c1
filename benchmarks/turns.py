"""What the benchmarks share: libraries that take turns in processes of their own, and what is kept.

It runs in the environments of the peers too, and so imports nothing at the top but Python's own.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

# Megabytes that a process keeps of those that it frees, and what gives a peer what
# `nlp_builder.keep_freed_memory` gives us.
KEPT = 512
KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(KEPT * 2**20),
    "MALLOC_TOP_PAD_": str(KEPT * 2**20),
    "MALLOC_ARENA_MAX": str(max(2, os.cpu_count() or 2)),
}


class Worker:
    """A script in a process of its own, which answers requests with `serve`.

    Args:
        python: the interpreter, of the environment that has the library.
        script: the benchmark's own file.
        arguments: what tells the script which library it is.
        environment: variables that it gets beside those of this process.
    """

    def __init__(
        self,
        python: str,
        script: str,
        *arguments: str,
        environment: dict[str, str] | None = None,
    ) -> None:
        # It is open as long as the process lives.
        self.errors = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115  # see above
        self.process = subprocess.Popen(
            [python, script, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env={**os.environ, **(environment or {})},
        )

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *error: object) -> None:
        self.process.communicate()
        self.errors.close()

    def ask(self, **request: Any) -> Any:
        """Send a request and wait for its answer."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has ended, and `read` says why
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
        return self.read()

    def read(self) -> Any:
        """Wait for the next answer, of a request that has several."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.errors.seek(0)
            raise RuntimeError(f"{self.process.args} ended:\n{self.errors.read()[-2000:]}")
        return json.loads(line)


def serve(answer: Callable[..., Any]) -> None:
    """Answer each line of standard input, a request, with a line of JSON."""
    answers, sys.stdout = sys.stdout, sys.stderr  # libraries may print
    for line in sys.stdin:
        print(json.dumps(answer(**json.loads(line))), file=answers, flush=True)


def measuring(
    prepare: Callable[[Any], dict[str, Callable[[], Any]]], *, least_seconds: float = 0.05
) -> Callable[..., Any]:
    """Return what answers the requests of `take_turns`.

    Args:
        prepare: makes the functions to be measured, by name, of what comes with "case".
        least_seconds: a measurement calls again until so much time has passed.

    Returns:
        A function of either a "case"; or the name of a function to "measure", which gives the
        seconds of a call; or that of one whose array is to "keep" in a "file".
    """
    functions: dict[str, Callable[[], Any]] = {}

    def answer(case: Any = None, measure: str = "", keep: str = "", file: str = "") -> Any:
        if measure:
            return seconds(functions[measure], least_seconds)
        if keep:
            import numpy as np

            return np.save(file, functions[keep]())
        functions.update(prepare(case))
        for function in functions.values():
            function()  # traces, and warms the caches
        return None

    return answer


def seconds(function: Callable[[], Any], least_seconds: float) -> float:
    """Return the seconds a call."""
    calls, start = 0, time.perf_counter()
    while time.perf_counter() - start < least_seconds:
        function()
        calls += 1
    return (time.perf_counter() - start) / calls


def take_turns(workers: dict[str, Worker], what: str, repeats: int) -> list[dict[str, float]]:
    """Return for each turn the seconds of each library, so that a slow moment hits all of them."""
    return [
        {name: worker.ask(measure=what) for name, worker in workers.items()} for _ in range(repeats)
    ]


def spread(values: Sequence[float], digits: int | None = 2) -> list[float]:
    """Return the least, the median and the largest."""
    return [round(f(values), digits) for f in (min, statistics.median, max)]


def ratios(turns: list[dict[str, float]], peer: str) -> list[float]:
    """Return the spread of the time of a peer over ours of the same turn."""
    return spread([turn[peer] / turn["ours"] for turn in turns])


def table(head: list[str], rows: list[list[Any]]) -> str:
    """Return a Markdown table; a spread shows its median first."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        cells = ["{1} ({0} to {2})".format(*c) if isinstance(c, list) else str(c) for c in row]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def options(
    name: str,
    description: str | None,
    workers: Sequence[str] = (),
    *,
    repeats: bool = True,
    picture: bool = True,
) -> argparse.ArgumentParser:
    """Return a parser with the options that all benchmarks have."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    folder = Path("build/bench")
    if repeats:
        parser.add_argument("--repeats", type=int, default=7, help="turns of each (%(default)s)")
    parser.add_argument("--json", type=Path, default=folder / f"{name}.jsonl", help="gets a line")
    if picture:
        parser.add_argument("--picture", type=Path, default=folder / f"{name}.png")
    if workers:  # what a script calls itself with
        parser.add_argument("--worker", choices=workers, help=argparse.SUPPRESS)
    return parser


def read_options(parser: argparse.ArgumentParser, **quick: Any) -> argparse.Namespace:
    """Return the options of the command line.

    Args:
        parser: has all options but `--quick`.
        quick: what `--quick` makes of the defaults; what is given beside it holds.
    """
    short = " ".join(f"{name}={value}" for name, value in quick.items())
    parser.add_argument("--quick", action="store_true", help=f"a short form: {short}")
    if "--quick" in sys.argv[1:]:
        parser.set_defaults(**quick)
    return parser.parse_args()


def peer_option(parser: argparse.ArgumentParser, name: str, library: str, folder: str) -> None:
    """Add the option of a peer's Python, which `make bench-env` makes in a folder."""
    parser.add_argument(
        f"--{name}",
        metavar="PYTHON",
        default=f"{folder}/bin/python",
        help=f'a Python with {library}, or "" to leave it out (%(default)s)',
    )


def those_there(pythons: dict[str, str]) -> dict[str, str]:
    """Return the peers whose Python is there, and say which are left out."""
    there = {peer: python for peer, python in pythons.items() if python and shutil.which(python)}
    for peer in pythons.keys() - there.keys():
        why = f": {pythons[peer]} is not there, make bench-env makes it" if pythons[peer] else ""
        print(f"{peer} is left out{why}", flush=True)
    return there


def ask_all(workers: dict[str, Worker], **request: Any) -> dict[str, Any]:
    """Return the answers; a peer that ends is left out from now on, and it is said why."""
    answers = {}
    for name, worker in list(workers.items()):
        try:
            answers[name] = worker.ask(**request)
        except RuntimeError as error:
            if name == "ours":
                raise
            print(f"{name} is left out: {error}", flush=True)
            del workers[name]
    return answers


def shown(
    what: str, peer: str = "", ratio: Sequence[float] = (), *, ours: str = "", asked: str = ""
) -> dict[str, Any]:
    """Return a row for the table of the README, which `readme_table.py` writes.

    Args:
        what: was measured.
        peer: whose time stands over ours.
        ratio: the least, the median and the largest.
        ours: a figure of ours alone, with its unit.
        asked: what the ratio, or the figure, has to reach.
    """
    return {"what": what, "peer": peer, "ratio": list(ratio), "ours": ours, "asked": asked}


def this_command() -> str:
    """Return the command that runs a script as it is run now."""
    return shlex.join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]])


def add_line(path: Path, row: dict[str, Any]) -> None:
    """Add a line of JSON to a file, with the command that made it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({**row, "command": this_command()}) + "\n")


def save_figure(figure: Any, path: Path) -> None:
    """Write a picture; the folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)


def new_figure(*shape: int, **settings: Any) -> Any:
    """Return a figure and its axes that need no screen."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    return pyplot.subplots(*shape, layout="constrained", **settings)
