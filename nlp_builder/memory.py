"""What a process asks of the C library's memory before it trains on a CPU."""

from __future__ import annotations

import ctypes
import os
import sys

from nlp_builder.text.checks import positive_int

# M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD and M_ARENA_MAX in malloc.h of the GNU C library.
_TRIM, _PAD, _MAP, _ARENAS = -1, -2, -3, -8
# The largest that it takes: below it memory is its own, above it each piece is the system's.
_MAPPED_FROM = 32 * 2**20
_MOST = 2**31 // 2**20 - 1

__all__ = ["keep_freed_memory"]


def keep_freed_memory(megabytes: int = 512) -> bool:
    """Makes the C library keep memory that was freed, for the next step of a training to use.

    Each step of a training makes tensors of some megabytes and frees them. The C library of Linux
    gives such memory back to the system at once and asks for it again in the next step, page by
    page, which may take as long as the arithmetic, above all on virtual machines. A process that
    calls this keeps that memory, so that it may hold so much more than it needs. What one thread
    has freed another one can use only if both share an arena: so there will be no more of them than
    processors (and those that are there already), where the library would make eight times as many.

    TensorFlow makes a choice of its own, the other way, when it reads batches from Python for the
    first time: it lowers M_MMAP_THRESHOLD to 128 KB (and logs "M_TRIM_THRESHOLD"). So import Keras
    before: on TensorFlow this reads a batch of nothing, and has the last word. What is asked of
    `tf.config` has to be asked before.

    It is a choice for the whole process: nothing in this package makes it unasked, but for the
    program `nlp-builder`, whose process is its own.

    Args:
        megabytes: How much is kept, at most, for each of the library's arenas.

    Returns:
        Whether it was done: False without the GNU C library, as on macOS, Windows and Alpine.

    Raises:
        TypeError: If `megabytes` is not a whole number.
        ValueError: If it is not positive, or 2048 or more.

    Source: mallopt(3), https://man7.org/linux/man-pages/man3/mallopt.3.html

    Example:
        >>> keep_freed_memory() in (True, False)
        True
    """
    megabytes = positive_int("megabytes", megabytes)
    if megabytes > _MOST:
        raise ValueError(f"megabytes must be at most {_MOST}, got {megabytes}")
    try:
        library = ctypes.CDLL(None)
        _ = library.gnu_get_libc_version
    except (AttributeError, OSError, TypeError):  # another library, or a system without one
        return False
    _let_tensorflow_choose()
    size, arenas = megabytes * 2**20, max(2, os.cpu_count() or 2)
    choices = ((_MAP, _MAPPED_FROM), (_TRIM, size), (_PAD, size), (_ARENAS, arenas))
    return all(library.mallopt(*choice) for choice in choices)


def _let_tensorflow_choose() -> None:
    """Has TensorFlow lower the threshold now, which it does once, if it is there to do so."""
    tf = sys.modules.get("tensorflow")
    if tf is not None:
        nothing = tf.data.Dataset.from_generator(
            lambda: iter(()), output_signature=tf.TensorSpec(())
        )
        list(nothing)
