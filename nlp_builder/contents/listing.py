"""What a file holds, without making anything of it."""

from __future__ import annotations

import html
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, final

from nlp_builder import saving
from nlp_builder.contents.keras_allowed import OURS, has_class, has_function
from nlp_builder.contents.keras_entries import entries, is_plain, name_of
from nlp_builder.contents.schema import fields, listed, state_values, task_of
from nlp_builder.contents.upgrade import upgraded
from nlp_builder.saving import Archive, Limits
from nlp_builder.saving.files import file_of
from nlp_builder.saving.limits import checked_limits
from nlp_builder.saving.shapes import ModelIOShape
from nlp_builder.text.checks import preview

_LONGEST_NAME, _LONGEST_LABELS = 60, 200
_SHOWN_SHAPES = 4
_MOST_DIGITS = 10


@final
@dataclass(frozen=True)
class ListedBlock:
    """A block as a file describes it.

    Args:
        name: of its class.
        arguments: as plain values; what is kept elsewhere in the file stands as `{"$block": 0}`
            and the like.
        built: whether it has learnt.
        compiled: whether the file holds what is needed to go on training.
    """

    name: str
    arguments: Mapping[str, Any]
    built: bool
    compiled: bool


@final
@dataclass(frozen=True, repr=False)
class Contents:
    """What a file holds. It is shown as a table.

    Args:
        version: of the format.
        libraries: names and versions of what wrote it, as it says itself.
        sizes: bytes of its members by name.
        blocks: the blocks, parts before those that are made of them.
        models: names of the classes of the Keras models among the arguments.
        vocabularies: numbers of tokens by name: the number of the block and what it calls them.
        arrays: shapes and types by name: likewise, or the number of the model.
        tokenizers: names of the registered tokenizers that it uses.
        functions: names of the functions that have to be handed in as `tokenizers`.
        custom_objects: names of the classes and functions of Keras models, other than ours, that
            have to be registered or handed in, or, if they are Keras' own, are refused.
        ready_made: the family and the class of the ready-made model that the file holds, as
            "labeling.BiLSTM_CRF_Model"; None if it holds a block alone.
        labels: of a ready-made model, in the order of their numbers.
    """

    version: int
    libraries: Mapping[str, str]
    sizes: Mapping[str, int]
    blocks: tuple[ListedBlock, ...]
    models: tuple[str, ...]
    vocabularies: Mapping[str, int]
    arrays: Mapping[str, ModelIOShape]
    tokenizers: tuple[str, ...]
    functions: tuple[str, ...]
    custom_objects: tuple[str, ...]
    ready_made: str | None = None
    labels: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"

    def _lines(self) -> Iterator[str]:
        writers = ", ".join(f"{_shown(name)} {_shown(v)}" for name, v in self.libraries.items())
        yield f"format {self.version}, {sum(self.sizes.values()):,} bytes in its members" + (
            f", written by {writers}" if writers else ""
        )
        if self.ready_made is not None:
            labels = preview(list(self.labels), _LONGEST_LABELS)
            yield f"{_shown(self.ready_made)}, {len(self.labels):,} labels: {labels}"
        for number, block in enumerate(self.blocks):
            arguments = ", ".join(f"{_shown(k)}={preview(v)}" for k, v in block.arguments.items())
            state = "compiled" if block.compiled else "built" if block.built else "not built"
            yield f"block {number}: {_shown(block.name)}({arguments}), {state}"
        yield from (f"model {n}: {_shown(name)}" for n, name in enumerate(self.models))
        yield from (f"vocabulary {_shown(n)}: {s:,} tokens" for n, s in self.vocabularies.items())
        for owner, shapes in _by_owner(self.arrays).items():
            listed = "; ".join(map(str, shapes[:_SHOWN_SHAPES]))
            more = f"; {len(shapes) - _SHOWN_SHAPES} more" if len(shapes) > _SHOWN_SHAPES else ""
            yield f"arrays {_shown(owner)}: {listed}{more}"
        if self.tokenizers:
            yield f"uses the registered tokenizers {', '.join(map(preview, self.tokenizers))}"
        if self.functions:
            yield f"needs the functions {', '.join(map(preview, self.functions))}"
        if self.custom_objects:
            yield f"needs the custom objects {', '.join(map(preview, self.custom_objects))}"


