"""Ctrl-C and SIGTERM, held back while a file is written."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self, final

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@final
class Interruption:
    """Turns the two signals into `KeyboardInterrupt`, within a `with`.

    Example:
        >>> with Interruption() as interruption:
        ...     try:
        ...         with interruption.held():
        ...             signal.raise_signal(signal.SIGTERM)
        ...             print("whole")
        ...     except KeyboardInterrupt:
        ...         print(interruption.exit_code)
        whole
        143
    """

    def __init__(self) -> None:
        self._came: int | None = None
        self._is_held = False
        self._before: dict[signal.Signals, Any] = {}

    @property
    def exit_code(self) -> int:
        """What a shell expects: 128 and the number of the signal."""
        return 128 + (self._came or signal.SIGINT)

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._come) for number in _SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let what is within end first."""
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
        self.require_none()

    def require_none(self) -> None:
        """Raise if a signal came, also if a library swallowed it.

        Raises:
            KeyboardInterrupt: if one came.
        """
        if self._came is not None:
            raise KeyboardInterrupt

    def _come(self, number: int, _: Any) -> None:
        self._came = number
        if not self._is_held:
            raise KeyboardInterrupt
