"""What becomes of inputs that are too long: windows, a truncated input, or an error."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from openluke.errors import DataError
from openluke.tokenization.assembly import Mentions, Reading, Window
from openluke.tokenization.layouts import Pieces
from openluke.tokenization.windows import focus, plan_windows

OnOverflow = Literal["window", "truncate", "error"]
_Array = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """The windows of a reading."""

    reading: Reading
    windows: list[Window]
    cut: _Array
    """Mentions longer than a window, of which a window holds only the beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one input may hold, and what to do with more."""

    max_words: int
    max_entities: int | None
    overlap: int
    on_overflow: OnOverflow
    keeps_together: bool
    """Whether all mentions must be in one input: the layouts with markers."""


def plan(reading: Reading, *, limits: Limits) -> Plan:
    """Decide what each input holds."""
    room = limits.max_words - reading.frame.n_special(pair=reading.is_pair)
    n_first = len(reading.first)
    n_second = len(reading.second) if reading.second is not None else 0
    if n_first + n_second <= room:
        whole = Window((0, n_first), _second(reading, end=n_second), _all(reading.mentions))
        planned = Plan(reading=reading, windows=[whole], cut=_none())
    elif limits.on_overflow == "error":
        raise DataError(
            f"the text has {n_first + n_second} pieces where max_words = {limits.max_words} "
            f"leaves room for {room}; use on_overflow='window' to read it in parts"
        )
    elif limits.on_overflow == "truncate":
        planned = _truncate(reading, room=room)
    elif limits.keeps_together:
        planned = _focus(reading, room=room)
    else:
        planned = _windows(reading, room=room, overlap=limits.overlap)
    if limits.max_entities is not None and len(reading.mentions) > limits.max_entities:
        return _limit_entities(planned, limits=limits, most=limits.max_entities)
    return planned


def _truncate(reading: Reading, *, room: int) -> Plan:
    """The beginning of the text, or of both: the longer is cut first, as transformers does."""
    n_first, n_second = len(reading.first), 0
    if reading.second is None:
        n_first = room
    else:
        n_second = len(reading.second)
        if n_second <= room // 2:
            n_first = room - n_second
        elif n_first <= room - room // 2:
            n_second = room - n_first
        else:
            n_first, n_second = room - room // 2, room // 2
    mentions = reading.mentions
    ends = np.where(np.arange(len(mentions)) < mentions.n_first, n_first, n_second)
    rows = np.flatnonzero(mentions.ranges[:, 1] <= ends)
    window = Window((0, n_first), _second(reading, end=n_second), rows)
    return Plan(reading=reading, windows=[window], cut=_none())


def _focus(reading: Reading, *, room: int) -> Plan:
    """The part of the text around the mentions."""
    mentions = reading.mentions
    stretches = focus(len(reading.first), size=room, ranges=mentions.ranges)
    if stretches is None:
        widths = (mentions.ranges[:, 1] - mentions.ranges[:, 0]).tolist()
        raise DataError(
            f"the mentions have {widths} pieces with their markers, but an input has room for "
            f"{room}; give shorter spans"
        )
    pieces = reading.first.take(stretches)
    moved = Mentions(
        ids=mentions.ids, types=mentions.types, ranges=pieces.ranges, n_first=mentions.n_first
    )
    shorter = Reading(frame=reading.frame, first=pieces, second=None, mentions=moved)
    window = Window((0, len(pieces)), None, _all(moved))
    return Plan(reading=shorter, windows=[window], cut=_none())


def _windows(reading: Reading, *, room: int, overlap: int) -> Plan:
    """Windows over the text; of two texts the first stays whole in each."""
    mentions = reading.mentions
    rows = _all(mentions)
    if reading.second is None:
        return _slide(reading, over=reading.first, room=room, overlap=overlap, fixed=rows[:0])
    n_first = len(reading.first)
    if room - n_first <= overlap:
        raise DataError(
            f"the first text has {n_first} pieces, which leaves {max(room - n_first, 0)} of an "
            f"input for the second, expected more than stride = {overlap}; give the shorter text "
            "first, set a smaller stride, or use on_overflow='truncate'"
        )
    return _slide(
        reading,
        over=reading.second,
        room=room - n_first,
        overlap=overlap,
        fixed=rows[: mentions.n_first],
    )


def _slide(reading: Reading, *, over: Pieces, room: int, overlap: int, fixed: _Array) -> Plan:
    """Windows over one text, each with the ``fixed`` mentions and those at home in it."""
    moving = np.arange(len(fixed), len(reading.mentions))
    planned = plan_windows(
        len(over), size=room, overlap=overlap, ranges=reading.mentions.ranges[moving]
    )
    order = np.argsort(planned.homes, kind="stable")
    bounds = np.searchsorted(planned.homes[order], np.arange(len(planned.starts) + 1)).tolist()
    windows: list[Window] = []
    for number, start in enumerate(planned.starts.tolist()):
        place = (start, start + room)
        rows = np.concatenate((fixed, moving[order[bounds[number] : bounds[number + 1]]]))
        whole = (0, len(reading.first))
        windows.append(Window(whole, place, rows) if reading.is_pair else Window(place, None, rows))
    return Plan(reading=reading, windows=windows, cut=moving[planned.cut])


def _limit_entities(planned: Plan, *, limits: Limits, most: int) -> Plan:
    """Give the mentions of a window with too many of them to several inputs of the same pieces."""
    windows: list[Window] = []
    for window in planned.windows:
        if len(window.rows) > most and limits.on_overflow == "error":
            raise DataError(
                f"an input has {len(window.rows)} mentions, max_entities = {most}; "
                "use on_overflow='window' to read them in several inputs"
            )
        groups: Sequence[_Array] = [
            window.rows[start : start + most] for start in range(0, max(len(window.rows), 1), most)
        ]
        if limits.on_overflow == "truncate":
            groups = groups[:1]
        windows += [window._replace(rows=group) for group in groups]
    return Plan(reading=planned.reading, windows=windows, cut=planned.cut)


def _second(reading: Reading, *, end: int) -> tuple[int, int] | None:
    return (0, end) if reading.is_pair else None


def _all(mentions: Mentions) -> _Array:
    return np.arange(len(mentions), dtype=np.int64)


def _none() -> _Array:
    return np.zeros(0, dtype=np.int64)
