"""Blocks from archives."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import keras

from nlp_builder.contents.schema import TASK
from nlp_builder.contents.upgrade import upgraded
from nlp_builder.features.archive_reader import block_from
from nlp_builder.features.checks import boolean
from nlp_builder.saving import Archive, Limits
from nlp_builder.saving.limits import checked_limits
from nlp_builder.text import Tokenizer

if TYPE_CHECKING:
    from nlp_builder.features.feature import Feature


def options_of(
    *,
    tokenizers: Any = None,
    custom_objects: Any = None,
    compile: Any = True,
    limits: Any = None,
    mmap: Any = False,
) -> dict[str, Any]:
    """Return the options of loading as `block_of` takes them.

    Args:
        tokenizers: as for `nlp_builder.load`.
        custom_objects: as for `nlp_builder.load`.
        compile: as for `nlp_builder.load`.
        limits: as for `nlp_builder.load`.
        mmap: as for `nlp_builder.load`.

    Returns:
        Arguments by name.

    Raises:
        TypeError: if one of them is of the wrong type; it says which.
    """
    limits = checked_limits(limits)
    if not isinstance(tokenizers, Mapping | None):
        raise TypeError(f"expected tokenizers as a dict of functions, got {tokenizers!r}")
    if not isinstance(custom_objects, Mapping | None):
        raise TypeError(f"expected custom_objects as a dict, got {custom_objects!r}")
    for name, value in (tokenizers or {}).items():
        if not callable(value) and not isinstance(value, str):
            raise TypeError(f"expected a function as the tokenizer {name!r}, got {value!r}")
    for name, value in (custom_objects or {}).items():
        if not callable(value):
            raise TypeError(f"expected a class or a function as {name!r}, got {value!r}")
    return {
        "tokenizers": tokenizers,
        "custom_objects": custom_objects,
        "compile": boolean("compile", compile),
        "limits": limits,
        "mapped": boolean("mmap", mmap),
    }


def block_of(
    archive: Archive,
    *,
    tokenizers: Mapping[str, Tokenizer] | None,
    custom_objects: Mapping[str, Any] | None,
    compile: bool,
    limits: Limits,
    mapped: bool,
) -> Feature:
    """Make the block that a file holds, without the model that may be around it.

    Args:
        archive: what was read.
        tokenizers: as for `nlp_builder.load`.
        custom_objects: as for `nlp_builder.load`.
        compile: as for `nlp_builder.load`.
        limits: as for `nlp_builder.load`.
        mapped: leave large arrays in the file.

    Returns:
        The block.

    Raises:
        ArchiveError: as `nlp_builder.load`.
    """
    config = {name: value for name, value in archive.config.items() if name != TASK}
    archive = replace(archive, config=config)
    # A scope of ours would hide one that the user opened.
    scope = keras.saving.custom_object_scope(dict(custom_objects)) if custom_objects else None
    with scope or contextlib.nullcontext(), warnings.catch_warnings():
        # Keras warns of what is in the file, which nobody can change here. To show that, Python
        # would open Keras' source.
        warnings.simplefilter("ignore")
        return block_from(
            upgraded(archive), tokenizers or {}, compile=compile, mapped=mapped, limits=limits
        )
