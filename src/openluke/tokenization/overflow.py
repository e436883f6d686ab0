"""What becomes of texts that are too long for an input: windows, a part of them, or an error."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from openluke.errors import DataError
from openluke.tokenization.assembly import NO_TEXT, Reading, Window
from openluke.tokenization.layouts import Pieces
from openluke.tokenization.windows import beginnings, focus, plan_windows

OnOverflow = Literal["window", "truncate", "error"]
_Array = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one input may hold, and what to do with more."""

    max_words: int
    max_entities: int | None
    overlap: int
    on_overflow: OnOverflow
    keeps_together: bool
    """Whether all mentions must be in one input: the layouts with markers."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """The windows of a text that is too long."""

    reading: Reading
    """What the windows are of: the reading that was given, or one of a shortened text."""
    windows: list[Window]
    cut: _Array
    """Rows of mentions that are longer than a window, which holds only their beginning."""
    stretches: list[tuple[int, int]]
    """Pieces of the text given that a shortened text has; empty if it was not shortened."""


def plan_text(whole: Window, *, reading: Reading, room: int, limits: Limits) -> Plan:
    """Decide what each input holds of one text, or pair of texts.

    Args:
        whole: A window that would hold everything.
        reading: The texts.
        room: How many pieces an input can have.
        limits: How much an input may hold.
    """
    length = whole.end + whole.pair_end
    if length <= room:
        planned = _planned(reading, windows=[whole])
    elif limits.on_overflow == "error":
        remedy = "the part of it around the mentions" if limits.keeps_together else "it in parts"
        raise DataError(
            f"the text has {length} pieces where max_words = {limits.max_words} leaves room for "
            f"{room}; use on_overflow='window' to read {remedy}"
        )
    elif limits.on_overflow == "truncate":
        planned = _truncate(whole, reading=reading, room=room)
    elif limits.keeps_together:
        planned = _focus(whole, reading=reading, room=room)
    else:
        planned = _slide(whole, reading=reading, room=room, overlap=limits.overlap)
    if limits.max_entities is not None and len(whole.rows) > limits.max_entities:
        return _limit_entities(planned, limits=limits, most=limits.max_entities)
    return planned


def _planned(reading: Reading, *, windows: list[Window], cut: _Array | None = None) -> Plan:
    cut = np.zeros(0, dtype=np.int64) if cut is None else cut
    return Plan(reading=reading, windows=windows, cut=cut, stretches=[])


def _truncate(whole: Window, *, reading: Reading, room: int) -> Plan:
    """The beginning of the text, or of both: the longer is cut first, as transformers does."""
    n_first, n_second = whole.end, whole.pair_end
    # Where both are cut, the longer one (the second, if they are equal) has an odd piece.
    if n_first <= n_second:
        n_first = min(n_first, room // 2)
        n_second = min(n_second, room - n_first)
    else:
        n_second = min(n_second, room // 2)
        n_first = min(n_first, room - n_second)
    ends = np.where(reading.owners[whole.rows] == whole.text, n_first, n_second)
    rows = whole.rows[reading.ranges[whole.rows, 1] <= ends]
    window = whole._replace(end=n_first, pair_end=n_second, rows=rows)
    return _planned(reading, windows=[window])


def _focus(whole: Window, *, reading: Reading, room: int) -> Plan:
    """The part of the text around its mentions."""
    ranges = reading.ranges[whole.rows]
    stretches = focus(whole.end, size=room, ranges=ranges)
    cut = np.zeros(0, dtype=np.int64)
    if stretches is None:
        stretches = beginnings(room, ranges=ranges)
        held = [sum(_shared(one, stretch) for stretch in stretches) for one in ranges.tolist()]
        cut = whole.rows[np.array(held) < ranges[:, 1] - ranges[:, 0]]
    kept = np.concatenate([np.arange(start, end) for start, end in stretches])
    pieces = reading.pieces
    places = pieces.bounds[whole.text] + kept
    n_mentions = len(whole.rows)
    shorter = Reading(
        pieces=Pieces(
            ids=pieces.ids[places],
            offsets=pieces.offsets[places],
            is_marker=pieces.is_marker[places],
            bounds=np.array([0, len(kept)]),
        ),
        entity_ids=reading.entity_ids[whole.rows],
        entity_types=reading.entity_types[whole.rows],
        ranges=np.searchsorted(kept, ranges),
        owners=np.zeros(n_mentions, dtype=np.int64),
        bounds=np.array([0, n_mentions]),
    )
    window = Window(0, 0, len(kept), np.arange(n_mentions))
    return Plan(reading=shorter, windows=[window], cut=cut, stretches=stretches)


def _shared(one: Sequence[int], other: Sequence[int]) -> int:
    """How many pieces two stretches have in common."""
    return max(min(one[1], other[1]) - max(one[0], other[0]), 0)


def _slide(whole: Window, *, reading: Reading, room: int, overlap: int) -> Plan:
    """Windows over the text; of two texts the first stays whole in each."""
    moves = reading.owners[whole.rows] == (whole.text if whole.pair == NO_TEXT else whole.pair)
    fixed, moving = whole.rows[~moves], whole.rows[moves]
    length = whole.end
    if whole.pair != NO_TEXT:
        length, room = whole.pair_end, room - whole.end
        if room <= overlap:
            raise DataError(
                f"the first text has {whole.end} pieces, which leaves {max(room, 0)} of an input "
                f"for the second, expected more than stride = {overlap}; give the shorter text "
                "first, set a smaller stride, or use on_overflow='truncate'"
            )
    planned = plan_windows(length, size=room, overlap=overlap, ranges=reading.ranges[moving])
    order = np.argsort(planned.homes, kind="stable")
    bounds = np.searchsorted(planned.homes[order], np.arange(len(planned.starts) + 1)).tolist()
    windows: list[Window] = []
    for number, start in enumerate(planned.starts.tolist()):
        at_home = moving[order[bounds[number] : bounds[number + 1]]]
        end = min(start + room, length)
        if whole.pair == NO_TEXT:
            windows.append(whole._replace(start=start, end=end, rows=at_home))
        else:
            rows = np.concatenate((fixed, at_home))
            windows.append(whole._replace(pair_start=start, pair_end=end, rows=rows))
    return _planned(reading, windows=windows, cut=moving[planned.cut])


def _limit_entities(planned: Plan, *, limits: Limits, most: int) -> Plan:
    """Give the mentions of a window with too many of them to several inputs of the same pieces."""
    windows: list[Window] = []
    for window in planned.windows:
        if len(window.rows) > most and limits.on_overflow == "error":
            raise DataError(
                f"an input has {len(window.rows)} mentions, more than max_entities = {most}; "
                "use on_overflow='window' to read them in several inputs"
            )
        groups = [
            window.rows[start : start + most] for start in range(0, max(len(window.rows), 1), most)
        ]
        if limits.on_overflow == "truncate":
            groups = groups[:1]
        windows += [window._replace(rows=group) for group in groups]
    return Plan(
        reading=planned.reading,
        windows=windows,
        cut=planned.cut,
        stretches=planned.stretches,
    )
