"""Which names a module of Keras has, by its source: importing Keras takes seconds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

# At the beginning of a line: a class, a function, or "from ... import name", maybe "as" another.
_BOUND = re.compile(
    r"^(?:(?:class|def) (\w+)|from [\w.]+ import \(?\s*(\w+)(?: as (\w+))?)", re.MULTILINE
)


@cache
def names_in(module: str) -> Mapping[str, str]:
    """List the classes and functions of a module of Keras that is installed, running nothing of it.

    Args:
        module: its name, as "keras.layers".

    Returns:
        By each name that of its definition, which is another where a name stands for an older one.
        Empty if there is no such module.

    Example:
        >>> names_in("keras.initializers")["constant"]
        'Constant'
        >>> names_in("keras.nothing")
        {}
    """
    source = _source(module)
    if source is None:
        return {}
    found = _BOUND.findall(source.read_text(encoding="utf-8"))
    return {bound or imported or defined: defined or imported for defined, imported, bound in found}


def _source(module: str) -> Path | None:
    package, *parts = module.split(".")
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder, *parts)
        for file in (path / "__init__.py", path.with_suffix(".py")):
            if file.is_file():
                return file
    return None
