"""Where texts are cut into segments, and the runs of segments that are encoded together."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from openluke.tokenization.sheet import Sheet
from openluke.tokenization.tokenizer import WordTokenizer

RUN_CHARACTERS = 1 << 14
"""Longer texts are encoded in runs of about this many characters, which bounds the memory."""

GROUP_CHARACTERS = 1 << 18
"""About how many characters are encoded at once; with more, Rust is given one group while what came
of another is read."""

_Array = npt.NDArray[np.integer[Any]]


class Run(NamedTuple):
    """Segments of one text that are encoded together."""

    text: int
    segments: list[str]
    size: int
    """Characters of the segments."""


def choose_cuts(
    places: _Array,
    *,
    owners: _Array,
    sheet: Sheet,
    special: npt.NDArray[np.bool_],
    tokenizer: WordTokenizer,
) -> _Array:
    """Places inside texts at which to cut, in order."""
    ends = sheet.bounds[owners + 1]
    inside = (places > sheet.bounds[owners]) & (places < ends)
    places, owners, ends = places[inside], owners[inside], ends[inside]
    seen = ~_unseen(places, ends=ends, sheet=sheet, tokenizer=tokenizer)
    cuts = places[seen | special[owners]]
    is_long = len(sheet) > RUN_CHARACTERS
    for text in np.flatnonzero(np.diff(sheet.bounds) > RUN_CHARACTERS) if is_long else ():
        if not special[text]:
            chances = _chances(sheet, text=int(text), tokenizer=tokenizer)
            cuts = np.concatenate((cuts, chances))
    return np.unique(cuts) if len(cuts) else cuts


def _unseen(
    places: _Array, *, ends: _Array, sheet: Sheet, tokenizer: WordTokenizer
) -> npt.NDArray[np.bool_]:
    """Whether cutting at each place surely changes no piece."""
    points = sheet.points
    following = np.minimum(places + 1, len(points) - 1)
    beyond = np.where(places + 1 < ends, points[following], 0)
    return tokenizer.cut_rule.unseen(points[places - 1], right=points[places], beyond=beyond)


def _chances(sheet: Sheet, *, text: int, tokenizer: WordTokenizer) -> _Array:
    """About one place per run of a long text at which a cut is not seen."""
    begin, end = int(sheet.bounds[text]), int(sheet.bounds[text + 1])
    places = np.arange(begin + 1, end)
    ends = np.full(len(places), end, dtype=np.int64)
    places = places[_unseen(places, ends=ends, sheet=sheet, tokenizer=tokenizer)]
    found = np.searchsorted(places, np.arange(begin + RUN_CHARACTERS, end, RUN_CHARACTERS))
    return places[found[found < len(places)]]


def runs_of_texts(sheet: Sheet, *, cuts: _Array) -> Iterator[Run]:
    """The segments of each text, in runs of a bounded number of characters."""
    firsts = cuts.searchsorted(sheet.bounds).tolist()
    for number, text in enumerate(sheet.texts):
        if not text:
            continue
        first, last = firsts[number], firsts[number + 1]
        if first == last:
            yield Run(number, [text], len(text))
            continue
        inside = (cuts[first:last] - sheet.bounds[number]).tolist()
        starts, ends = [0, *inside], [*inside, len(text)]
        segments = [text[start:end] for start, end in zip(starts, ends, strict=True)]
        if len(text) <= RUN_CHARACTERS:
            yield Run(number, segments, len(text))
        else:
            yield from _runs_of_long_text(segments, text=number)


def _runs_of_long_text(segments: list[str], *, text: int) -> Iterator[Run]:
    """Segments in runs of at most about as many characters as runs have."""
    run: list[str] = []
    size = 0
    for segment in segments:
        if run and size + len(segment) > RUN_CHARACTERS:
            yield Run(text, run, size)
            run, size = [], 0
        run.append(segment)
        size += len(segment)
    yield Run(text, run, size)


def groups_of_runs(runs: list[Run]) -> Iterator[list[Run]]:
    """Runs in groups to be encoded at once; where there is none, one group without any."""
    group: list[Run] = []
    size = 0
    for run in runs:
        if group and size + run.size > GROUP_CHARACTERS:
            yield group
            group, size = [], 0
        group.append(run)
        size += run.size
    yield group
