"""Which window of a text each pair of mentions is read in, where no markers set pairs apart."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from openluke.features import Features

_Array = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairedWindow:
    """A window with mentions and pairs of them."""

    features: Features
    pairs: tuple[int, ...]
    """The numbers of the pairs."""
    entities: _Array
    """The entities of each pair, by their place in ``features``. *Shape:* (P, 2)."""


def pairs_in_windows(windows: Sequence[Features], *, pairs: _Array) -> list[PairedWindow]:
    """Give each pair to the window in which both its mentions have most context.

    A pair that no window holds is in none.

    Args:
        windows: Those of one text, with all its mentions.
        pairs: Mentions by their number. *Shape:* (P, 2).
    """
    whole = [_with_all_mentions(window, windows=windows) for window in windows]
    chosen: dict[int, list[int]] = {}
    for number, pair in enumerate(pairs.tolist()):
        contexts = [_context(window, mentions=pair) for window in whole]
        best = int(np.argmax(contexts))
        if contexts[best] >= 0:
            chosen.setdefault(best, []).append(number)
    return [
        PairedWindow(
            features=whole[window],
            pairs=tuple(numbers),
            entities=_places(whole[window], mentions=pairs[numbers]),
        )
        for window, numbers in sorted(chosen.items())
    ]


def _with_all_mentions(window: Features, *, windows: Sequence[Features]) -> Features:
    """The window with every mention that stands whole in it, whichever its home is."""
    if len(windows) == 1:
        return window
    places = np.concatenate([one.entity_ranges + one.starts[0] for one in windows])
    ranges = places - window.starts[0]
    rows = np.flatnonzero((ranges[:, 0] >= 1) & (ranges[:, 1] <= len(window) - 1))
    return replace(
        window,
        entity_ids=np.concatenate([one.entity_ids for one in windows])[rows],
        entity_ranges=ranges[rows].astype(np.int32),
        entity_types=np.concatenate([one.entity_types for one in windows])[rows],
        entity_sources=np.concatenate([one.entity_sources for one in windows])[rows],
    )


def _context(window: Features, *, mentions: Sequence[int]) -> int:
    """How many pieces stand between mentions and the nearer end; -1 if one is not there."""
    rows = np.flatnonzero(np.isin(window.entity_sources, mentions))
    if len(rows) < len(set(mentions)):
        return -1
    ranges = window.entity_ranges[rows]
    return int(min(ranges[:, 0].min() - 1, len(window) - 1 - ranges[:, 1].max()))


def _places(window: Features, *, mentions: _Array) -> _Array:
    """Where mentions are among the entities of a window. *Shape:* that of the mentions."""
    order = np.argsort(window.entity_sources, kind="stable")
    return order[np.searchsorted(window.entity_sources[order], mentions)].astype(np.int64)
