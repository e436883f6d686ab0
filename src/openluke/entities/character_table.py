"""A fact about each character, for whole arrays of characters at once."""

from collections.abc import Callable
from functools import cached_property

import numpy as np
import numpy.typing as npt

CodePoints = npt.NDArray[np.uint32]

_BLOCK = 256
_N_POINTS = 0x110000


class CharacterTable:
    """A number for each character, found for a block of characters when one is first asked for."""

    def __init__(self, fact: Callable[[str], int], *, dtype: type[np.unsignedinteger]) -> None:
        """Take the function that says the number, which must be below the highest of the type."""
        self._fact, self._dtype = fact, dtype
        self._unknown = np.iinfo(dtype).max

    def __getitem__(self, points: CodePoints) -> npt.NDArray[np.unsignedinteger]:
        """The numbers of characters, in an array of its own."""
        values = self._values[points]
        unknown = values == self._unknown
        if unknown.any():
            for block in np.unique(points[unknown] // _BLOCK).tolist():
                self._learn(range(block * _BLOCK, (block + 1) * _BLOCK))
            values = self._values[points]
        return values

    @cached_property
    def _values(self) -> npt.NDArray[np.unsignedinteger]:
        return np.full(_N_POINTS, self._unknown, dtype=self._dtype)

    def _learn(self, points: range) -> None:
        self._values[points.start : points.stop] = [self._fact(chr(point)) for point in points]


def code_points(text: str) -> CodePoints:
    """The characters of a text as numbers.

    *Shape:* (N,).
    """
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def text_of(points: CodePoints) -> str:
    """The text that has these characters."""
    return points.astype("<u4", copy=False).tobytes().decode("utf-32-le", "surrogatepass")
