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
_Mask = npt.NDArray[np.bool_]


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
    near_tokens: _Mask | None,
    tokenizer: WordTokenizer,
) -> _Array:
    """Places inside texts at which to cut, in order.

    Args:
        places: Places across which no piece may go. *Shape:* (K,).
        owners: The text of each. *Shape:* (K,).
        sheet: The texts.
        near_tokens: What ``places_near_tokens`` found.
        tokenizer: Whose pieces.
    """
    ends = sheet.bounds[owners + 1]
    inside = (places > sheet.bounds[owners]) & (places < ends)
    chances = _Chances(sheet, near_tokens=near_tokens, tokenizer=tokenizer)
    cuts = places[inside]
    cuts = cuts[~chances.unseen(cuts, ends=ends[inside])]
    if len(sheet) > RUN_CHARACTERS:
        long_texts = np.flatnonzero(np.diff(sheet.bounds) > RUN_CHARACTERS)
        found = [place for text in long_texts.tolist() for place in chances.of_text(text)]
        cuts = np.concatenate((cuts, np.array(found, dtype=np.int64)))
    return np.unique(cuts) if len(cuts) else cuts


def places_near_tokens(sheet: Sheet, *, tokenizer: WordTokenizer) -> _Mask | None:
    """Places in or at a special or added token, or one before it, if there are any.

    Such a token and the space around it are taken out before anything else is done, so that of the
    characters beside it no rule knows what follows them. *Shape:* (N + 1,).
    """
    near: _Mask | None = None
    for start, end in tokenizer.find_added_tokens(sheet.whole):
        if near is None:
            near = np.zeros(len(sheet) + 1, dtype=np.bool_)
        near[max(start - 1, 0) : end + 1] = True
    return near


class _Chances:
    """Places at which a cut surely changes no piece."""

    def __init__(
        self, sheet: Sheet, *, near_tokens: _Mask | None, tokenizer: WordTokenizer
    ) -> None:
        self._sheet = sheet
        self._near_tokens = near_tokens
        self._rule = tokenizer.cut_rule

    def unseen(self, places: _Array, *, ends: _Array | int) -> _Mask:
        """Whether a cut is not seen, for places in texts with these ends."""
        points = self._sheet.points
        following = np.minimum(places + 1, len(points) - 1)
        beyond = np.where(places + 1 < ends, points[following], 0)
        unseen = self._rule.unseen(points[places - 1], right=points[places], beyond=beyond)
        return unseen if self._near_tokens is None else unseen & ~self._near_tokens[places]

    def of_text(self, text: int) -> Iterator[int]:
        """About one place per run of a long text."""
        begin, end = (int(place) for place in self._sheet.bounds[text : text + 2])
        for first in range(begin + RUN_CHARACTERS, end, RUN_CHARACTERS):
            places = np.arange(first, min(first + RUN_CHARACTERS, end))
            unseen = self.unseen(places, ends=end)
            if unseen.any():
                yield int(places[unseen.argmax()])


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
