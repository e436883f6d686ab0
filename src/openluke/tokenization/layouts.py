"""How pieces, markers and mentions stand in the sequence that the model reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from openluke.features import IntArray
from openluke.tokenization.alignment import Aligned

Layout = Literal["plain", "entity", "entity_pair", "entity_span"]
"""``plain``: titles or [MASK] on any spans. ``entity``: one mention between ``<ent>``.
``entity_pair``: a head between ``<ent>`` and a tail between ``<ent2>``. ``entity_span``: [MASK] on
any spans, of which the first and last pieces are read."""

_Array = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pieces:
    """The pieces of T texts, one text behind the other, with markers around mentions."""

    ids: IntArray
    """*Shape:* (L,)."""
    offsets: IntArray
    """*Shape:* (L, 2)."""
    is_marker: npt.NDArray[np.bool_]
    """*Shape:* (L,)."""
    bounds: _Array
    """First piece of each text, and the end of the last. *Shape:* (T + 1,)."""


def unmarked(aligned: Aligned) -> Pieces:
    """The pieces as they are."""
    return Pieces(
        ids=aligned.ids,
        offsets=aligned.offsets,
        is_marker=np.zeros(len(aligned.ids), dtype=np.bool_),
        bounds=aligned.bounds,
    )


def mark(
    pieces: Pieces, *, ranges: _Array, spans: _Array, markers: Sequence[int]
) -> tuple[Pieces, _Array]:
    """Put a marker before and after each mention, and widen the mentions by their markers.

    Markers nest as the mentions do: of two mentions that begin together the longer is outside, of
    two equal ones the first. Characters tell, since mentions of only space have no pieces.

    Args:
        pieces: Of T texts, each with as many mentions as there are markers.
        ranges: Pieces of the mentions, within their texts. *Shape:* (T * K, 2).
        spans: Characters of the mentions, at least one each. *Shape:* (T * K, 2).
        markers: The token around the first mention of each text, around the second, … (K).
    """
    n_markers = len(markers)
    texts, mentions = np.divmod(np.arange(len(ranges)), n_markers)
    starts, ends = ranges[:, 0], ranges[:, 1]
    width = spans[:, 1] - spans[:, 0]
    # At one place the ends of mentions come before the beginnings, the inner ones first.
    begin_keys = (mentions, -width, np.ones_like(mentions), spans[:, 0], starts, texts)
    end_keys = (-mentions, width, np.zeros_like(mentions), spans[:, 1], ends, texts)
    order = np.lexsort([np.concatenate(pair) for pair in zip(begin_keys, end_keys, strict=True)])
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    # Where each marker lands: its place among the pieces, moved by the markers before it.
    rank_in_text = rank - 2 * n_markers * np.concatenate((texts, texts))
    landed = np.concatenate((starts, ends)) + rank_in_text
    widened = np.stack((landed[: len(ranges)], landed[len(ranges) :] + 1), axis=1)
    both = np.concatenate((texts, texts))
    at = (np.concatenate((starts, ends)) + pieces.bounds[both])[order]
    ids = np.array(markers, dtype=np.int32)[np.concatenate((mentions, mentions))[order]]
    return _insert(pieces, at=at, ids=ids, texts=both[order]), widened


def _insert(pieces: Pieces, *, at: _Array, ids: IntArray, texts: _Array) -> Pieces:
    """Put tokens that cover no character before pieces, as many in every text."""
    first, last = pieces.bounds[texts], pieces.bounds[texts + 1]
    # A marker stands where the piece after it begins, at the end of a text where the last ends.
    offsets = np.append(pieces.offsets, np.zeros((1, 2), dtype=np.int32), axis=0)
    places = np.where(at < last, offsets[at, 0], np.where(first < last, offsets[at - 1, 1], 0))
    n_each = len(at) // max(len(pieces.bounds) - 1, 1)
    landed = at + np.arange(len(at))
    is_marker = np.zeros(len(pieces.ids) + len(at), dtype=np.bool_)
    is_marker[landed] = True
    is_piece = ~is_marker
    new_ids = np.empty(len(is_marker), dtype=np.int32)
    new_ids[landed], new_ids[is_piece] = ids, pieces.ids
    new_offsets = np.empty((len(is_marker), 2), dtype=np.int32)
    new_offsets[landed], new_offsets[is_piece] = places[:, None], pieces.offsets
    return Pieces(
        ids=new_ids,
        offsets=new_offsets,
        is_marker=is_marker,
        bounds=pieces.bounds + n_each * np.arange(len(pieces.bounds)),
    )
