"""How much of a file is read: a stranger's file may ask for more than a machine has."""

from __future__ import annotations

from dataclasses import dataclass, fields

from nlp_builder.saving.errors import ArchiveError

_MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """How much of a file is read, at most; more of anything is an error that names the limit.

    Args:
        file_bytes: bytes of the file.
        config_bytes: bytes of `config.json`, of `manifest.json`, and of the header of the weights.
        vocabulary_bytes: bytes of `vocabularies.json`.
        tokens: strings in all vocabularies together, their names counted too.
        values: lists, objects and plain values in `config.json`, in `manifest.json`, and in the
            header of the weights.
        arrays: arrays of weights and vectors; also vocabularies.
        blocks: blocks, and models of Keras.
        objects: what Keras has to make: layers, initialisers, losses and the like, and calls of
            layers.
        nesting: how deep lists and objects stand in each other in JSON.

    Raises:
        TypeError: if one is not an int.
        ValueError: if one is not positive.

    Example:
        >>> Limits(tokens=10_000_000).tokens
        10000000
        >>> Limits(tokens=0)
        Traceback (most recent call last):
            ...
        ValueError: expected tokens as a positive number, got 0
    """

    file_bytes: int = 16 * 1024 * _MIB
    config_bytes: int = 4 * _MIB
    vocabulary_bytes: int = 256 * _MIB
    tokens: int = 4_000_000
    values: int = 250_000
    arrays: int = 10_000
    blocks: int = 1_000
    objects: int = 3_000
    nesting: int = 100

    def __post_init__(self) -> None:
        for limit in fields(self):
            value = getattr(self, limit.name)
            if isinstance(value, bool) or not isinstance(value, int):
                raise TypeError(f"expected {limit.name} as a whole number, got {value!r}")
            if value < 1:
                raise ValueError(f"expected {limit.name} as a positive number, got {value}")

    def require(self, name: str, what: str, found: int) -> None:
        """Check a number against a limit.

        Args:
            name: which limit, a field of this class.
            what: what was counted, and where.
            found: how many.

        Raises:
            ArchiveError: if there are more.

        Example:
            >>> Limits(blocks=2).require("blocks", "config.json lists blocks", 2)
        """
        limit = getattr(self, name)
        if found > limit:
            raise ArchiveError(
                f"{what}: {found:,}, but the limit is {limit:,}. If you trust the file, pass "
                f"limits=Limits({name}={found}) to read it all the same"
            )


def checked_limits(limits: Limits | None) -> Limits:
    """Return limits, those that hold for all files if none are given.

    Args:
        limits: what was given.

    Returns:
        The limits.

    Raises:
        TypeError: if they are something else.
    """
    if not isinstance(limits, Limits | None):
        raise TypeError(f"expected limits as nlp_builder.Limits(...), got {limits!r}")
    return limits or Limits()
