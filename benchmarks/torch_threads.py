"""PyTorch's threads, for the peers that run on it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def take_faster_threads(function: Callable[[], Any]) -> int:
    """Let PyTorch use one thread or as many as it likes, whichever is faster, and return how many.

    Small steps can be many times as slow on two threads as on one, above all where other programs
    run; a peer is to be shown at its best.
    """
    import torch

    found: dict[int, float] = {}
    for threads in dict.fromkeys((torch.get_num_threads(), 1)):
        torch.set_num_threads(threads)
        function()  # warms the caches
        start = time.perf_counter()
        function()
        found[threads] = time.perf_counter() - start
    best = min(found, key=found.__getitem__)
    torch.set_num_threads(best)
    return best
