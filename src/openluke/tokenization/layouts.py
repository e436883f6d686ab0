"""How pieces, markers and mentions stand in the sequence that the model reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from openluke.features import SPECIAL_TEXT, IntArray
from openluke.tokenization.alignment import AlignedText

Layout = Literal["plain", "entity", "entity_pair", "entity_span"]
"""``plain``: titles or [MASK] on any spans. ``entity``: one mention between ``<ent>``.
``entity_pair``: a head between ``<ent>`` and a tail between ``<ent2>``. ``entity_span``: [MASK] on
any spans, of which the first and last pieces are read."""

_Array = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pieces:
    """The pieces of one text, with markers but without the special tokens around the text."""

    ids: IntArray
    """*Shape:* (L,)."""
    offsets: IntArray
    """*Shape:* (L, 2)."""
    texts: IntArray
    """Number of the text of each piece, ``SPECIAL_TEXT`` for markers. *Shape:* (L,)."""
    ranges: _Array
    """Pieces of each mention, its markers included. *Shape:* (N, 2)."""

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, stretches: Sequence[tuple[int, int]]) -> "Pieces":
        """Only the pieces of some stretches that hold every mention, one after another."""
        kept = np.concatenate([np.arange(start, end) for start, end in stretches])
        return Pieces(
            ids=self.ids[kept],
            offsets=self.offsets[kept],
            texts=self.texts[kept],
            ranges=np.searchsorted(kept, self.ranges),
        )


def place(aligned: AlignedText, *, number: int, n_mentions: int) -> Pieces:
    """The pieces of text ``number``, whose first boundaries are those of its mentions."""
    return Pieces(
        ids=aligned.ids,
        offsets=aligned.offsets,
        texts=np.full(len(aligned.ids), number, dtype=np.int32),
        ranges=aligned.places[: 2 * n_mentions].reshape(-1, 2),
    )


def mark(pieces: Pieces, *, markers: Sequence[int]) -> Pieces:
    """Put a marker before and after each mention, the ``n``-th marker around the ``n``-th mention.

    Markers nest as the mentions do: of two mentions that begin together the longer is outside, of
    two equal ones the first.
    """
    events = sorted(_events(pieces.ranges.tolist()))
    at = np.array([event[0] for event in events])
    ids = np.array([markers[event[-1]] for event in events], dtype=np.int32)
    places = np.append(pieces.offsets[:, 0], pieces.offsets[-1:, 1].max(initial=0))[at]
    ranges = np.zeros_like(pieces.ranges)
    for order, event in enumerate(events):
        *_, is_end, mention = event
        ranges[mention, is_end] = event[0] + order + is_end
    return Pieces(
        ids=np.insert(pieces.ids, at, ids),
        offsets=np.insert(pieces.offsets, at, places[:, None], axis=0),
        texts=np.insert(pieces.texts, at, SPECIAL_TEXT),
        ranges=ranges,
    )


def _events(ranges: list[list[int]]) -> list[tuple[int, int, int, int, int, int]]:
    """Markers as (place, whether it opens, rank, rank among equals, whether it ends, mention)."""
    events: list[tuple[int, int, int, int, int, int]] = []
    for mention, (start, end) in enumerate(ranges):
        width = end - start
        events.append((start, 1, -width, 2 * mention, 0, mention))
        if width:
            # At one place ends come before beginnings, those of short mentions first.
            events.append((end, 0, width, -mention, 1, mention))
        else:
            events.append((end, 1, 0, 2 * mention + 1, 1, mention))
    return events
