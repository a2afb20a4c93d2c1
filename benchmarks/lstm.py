"""Times a training step of our LSTM and GRU beside Keras' own, on TensorFlow and a CPU.

Each runs in a process of its own; they take turns, a measurement each, so that a slow moment of the
machine hits both. What is printed is the time of Keras' layer over ours, as the median of the
turns, with the least and the largest: on the clock, and of all processors, which neighbours disturb
less.

    python benchmarks/lstm.py            # about ten minutes
    python benchmarks/lstm.py --quick    # half a minute

A step is a stack of layers, the mean of their squared outputs, its gradients, and Adam, as one
`tf.function` for any number and length of texts, without XLA. Masks are those of right-padded texts
whose lengths are drawn from half the steps to all of them. Tracing is what comes before the first
step: making the model and its graph.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from turns import (
    Worker,
    add_line,
    new_figure,
    options,
    save_figure,
    serve,
    shown,
    spread,
    table,
    take_turns,
)

# kind, layers, units, in both directions, texts, steps, dim
CASES: list[tuple[str, int, int, bool, int, int, int]] = [
    ("LSTM", 5, 20, True, 32, 24, 82),
    ("LSTM", 5, 20, True, 256, 16, 82),
    ("LSTM", 5, 20, True, 256, 113, 82),
    ("LSTM", 1, 128, True, 64, 16, 100),
    ("GRU", 3, 30, False, 1500, 12, 32),
    ("GRU", 1, 128, True, 64, 16, 100),
]
QUICK = [CASES[0], CASES[4]]


CLOCK, PROCESSORS = "keras / ours, clock", "keras / ours, processors"


def answers(library: str) -> Callable[..., Any]:
    """Return what answers requests of a case, and those to measure a step of it or its tracing."""
    known: dict[str, Any] = {}

    def answer(case: Any = None, measure: str = "") -> Any:
        if measure:
            return seconds(known[measure])
        step, batch = traced(library, case), data(case)
        known.update(step=lambda: step(*batch).numpy(), tracing=lambda: traced(library, case))
        return float(known["step"]())

    return answer


def seconds(function: Callable[[], Any], least: float = 0.5) -> list[float]:
    """Return seconds a call, on the clock and of all processors."""
    calls, clock, work = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - clock < least:
        function()
        calls += 1
    return [(time.perf_counter() - clock) / calls, (time.process_time() - work) / calls]


def data(case: list[Any]) -> tuple[Any, Any]:
    import tensorflow as tf

    *_, texts, steps, dim = case
    rng = np.random.default_rng(0)
    lengths = np.maximum(rng.integers(steps // 2, steps + 1, texts), [steps] + [1] * (texts - 1))
    inputs = rng.normal(size=(texts, steps, dim)).astype("float32")
    return tf.constant(inputs), tf.constant(np.arange(steps) < lengths[:, None])


def traced(library: str, case: list[Any]) -> Any:
    import tensorflow as tf

    dim = case[-1]
    trained = model(library, case)

    @tf.function
    def step(inputs, mask):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(trained([inputs, mask], training=True) ** 2)
        gradients = tape.gradient(loss, trained.trainable_variables)
        trained.optimizer.apply_gradients(zip(gradients, trained.trainable_variables, strict=True))
        return loss

    specs = tf.TensorSpec((None, None, dim)), tf.TensorSpec((None, None), "bool")
    return step.get_concrete_function(*specs)


def model(library: str, case: list[Any]) -> Any:
    import keras

    import nlp_builder.layers

    kind, depth, units, both, *_, dim = case
    layer = getattr(nlp_builder.layers if library == "ours" else keras.layers, kind)
    x = inputs = keras.Input((None, dim))
    mask = keras.Input((None,), dtype="bool")
    for _ in range(depth):
        one = layer(units, return_sequences=True)
        x = (keras.layers.Bidirectional(one) if both else one)(x, mask=mask)
    made = keras.Model([inputs, mask], x)
    made.compile("adam")
    return made


def name_of(case: Any) -> str:
    kind, depth, units, both, *_ = case
    return f"{depth} x {'Bi' if both else ''}{kind}({units})"


def compare(workers: dict[str, Worker], case: Any, repeats: int, tracing: bool) -> list[dict]:
    for worker in workers.values():
        worker.ask(case=case)
    rows = []
    for name in ["step", "tracing"][: 1 + tracing]:
        turns = take_turns(workers, name, repeats if name == "step" else min(repeats, 3))
        rows.append(
            {
                "what": name,
                "layers": name_of(case),
                "batch": f"{case[4]} x {case[5]}",
                "ours, ms": spread([1e3 * turn["ours"][0] for turn in turns], 1)[1],
                CLOCK: spread([turn["keras"][0] / turn["ours"][0] for turn in turns]),
                PROCESSORS: spread([turn["keras"][1] / turn["ours"][1] for turn in turns]),
            }
        )
    return rows


def as_table(rows: list[dict]) -> str:
    return table([*rows[0]], [[*row.values()] for row in rows])


def lines_of(rows: list[dict]) -> list[dict]:
    """Return what goes into the README."""
    asked = f"{name_of(CASES[0])}, {CASES[0][4]} x {CASES[0][5]}, step"
    names = [f"{row['layers']}, {row['batch']}, {row['what']}" for row in rows]
    return [
        shown(name, "Keras' layer", row[CLOCK], asked="3" if name == asked else "")
        for name, row in zip(names, rows, strict=True)
    ]


def draw(rows: list[dict], path: Path) -> None:
    figure, axis = new_figure(figsize=(8, 0.5 * len(rows) + 1.5))
    names = [f"{row['layers']}, {row['batch']}, {row['what']}" for row in rows]
    for place, row in enumerate(rows):
        least, median, largest = row[CLOCK]
        error = [[median - least], [largest - median]]
        axis.barh(place, median, xerr=error, color="C0" if row["what"] == "step" else "C1")
    axis.set_yticks(range(len(rows)), names)
    axis.invert_yaxis()
    axis.axvline(1, color="black", linewidth=1)
    axis.set_xlabel("time of Keras' layer over ours")
    save_figure(figure, path)


def main() -> None:
    parser = options("lstm", __doc__, ["ours", "keras"])
    parser.add_argument("--quick", action="store_true", help="two sizes, three turns, no tracing")
    arguments = parser.parse_args()
    if arguments.worker:
        serve(answers(arguments.worker))
        return
    workers = {n: Worker(sys.executable, __file__, "--worker", n) for n in ("ours", "keras")}
    repeats = min(arguments.repeats, 3) if arguments.quick else arguments.repeats
    rows, start = [], time.perf_counter()
    for case in QUICK if arguments.quick else CASES:
        # It does not depend on the batch.
        tracing = not arguments.quick and case not in (CASES[1], CASES[2])
        rows += compare(workers, case, repeats, tracing)
        print(*as_table(rows).splitlines()[-1 - tracing :], sep="\n", flush=True)
    seconds = round(time.perf_counter() - start)
    line = {"benchmark": "lstm", "repeats": repeats, "seconds": seconds, "rows": rows}
    add_line(arguments.json, line | {"table": lines_of(rows)})
    draw(rows, arguments.picture)
    print(as_table(rows))


if __name__ == "__main__":
    main()
