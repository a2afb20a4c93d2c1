"""Blocks as scikit-learn sees them: parameters, unfitted copies, tags."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Container, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import keras

from nlp_builder.features.tree import parts_first
from nlp_builder.text.checks import preview

if TYPE_CHECKING:
    from nlp_builder.features.feature import Feature

    _F = TypeVar("_F", bound=Feature)

# What is set on a block and is no argument, with the argument that sets it anew.
_SETTINGS = {
    **{"_frozen": None, "_policy": "dtype"},
    **{"_source": "word2vec_src", "word2vec_src": "word2vec_src", "fasttext_src": "fasttext_src"},
}


def replaced(value: Any, change: Callable[[Any], Any]) -> Any:
    """Copy the lists, tuples and dicts of an argument, with what is in them changed.

    Args:
        value: an argument of a block.
        change: from an item to another.

    Returns:
        The changed copy.

    Example:
        >>> replaced([("a", [1, 2])], lambda item: item if isinstance(item, str) else item + 1)
        [('a', [2, 3])]
    """
    if isinstance(value, Mapping):
        return {key: replaced(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(replaced(item, change) for item in value)
    return change(value)


def get(block: Feature, *, deep: bool) -> dict[str, Any]:
    """Return the arguments of a block, and with `deep` those of the blocks among them.

    Args:
        block: built or not.
        deep: of an argument `inputs` that is one block with an argument `units`,
            `inputs__units` as well; of a list of blocks `inputs__0__units`, of a text
            "question" `inputs__question__0__units`.

    Returns:
        Arguments by name.
    """
    arguments = block.get_config()
    params = dict(arguments)
    if deep:
        for path, part in _blocks_in(arguments.items()):
            params[path] = part
            params |= {f"{path}__{name}": item for name, item in get(part, deep=True).items()}
    return params


def _blocks_in(named: Iterable[tuple[str, Any]]) -> list[tuple[str, Feature]]:
    found: list[tuple[str, Feature]] = []
    for name, value in named:
        if _is_block(value):
            found.append((name, value))
        else:
            parts = _blocks_in(_items(value))
            found += [(f"{name}__{path}", part) for path, part in parts]
    return found


def _is_block(value: Any) -> bool:
    return hasattr(value, "get_params") and hasattr(value, "blocks")


def _items(value: Any) -> list[tuple[str, Any]]:
    """Name the items of a list: pairs of a text's name and blocks by the name, others by number."""
    if not isinstance(value, list | tuple):
        return []
    if value and all(isinstance(item, tuple) and isinstance(item[0], str) for item in value):
        return list(value)
    return [(str(number), item) for number, item in enumerate(value)]


def change(block: _F, params: Mapping[str, Any]) -> _F:
    """Change arguments of a block and its parts in place: all of them, or none if one is refused.

    Args:
        block: not built.
        params: new values; names as in `get`.

    Returns:
        The block.

    Raises:
        ValueError: if the block or a part that is to be changed is built, or a name is unknown;
            and what the constructor raises.
    """
    if not params:
        return block
    if block._graph is not None:
        raise ValueError(
            f"{type(block).__name__} is built, and keeps what it learnt: change a new one, "
            "sklearn.base.clone(block).set_params(...)"
        )
    before = {part: dict(vars(part)) for part in parts_first(block)}
    try:
        _change(block, params)
    except Exception:
        for part, values in before.items():
            vars(part).clear()
            vars(part).update(values)
        raise
    return block


def _change(block: Feature, params: Mapping[str, Any]) -> None:
    own = {name: value for name, value in params.items() if "__" not in name}
    _require_known(block, own)
    values = {**block._arguments_to_keep(), **own}
    inner = {name: value for name, value in params.items() if "__" in name}
    values = dict(_changed(block, list(values.items()), inner))
    # What reads a changed block, also on another way than the one that was named, is made again.
    for _, part in _blocks_in(values.items()):
        for reader in parts_first(part):
            if reader.blocks and reader._graph is None:
                _make_again(reader, reader._arguments_to_keep(), ())
    _make_again(block, values, {*own})


def _changed(
    block: Feature, items: list[tuple[str, Any]], params: Mapping[str, Any]
) -> list[tuple[str, Any]]:
    changed: list[tuple[str, Any]] = []
    left = dict(params)
    for name, item in items:
        inner = {key: value for key, value in left.items() if key.startswith(f"{name}__")}
        item = left.pop(name, item)
        left = {key: value for key, value in left.items() if key not in inner}
        changed.append((name, _changed_item(block, item, name, inner)))
    if left:
        raise _unknown(block, left)
    return changed


def _changed_item(block: Feature, item: Any, name: str, params: Mapping[str, Any]) -> Any:
    if not params:
        return item
    inner = {key.removeprefix(f"{name}__"): value for key, value in params.items()}
    if _is_block(item):
        return item.set_params(**inner)
    items = _items(item)
    if not items:
        raise ValueError(
            f"expected {name!r} to be a block with parameters of its own, got {preview(item)}, "
            f"which has none: no {sorted(params)}"
        )
    changed = _changed(block, items, inner)
    return changed if items == list(item) else [value for _, value in changed]


def _require_known(block: Feature, own: Mapping[str, Any]) -> None:
    signature = inspect.signature(type(block)).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in signature):
        return  # the constructor refuses what it does not know
    unknown = set(own) - set(block.get_config())
    if unknown:
        raise _unknown(block, unknown)


def _unknown(block: Feature, names: Iterable[str]) -> ValueError:
    return ValueError(
        f"{type(block).__name__} has no {sorted(names)}, expected some of "
        f"{list(get(block, deep=True))}"
    )


def _make_again(block: Feature, values: Mapping[str, Any], changed: Container[str | None]) -> None:
    before = dict(vars(block))
    block.__init__(**values)  # type: ignore[misc]  # a block is what its arguments say
    _settle(block, before, changed)


def _settle(block: Feature, like: Mapping[str, Any], changed: Container[str | None]) -> None:
    for name, argument in _SETTINGS.items():
        if name in like and argument not in changed:
            setattr(block, name, like[name])


def clone(block: _F) -> _F:
    """Make a block with the same arguments that has learnt nothing.

    Args:
        block: built or not.

    Returns:
        A new tree of new blocks: a block that is shared in the old one is shared in the new one,
        a frozen one is frozen. Keras models among the arguments are copied, with the weights that
        they came with. Vectors are shared by blocks that are not built, files not read again.
    """
    return _copy(block, {}, block)


def _copy(item: Any, done: dict[int, Any], owner: Any) -> Any:
    if id(item) in done:
        return done[id(item)]
    if _is_block(item):
        # A file's arguments hold vectors, not their path; those of a built block may be trained.
        built = item._graph is not None
        arguments = item.get_config() if built else item._arguments_to_keep()
        config = {
            name: replaced(value, lambda part: _copy(part, done, item))
            for name, value in arguments.items()
        }
        copied = type(item)(**config)
        _settle(copied, vars(item), ())
    elif isinstance(item, keras.Model):
        copied = owner._unfitted(item)
    else:
        return item
    done[id(item)] = copied
    return copied


def tags() -> Any:
    """Return what scikit-learn asks of an estimator: it reads texts, and needs no targets.

    Returns:
        `sklearn.utils.Tags`.
    """
    from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

    return Tags(
        estimator_type=None,
        target_tags=TargetTags(required=False),
        transformer_tags=TransformerTags(preserves_dtype=[]),
        input_tags=InputTags(two_d_array=False, string=True),
    )
