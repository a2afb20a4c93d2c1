"""Seeds of weights, derived and never global."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np


def seeded_initializer(initializer: Any, seed: int | None) -> Any:
    """Gives `seed` to an initialiser that has none of its own.

    Args:
        initializer: Whatever `keras.initializers.get` takes.
        seed: An int, or None to leave the initialiser as it is.

    Returns:
        The initialiser itself, or a copy with the seed.

    Example:
        >>> seeded_initializer("glorot_uniform", 7).get_config()["seed"]
        7
    """
    initializer = keras.initializers.get(initializer)
    if seed is None or not isinstance(initializer, keras.initializers.Initializer):
        return initializer
    config = initializer.get_config()
    if "seed" not in config or config["seed"] is not None:
        return initializer
    return type(initializer).from_config({**config, "seed": seed})


def derived_seeds(seed: int, count: int) -> list[int]:
    """Returns `count` different seeds (below 2**31) that depend on `seed` alone.

    Args:
        seed: The seed of the whole, 0 or more.
        count: How many are needed.

    Returns:
        The seeds; the first ones do not depend on `count`.

    Example:
        >>> derived_seeds(42, 2) == derived_seeds(42, 3)[:2]
        True
    """
    return [int(state >> 1) for state in np.random.SeedSequence(seed).generate_state(count)]