def inspect(source: str | os.PathLike[str] | bytes, *, limits: Limits | None = None) -> Contents:
    """Show what a file holds, without building anything.

    The file is checked as `load` checks it, but for what shows only when blocks are made of it.

    Args:
        source: a file, or the bytes of one; of a ready-made model also its folder.
        limits: how much is read of a file; None for `nlp_builder.Limits()`.

    Returns:
        Blocks, vocabularies, arrays, and what has to be handed in at load. To print it shows a
        table.

    Raises:
        OSError: if the file cannot be read.
        ArchiveError: if it is of another or a newer format, is damaged, or exceeds a limit.
        TypeError: if `source` is neither a path nor bytes.

    Example:
        >>> from nlp_builder import CharPerWordEmbeddingSequence
        >>> block = CharPerWordEmbeddingSequence(str.split, 4).build(["a few words"])
        >>> found = inspect(block.serialize())
        >>> found.blocks[0].name, found.functions, found.vocabularies
        ('CharPerWordEmbeddingSequence', ('split',), {'0/vocabulary': 8})
    """
    limits = checked_limits(limits)
    if isinstance(source, bytes | bytearray | memoryview):
        archive = saving.unpack(source, limits=limits)
    else:
        archive = saving.open_archive(file_of(source), limits=limits)
    return _contents(archive, upgraded(archive).config, limits)


def _contents(archive: Archive, config: Mapping[str, Any], limits: Limits) -> Contents:
    lists = listed(config, limits)
    task = task_of(config)
    names = [m.get("class_name") if isinstance(m, dict) else None for m in lists.models]
    return Contents(
        version=archive.version,
        libraries=archive.libraries,
        sizes=archive.sizes,
        blocks=tuple(_block(number, entry) for number, entry in enumerate(lists.blocks)),
        models=tuple(map(str, names)),
        vocabularies={name: len(tokens) for name, tokens in archive.vocabularies.items()},
        arrays={n: ModelIOShape(a.shape, a.dtype.name) for n, a in archive.arrays.items()},
        tokenizers=tuple(dict.fromkeys(_named("$tokenizer", lists.blocks))),
        functions=tuple(dict.fromkeys(_named("$function", lists.blocks))),
        custom_objects=tuple(dict.fromkeys(_foreign([lists.models, lists.blocks]))),
        ready_made=None if task is None else f"{task['family']}.{task['class']}",
        labels=() if task is None else tuple(map(str, task["labels"])),
    )


def _block(number: int, entry: Any) -> ListedBlock:
    entry = fields(entry, {"class", "arguments", "state"}, f"block {number}")
    arguments = entry["arguments"]
    state = state_values(entry["state"])
    fields(arguments, set(arguments) if isinstance(arguments, dict) else (), f"block {number}")
    return ListedBlock(str(entry["class"]), arguments, state["built"], "compiled" in state)


def _named(kind: str, value: Any) -> Iterator[str]:
    """Yield the names of what plain values ask for under a key."""
    if isinstance(value, Mapping):
        for key, content in value.items():
            if key == kind:
                yield str(content)
            else:
                yield from _named(kind, content)
    elif isinstance(value, list):
        for content in value:
            yield from _named(kind, content)


def _foreign(config: Any) -> Iterator[str]:
    for entry, in_call in entries(config):
        if not is_plain(entry, in_call=in_call, find_class=has_class, find_function=has_function):
            name = name_of(entry)
            if name not in OURS:
                yield name


def _by_owner(arrays: Mapping[str, ModelIOShape]) -> dict[str, list[ModelIOShape]]:
    """Join what is numbered, in the order of the numbers."""
    joined: dict[str, list[tuple[int, ModelIOShape]]] = {}
    for name, shape in arrays.items():
        owner, _, number = name.rpartition("/")
        numbered = bool(owner) and number.isdecimal() and len(number) < _MOST_DIGITS
        joined.setdefault(owner if numbered else name, []).append(
            (int(number) if numbered else 0, shape)
        )
    return {owner: [shape for _, shape in sorted(joined[owner])] for owner in sorted(joined)}


def _shown(name: str) -> str:
    """Return a name of the file as it is, if it can do no harm to a terminal."""
    return name if name.isprintable() and len(name) <= _LONGEST_NAME else preview(name)
