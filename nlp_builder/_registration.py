"""Makes our layers known to Keras as soon as Keras is there, and not before.

`keras.saving.load_model` finds a layer only if its class was registered, so `import nlp_builder`
has to see to that; but whoever needs no more than `nlp_builder.text` should not wait for
TensorFlow. If Keras is not imported yet, a finder waits for its import, and leaves with it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


def when_keras_is_imported() -> None:
    """Import `nlp_builder.layers` now if Keras is imported, else right after it will be."""
    if "keras" in sys.modules:
        importlib.import_module("nlp_builder.layers")
    else:
        sys.meta_path.insert(0, _KerasFinder())


class _KerasFinder(MetaPathFinder):
    """Finds Keras where everybody finds it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "keras":
            return None
        for finder in [other for other in sys.meta_path if other is not self]:
            spec = finder.find_spec(fullname, path, target)
            if spec is not None and spec.loader is not None:
                spec.loader = _KerasLoader(spec.loader, self)
                return spec
        return None


class _KerasLoader(Loader):
    """Loads Keras, then our layers; the finder is of no more use after that."""

    def __init__(self, loader: Loader, finder: MetaPathFinder) -> None:
        self._loader = loader
        self._finder = finder

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        if module.__spec__ is not None:
            module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        importlib.import_module("nlp_builder.layers")
