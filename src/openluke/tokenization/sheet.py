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
    """The characters of T texts in one row; a *place* is a number of characters from its start."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        whole = "".join(texts)
        self.is_ascii = whole.isascii()
        self.points = _code_points(whole, texts=texts)
        """The characters as numbers. *Shape:* (N,)."""
        self.bounds = np.zeros(len(texts) + 1, dtype=np.int64)
        """Where each text begins, and where the last ends. *Shape:* (T + 1,)."""
        np.cumsum([len(text) for text in texts], out=self.bounds[1:])
        self.whole = whole

    def __len__(self) -> int:
        return len(self.points)

    @cached_property
    def bytes_before(self) -> _Array:
        """How many bytes of UTF-8 stand before each place. *Shape:* (N + 1,)."""
        points = self.points
        lengths = 1 + (points >= 0x80) + (points >= 0x800) + (points >= 0x10000)
        return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(lengths)))

    def to_bytes(self, places: _Array) -> _Array:
        """Places counted in bytes."""
        return places if self.is_ascii else self.bytes_before[places]

    def to_characters(self, starts: _Array, *, ends: _Array) -> tuple[_Array, _Array]:
        """Ranges of bytes as ranges of the characters that they touch."""
        if self.is_ascii:
            return starts, ends
        before = self.bytes_before
        return (
            np.searchsorted(before, starts, side="right") - 1,
            np.searchsorted(before, ends, side="left"),
        )

    def trim(self, starts: _Array, *, ends: _Array) -> tuple[_Array, _Array]:
        """Take the space off both ends of each range, but keep ranges of nothing but space."""
        solid = np.flatnonzero(~_IS_SPACE[self.points])
        if not len(solid):
            return starts, ends
        # How many characters other than space stand before each place.
        before = np.searchsorted(solid, starts)
        after = np.searchsorted(solid, ends) - 1
        has_solid = before <= after
        first = solid[np.minimum(before, len(solid) - 1)]
        last = solid[np.maximum(after, 0)]
        return np.where(has_solid, first, starts), np.where(has_solid, last + 1, ends)


def _code_points(whole: str, *, texts: Sequence[str]) -> _Array:
    if whole.isascii():
        return np.frombuffer(whole.encode("ascii"), dtype=np.uint8)
    try:
        return np.frombuffer(whole.encode("utf-32-le"), dtype=np.uint32)
    except UnicodeEncodeError as error:
        raise DataError(_surrogate_message(texts)) from error


def _surrogate_message(texts: Sequence[str]) -> str:
    number, place = next(
        (number, place)
        for number, text in enumerate(texts)
        for place, character in enumerate(text)
        if "\ud800" <= character <= "\udfff"
    )
    where = f"character {place}" if len(texts) == 1 else f"text {number}, character {place}"
    return (
        f"{where} is U+{ord(texts[number][place]):04X}, half of a surrogate pair and no character "
        "of its own; decode the text with errors='replace', or join the halves with "
        "text.encode('utf-16', 'surrogatepass').decode('utf-16')"
    )
