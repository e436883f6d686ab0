"""Texts of a batch one behind the other, so that numpy looks at all their characters at once."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from openluke.errors import DataError

_Array = npt.NDArray[np.integer[Any]]

_IS_SPACE = np.zeros(0x110000, dtype=np.bool_)
_IS_SPACE[[point for point in range(0x3001) if chr(point).isspace()]] = True


class Sheet:
    """The characters of T texts in one row; a *place* is a number of characters from its start.

    Args:
        texts: The texts.
        first: Number of the first text, for messages; ``None`` for a text that is alone.
    """

    def __init__(self, texts: Sequence[str], *, first: int | None) -> None:
        self.texts = texts
        whole = "".join(texts)
        self.is_ascii = whole.isascii()
        self.points = _code_points(whole, texts=texts, first=first)
        """The characters as numbers. *Shape:* (N,)."""
        self.bounds = counts_before(np.array([*map(len, texts)], dtype=np.int64))
        """Where each text begins, and where the last ends. *Shape:* (T + 1,)."""
        self.whole = whole

    def __len__(self) -> int:
        return len(self.points)

    @cached_property
    def _byte_lengths(self) -> _Array:
        """Bytes of UTF-8 that each character has. *Shape:* (N,)."""
        points = self.points
        lengths = np.ones(len(points), dtype=np.int64)
        for first in (0x80, 0x800, 0x10000):
            lengths += points >= first
        return lengths

    @cached_property
    def n_bytes(self) -> int:
        """Bytes of UTF-8 that the texts have."""
        return len(self) if self.is_ascii else int(self._byte_lengths.sum())

    def to_bytes(self, places: _Array) -> _Array:
        """Places counted in bytes."""
        return places if self.is_ascii else counts_before(self._byte_lengths)[places]

    def to_characters(self, starts: _Array, *, ends: _Array) -> tuple[_Array, _Array]:
        """Ranges of bytes as ranges of the characters that they touch."""
        if self.is_ascii or not len(self):
            return starts, ends
        character = np.arange(len(self)).repeat(self._byte_lengths)
        return character[starts], character[ends - 1] + 1

    def trim(self, starts: _Array, *, ends: _Array) -> tuple[_Array, _Array]:
        """Take the space off both ends of each range, but keep ranges of nothing but space."""
        is_solid = ~_IS_SPACE[self.points]
        solid = np.flatnonzero(is_solid)
        if not len(solid):
            return starts, ends
        solid_before = counts_before(is_solid)
        first, last = solid_before[starts], solid_before[ends] - 1
        has_solid = first <= last
        # Where a range has none, the places found are out of it and not taken.
        found = solid[np.minimum(first, len(solid) - 1)], solid[last] + 1
        return np.where(has_solid, found[0], starts), np.where(has_solid, found[1], ends)


def counts_before(values: npt.NDArray[np.integer[Any] | np.bool_]) -> npt.NDArray[np.int64]:
    """Sum of the values before each place. *Shape:* (N,) to (N + 1,)."""
    counts = np.zeros(len(values) + 1, dtype=np.int64)
    values.cumsum(out=counts[1:])
    return counts


def _code_points(whole: str, *, texts: Sequence[str], first: int | None) -> _Array:
    if whole.isascii():
        return np.frombuffer(whole.encode("ascii"), dtype=np.uint8)
    try:
        return np.frombuffer(whole.encode("utf-32-le"), dtype=np.uint32)
    except UnicodeEncodeError as error:
        raise DataError(surrogate_message(texts, first=first)) from error


def surrogate_message(texts: Sequence[str], *, first: int | None = None) -> str:
    """What to say of texts one of which has half a character in it.

    Args:
        texts: The texts.
        first: The number of the first of them; ``None`` where there is one alone.
    """
    number, place = next(
        (number, place)
        for number, text in enumerate(texts)
        for place, character in enumerate(text)
        if "\ud800" <= character <= "\udfff"
    )
    text = "" if first is None else f"text {first + number}, "
    return (
        f"{text}character {place} is U+{ord(texts[number][place]):04X}, half of a surrogate pair "
        "and no character of its own; decode the text with errors='replace', or join the halves "
        "with text.encode('utf-16', 'surrogatepass').decode('utf-16')"
    )
