"""Arrays on disk taken piece by piece, so that little of them is in memory."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

_SIZE = 1 << 20


def chunks(n: int) -> Iterator[range]:
    """Ranges that together are all places of an array."""
    for start in range(0, n, _SIZE):
        yield range(start, min(start + _SIZE, n))


def largest(values: Callable[[range], npt.NDArray[Any]], *, n: int, most: int) -> list[int]:
    """The places of the largest values, largest first, and the first place first among equals.

    Args:
        values: Gives those of a range of places.
        n: How many places there are.
        most: How many of them are wanted.
    """
    places, kept = np.zeros(0, np.int64), np.zeros(0, np.float64)
    for part in chunks(n):
        found = values(part).astype(np.float64)
        if len(found) > most:
            limit = np.partition(found, len(found) - most)[len(found) - most]
            chosen = np.flatnonzero(found >= limit)
        else:
            chosen = np.arange(len(found))
        places = np.concatenate([places, chosen + part.start])
        kept = np.concatenate([kept, found[chosen]])
        order = np.lexsort((places, -kept))[:most]
        places, kept = places[order], kept[order]
    return places.tolist()
