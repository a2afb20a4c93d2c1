"""Tags to ids and back, and which tags may follow each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import final

import numpy as np

from nlp_builder.text.checks import plain, preview
from nlp_builder.text.ragged import pad_ids
from nlp_builder.text.schemes import (
    OUTSIDE,
    ParsedTag,
    Scheme,
    may_follow,
    parse_tag,
    require_tag_list,
)


@final
class TagAlphabet:
    """An immutable list of tags; a tag's id is its place.

    There is no id for padding and none for unknown tags: a mask tells padding, and an unknown tag
    is an error.

    Args:
        tags: the tags, each once.

    Raises:
        TypeError: `tags` is a `str`, or a tag is not a `str`.
        ValueError: there is no tag, or one comes twice.

    Example:
        >>> alphabet = TagAlphabet(["O", "B-PER"])
        >>> alphabet.encode([["B-PER", "O"], ["O"]])
        array([[1, 0],
               [0, 0]], dtype=int32)
    """

    __slots__ = ("_index", "_tags")

    def __init__(self, tags: Iterable[str]) -> None:
        """Numbers the tags."""
        require_tag_list(tags)
        given = list(tags)
        for tag in given:
            if not isinstance(tag, str):
                raise TypeError(f"expected tags of type str, got {preview(tag)}")
        self._tags: tuple[str, ...] = tuple(map(plain, given))
        self._index = {tag: i for i, tag in enumerate(self._tags)}
        if not self._tags:
            raise ValueError("expected at least one tag, got none")
        if len(self._index) != len(self._tags):
            raise ValueError(f"expected each tag once, got {preview(list(self._tags), 200)}")

    @classmethod
    def from_tags(cls, sequences: Iterable[Sequence[str]]) -> TagAlphabet:
        """Collects the tags of a corpus, in an order that depends on nothing else.

        Args:
            sequences: the tags of each text.

        Returns:
            An alphabet with `O` first, then by label, and B, I, E, S within a label.

        Raises:
            TypeError: a sequence is a bare `str`.
            ValueError: there is no tag.

        Example:
            >>> TagAlphabet.from_tags([["I-LOC", "O"], ["B-PER", "B-LOC"]]).tags
            ('O', 'B-LOC', 'I-LOC', 'B-PER')
        """
        found: set[str] = set()
        for tags in sequences:
            require_tag_list(tags)
            found.update(tags)
        for tag in found:
            if not isinstance(tag, str):
                raise TypeError(f"expected tags of type str, got {preview(tag)}")
        return cls(sorted(found, key=_place_in_order))

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags in the order of their ids."""
        return self._tags

    def __len__(self) -> int:
        """Returns the number of tags."""
        return len(self._tags)

    def __contains__(self, tag: object) -> bool:
        """Tells whether a tag has an id."""
        return tag in self._index

    def __eq__(self, other: object) -> bool:
        """Two alphabets are equal where they give each tag the same id."""
        return isinstance(other, TagAlphabet) and self._tags == other._tags

    def __hash__(self) -> int:
        """Equal alphabets have equal hashes."""
        return hash(self._tags)

    def __repr__(self) -> str:
        """Shows the tags."""
        return f"TagAlphabet({list(self._tags)})"

    def ids(self, tags: Sequence[str]) -> np.ndarray:
        """Returns the ids of the tags of one text.

        Args:
            tags: the tags.

        Returns:
            int32 of shape `(words,)`.

        Raises:
            TypeError: `tags` is a bare `str`.
            ValueError: a tag is not in the alphabet.

        Example:
            >>> TagAlphabet(["O", "B-PER"]).ids(["B-PER", "O"])
            array([1, 0], dtype=int32)
        """
        return self._ids(tags, "")

    def encode(
        self, sequences: Sequence[Sequence[str]], *, maxlen: int | None = None
    ) -> np.ndarray:
        """Turns the tags of many texts into padded ids.

        Args:
            sequences: the tags of each text.
            maxlen: the number of words of the result; None for the longest text, and at least 1.

        Returns:
            int32 of shape `(texts, maxlen)`, cut and padded with 0 at the end; the mask of the
            words tells padding from the tag 0.

        Raises:
            TypeError: a sequence is a bare `str`, or `maxlen` is not a whole number.
            ValueError: a tag is not in the alphabet, or `maxlen` is below 1.

        Example:
            >>> TagAlphabet(["O", "B-PER"]).encode([["B-PER"]], maxlen=2)
            array([[1, 0]], dtype=int32)
        """
        require_tag_list(sequences)
        rows = [self._ids(tags, f" of text {i}") for i, tags in enumerate(sequences)]
        return pad_ids(rows, maxlen=maxlen)

    def _ids(self, tags: Sequence[str], where: str) -> np.ndarray:
        require_tag_list(tags)
        try:
            return np.fromiter(map(self._index.__getitem__, tags), dtype=np.int32)
        except KeyError as error:
            place = list(tags).index(error.args[0])
            raise ValueError(
                f"expected one of the tags {preview(list(self._tags), 200)}, got "
                f"{preview(error.args[0])} at position {place}{where}: "
                "learn the alphabet from all the tags"
            ) from None

    def tags_of(self, ids: Iterable[int]) -> list[str]:
        """Returns the tags of the ids of one text; cut padding off first.

        Args:
            ids: ids of shape `(words,)`.

        Returns:
            One tag for each id.

        Raises:
            ValueError: an id is not between 0 and `len(self) - 1`.

        Example:
            >>> TagAlphabet(["O", "B-PER"]).tags_of([1, 0])
            ['B-PER', 'O']
        """
        numbers = [int(i) for i in ids]
        for number in numbers:
            if not 0 <= number < len(self):
                raise ValueError(f"expected tag ids from 0 to {len(self) - 1}, got {number}")
        return [self._tags[number] for number in numbers]

    def allowed_transitions(
        self, scheme: Scheme = "IOB2"
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Returns which tags a scheme lets follow each other.

        Args:
            scheme: "IOB1", "IOB2" or "BIOES".

        Returns:
            Boolean arrays: of shape `(tags, tags)`, from the row's tag to the column's; of shape
            `(tags,)`, the tags that may begin a text; of shape `(tags,)`, those that may end one.

        Raises:
            ValueError: a tag of the alphabet is not one of the scheme.

        Example:
            >>> TagAlphabet(["O", "B-X", "I-X"]).allowed_transitions("IOB2")[0].astype(int)
            array([[1, 1, 0],
                   [1, 1, 1],
                   [1, 1, 1]])
        """
        outside = ParsedTag(OUTSIDE, "")
        parsed = [parse_tag(tag, scheme) for tag in self._tags]
        # (tags, tags)
        pairs = np.array([[may_follow(a, b, scheme) for b in parsed] for a in parsed])
        start = np.array([may_follow(outside, tag, scheme) for tag in parsed])
        end = np.array([may_follow(tag, outside, scheme) for tag in parsed])
        return pairs, start, end


def _place_in_order(tag: str) -> tuple[bool, str, int, str]:
    try:
        prefix, label = parse_tag(tag, "BIOES")
    except ValueError:
        return (True, tag, 0, tag)
    return (tag != OUTSIDE, label, "BIESO".index(prefix), tag)
