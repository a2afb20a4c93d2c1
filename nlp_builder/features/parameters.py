"""Blocks as scikit-learn sees them: parameters, unfitted copies, tags."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import keras

if TYPE_CHECKING:
    from nlp_builder.features.feature import Feature

    _F = TypeVar("_F", bound=Feature)


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
            `inputs__units` as well; of a list of blocks, `inputs__0__units`.

    Returns:
        Arguments by name.
    """
    params = dict(block.get_config())
    if deep:
        for name, value in list(params.items()):
            for path, part in _blocks_in(value, name):
                if path != name:
                    params[path] = part
                params |= {f"{path}__{key}": item for key, item in get(part, deep=True).items()}
    return params


def _blocks_in(value: Any, path: str) -> list[tuple[str, Feature]]:
    if isinstance(value, list | tuple):
        return [
            found
            for number, item in enumerate(value)
            for found in _blocks_in(item, f"{path}__{number}")
        ]
    return [(path, value)] if hasattr(value, "get_params") else []


def change(block: _F, params: Mapping[str, Any]) -> _F:
    """Change arguments of a block in place.

    Args:
        block: not built.
        params: new values; names as in `get`.

    Returns:
        The block.

    Raises:
        ValueError: if the block is built, or a name is unknown.
    """
    if not params:
        return block
    if block._graph is not None:
        raise ValueError(
            f"{type(block).__name__} is built, and keeps what it learnt: change a new one, "
            "sklearn.base.clone(block).set_params(...)"
        )
    known = get(block, deep=True)
    unknown = sorted(set(params) - set(known))
    if unknown:
        raise ValueError(f"{type(block).__name__} has no {unknown}, expected some of {[*known]}")
    inner = [
        (path, part)
        for name, value in block.get_config().items()
        for path, part in _blocks_in(value, name)
    ]
    for path, part in inner:
        part.set_params(
            **{
                name.removeprefix(f"{path}__"): value
                for name, value in params.items()
                if name.startswith(f"{path}__")
            }
        )
    own = {name: value for name, value in params.items() if name in block.get_config()}
    # What it reads may have other shapes now.
    block.__init__(**{**block.get_config(), **own})  # type: ignore[misc]  # a block is what its arguments say
    return block


def clone(block: _F) -> _F:
    """Make a block with the same arguments that has learnt nothing.

    Args:
        block: built or not.

    Returns:
        A new tree of new blocks: a block that is shared in the old one is shared in the new one.
        Keras models among the arguments are copied, with the weights that they came with.
    """
    return _copy(block, {}, block)


def _copy(item: Any, done: dict[int, Any], owner: Any) -> Any:
    if id(item) in done:
        return done[id(item)]
    if hasattr(item, "get_params") and hasattr(item, "blocks"):
        config = {
            name: replaced(value, lambda part: _copy(part, done, item))
            for name, value in item.get_config().items()
        }
        copied = type(item)(**config)
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
