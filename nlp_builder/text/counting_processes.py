"""Sending chunks of texts to processes, a few at a time, and taking their results in order."""

from __future__ import annotations

import multiprocessing
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any, TypeVar

from nlp_builder.text.checks import preview
from nlp_builder.text.tokenizers import (
    get_tokenizer,
    register_tokenizer,
    shown_name,
    takes_tokens,
    tokenizer_name,
)

_T = TypeVar("_T")
_R = TypeVar("_R")
_WAITING_PER_WORKER = 2
# The keyword arguments of symbol functions that may be names of tokenizers.
_TOKENIZER_ARGUMENTS = ("tokenizer", "chunker")


def counted_by_processes(
    count: Callable[[_T, Any], _R],
    chunks: Iterable[_T],
    functions: Sequence[Sequence[Callable[..., Any]]],
    *,
    workers: int,
) -> Iterator[_R]:
    """Calls a function on each chunk, in processes of their own.

    Args:
        count: called with a chunk and the functions; a function of a module.
        chunks: the stream; at most `2 * workers` of them are on their way at a time.
        functions: functions of modules, or `functools.partial` of such; tokenizers that they name
            are sent as functions.
        workers: the number of processes.

    Returns:
        An iterator over the results, in the order of the chunks. The processes end with it.

    Raises:
        TypeError: a function cannot be sent to a process.
        RuntimeError: a process came to an end by itself.

    Example:
        >>> from nlp_builder.text.counting import _count
        >>> list(counted_by_processes(_count, [], [[len]], workers=2))
        []
    """
    sent = [[_with_functions(function) for function in group] for group in functions]
    tokenizers = {
        name: (part, takes_tokens(part))
        for group in sent
        for function in group
        for part in _parts_of(function)
        if (name := _require_sendable(part))
    }
    return _run(partial(_registered, count, tokenizers), chunks, sent, workers)


def _run(
    count: Callable[[_T, Any], _R], chunks: Iterable[_T], functions: Any, workers: int
) -> Iterator[_R]:
    waiting: deque[Future[_R]] = deque()
    # Never "fork": the threads of a framework in this process would not survive it.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context)
    try:
        for chunk in chunks:
            waiting.append(pool.submit(count, chunk, functions))
            if len(waiting) == _WAITING_PER_WORKER * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise RuntimeError(
            "expected worker processes that live until they are told to end, got one that ended: "
            'in a script, put the work under if __name__ == "__main__"; where the memory is full, '
            "use fewer; workers=1 shows other errors"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _registered(
    count: Callable[[_T, Any], _R],
    tokenizers: Mapping[str, tuple[Callable[..., Any], bool]],
    chunk: _T,
    functions: Any,
) -> _R:
    """Counts in a new process, which knows only the names that its imports have registered."""
    for name, (function, accepts_tokens) in tokenizers.items():
        register_tokenizer(name, accepts_tokens=accepts_tokens)(function)
    return count(chunk, functions)


def _with_functions(function: Any) -> Any:
    """Puts functions in place of the names of tokenizers."""
    if not isinstance(function, partial):
        return function
    keywords = {
        name: get_tokenizer(value) if name in _TOKENIZER_ARGUMENTS else _with_functions(value)
        for name, value in function.keywords.items()
    }
    return partial(function.func, *function.args, **keywords)


def _parts_of(function: Any) -> Iterator[Any]:
    """Returns the functions that a function holds, itself where it holds none."""
    if not isinstance(function, partial):
        yield function
        return
    for value in (function.func, *function.args, *function.keywords.values()):
        if callable(value):
            yield from _parts_of(value)


def _require_sendable(function: Any) -> str | None:
    """Refuses a function that a process cannot import; returns its registered name."""
    try:
        sent = bytes(ForkingPickler.dumps(function))
        problem = "which belongs to a notebook or a prompt" if _is_lost(sent) else None
    # What is raised depends on why it cannot be sent.
    except Exception as error:
        problem = f"for which Python says: {preview(str(error), 200)}"
    if problem:
        raise TypeError(
            f"expected a tokenizer that can be sent to a process, got {shown_name(function)}, "
            f"{problem}; define it in a module and import it from there, or use workers=1"
        )
    return tokenizer_name(function)


def _is_lost(sent: bytes) -> bool:
    """Tells whether something refers to a main module that a new process cannot run again."""
    main = sys.modules["__main__"]
    if getattr(main, "__spec__", None) or Path(getattr(main, "__file__", None) or "").is_file():
        return False
    return b"__main__" in sent
