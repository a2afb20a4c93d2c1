"""Compares `nlp_builder.addons` with the real tensorflow-addons on random input.

Two steps, since the two cannot be imported side by side:

    python tests/oracle/addons_oracle.py write values.npz    # where tensorflow-addons 0.23 is
    python tests/oracle/addons_oracle.py compare values.npz  # where nlp_builder is

The second step exits with 1 and names each difference beyond 1e-4.
"""

from __future__ import annotations

import importlib
import sys
import warnings

import numpy as np

# batch, words, tags, float type
CASES = [
    (7, 6, 4, "float32"),
    (1, 1, 3, "float64"),
    (32, 60, 9, "float32"),
    (5, 1, 4, "float32"),
    (3, 9, 50, "float64"),
    (64, 113, 9, "float32"),
    (4, 12, 2, "float64"),
]


def random_case(seed, batch, words, tags, kind):
    rng = np.random.default_rng(seed)
    bitmap = rng.random((batch, words, tags)) < 0.6
    bitmap[..., 0] = True
    return {
        "potentials": rng.standard_normal((batch, words, tags)).astype(kind),
        "transitions": rng.standard_normal((tags, tags)).astype(kind),
        "lengths": rng.integers(1, words + 1, batch),
        "tags": rng.integers(0, tags, (batch, words)),
        "bitmap": bitmap,
    }


def results(functions, potentials, transitions, lengths, tags, bitmap):
    """Every function's result, by name."""
    decoded = functions.crf_decode(potentials, transitions, lengths)
    constrained = functions.crf_constrained_decode(potentials, bitmap, transitions, lengths)
    path, score = functions.viterbi_decode(np.asarray(potentials)[0], np.asarray(transitions))
    chain = (lengths, transitions)
    return {
        "filtered_inputs": functions.crf_filtered_inputs(potentials, bitmap),
        "sequence_score": functions.crf_sequence_score(potentials, tags, *chain),
        "multitag": functions.crf_multitag_sequence_score(potentials, bitmap, *chain),
        "log_norm": functions.crf_log_norm(potentials, *chain),
        "log_likelihood": functions.crf_log_likelihood(potentials, tags, *chain)[0],
        "unary": functions.crf_unary_score(tags, lengths, potentials),
        "binary": functions.crf_binary_score(tags, *chain),
        "forward": functions.crf_forward(potentials[:, 1:], potentials[:, 0], transitions, lengths),
        "decode_tags": decoded[0],
        "decode_score": decoded[1],
        "constrained_tags": constrained[0],
        "constrained_score": constrained[1],
        "viterbi_path": path,
        "viterbi_score": score,
    }


def all_results(functions):
    import tensorflow as tf

    values = {}
    for number, case in enumerate(CASES):
        arrays = random_case(number, *case)
        tensors = {name: tf.constant(array) for name, array in arrays.items()}
        for form, given in (("arrays", arrays), ("tensors", tensors)):
            for name, value in results(functions, **given).items():
                values[f"{name} of {case} as {form}"] = np.asarray(value)
    return values


def differences(theirs, ours):
    """Names of the values that differ in shape or by more than 1e-4, absolute and relative."""
    return [
        name
        for name in theirs
        if theirs[name].shape != ours[name].shape
        or not np.allclose(theirs[name], ours[name], rtol=1e-4, atol=1e-4)
    ]


def main(step, file):
    if step == "write":
        warnings.simplefilter("ignore")
        np.savez(file, **all_results(importlib.import_module("tensorflow_addons.text.crf")))
        return f"wrote {file}"
    theirs = dict(np.load(file))
    wrong = differences(theirs, all_results(importlib.import_module("nlp_builder.addons")))
    for name in wrong:
        print("differs:", name)
    print(f"{len(theirs) - len(wrong)} of {len(theirs)} values agree with tensorflow-addons")
    return int(bool(wrong))


if __name__ == "__main__":
    outcome = main(*sys.argv[1:])
    if isinstance(outcome, str):
        print(outcome)
    else:
        sys.exit(outcome)
