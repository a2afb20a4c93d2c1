"""The one error that the content of a file raises."""

from __future__ import annotations

from typing import NoReturn


class ArchiveError(ValueError):
    """A file is not one of ours, is damaged, or lacks something that its content needs."""


def refuse(reason: str) -> NoReturn:
    """Refuse a file.

    Args:
        reason: what is wrong, and where.

    Raises:
        ArchiveError: always.
    """
    raise ArchiveError(f"{reason}. The file is damaged, or was not written by nlp_builder")
