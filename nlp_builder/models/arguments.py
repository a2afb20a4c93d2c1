"""Errors of constructors, in the name of the class that was called."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from nlp_builder.text.checks import near_name, preview

P = ParamSpec("P")
T = TypeVar("T")


def in_own_name(init: Callable[Concatenate[T, P], None]) -> Callable[Concatenate[T, P], None]:
    """Let a constructor that classes inherit refuse arguments in the name of the class called.

    Args:
        init: a constructor.

    Returns:
        The constructor; its errors name the class of the object, and list what it takes.

    Example:
        >>> class Tagger:
        ...     @in_own_name
        ...     def __init__(self, *, units=3): self.units = units
        >>> class BiTagger(Tagger): pass
        >>> BiTagger(unit=4)
        Traceback (most recent call last):
            ...
        TypeError: BiTagger expected units, got the unknown argument 'unit': did you mean 'units'?
    """
    signature = inspect.signature(init)

    @wraps(init)
    def checked(self: T, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            signature.bind(self, *args, **kwargs)
        except TypeError as error:
            raise TypeError(_message(type(self), signature, kwargs, error)) from None
        init(self, *args, **kwargs)

    return checked


def _message(
    cls: type, signature: inspect.Signature, given: Mapping[str, Any], error: TypeError
) -> str:
    known = [*signature.parameters][1:]
    expected = f"{cls.__name__} expected {', '.join(known)}"
    unknown = next((name for name in given if name not in known), None)
    if unknown is None:
        return f"{expected}, got {error}"
    hint = near_name(unknown, known)
    return f"{expected}, got the unknown argument {preview(unknown)}{hint}"
