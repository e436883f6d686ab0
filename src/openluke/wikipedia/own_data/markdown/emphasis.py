"""Which stars, underscores, tildes and equals signs of a text are markup, after CommonMark."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_ALWAYS_TWO = "~="


@dataclass(slots=True, kw_only=True)
class Run:
    """A run of one sign that may begin or end emphasis."""

    piece: int
    """Where it stands among the pieces of a text."""
    sign: str
    size: int
    """How many of the signs are left, which are text."""
    before: int
    """How many there were."""
    opens: bool
    closes: bool


def make_run(text: str, *, start: int, end: int, piece: int) -> Run:
    """The run at a place of a text."""
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    left = not after.isspace() and (not _is_sign(after) or before.isspace() or _is_sign(before))
    right = not before.isspace() and (not _is_sign(before) or after.isspace() or _is_sign(after))
    sign = text[start]
    opens, closes = left, right
    if sign == "_":
        opens = left and (not right or _is_sign(before))
        closes = right and (not left or _is_sign(after))
    is_markup = sign not in _ALWAYS_TWO or end - start == 2
    size = end - start
    return Run(
        piece=piece,
        sign=sign,
        size=size,
        before=size,
        opens=opens and is_markup,
        closes=closes and is_markup,
    )


def take_away(runs: Sequence[Run]) -> None:
    """Lower the sizes of runs by the signs that are markup, in linear time.

    Args:
        runs: In the order of the text.
    """
    open_runs: list[Run] = []
    seen: dict[tuple[str, bool, int], int] = {}
    """For a kind of closing run, how many of the open ones are known not to fit."""
    for run in runs:
        if run.closes:
            _close(run, open_runs=open_runs, seen=seen)
        if run.opens and run.size:
            open_runs.append(run)


def _close(run: Run, *, open_runs: list[Run], seen: dict[tuple[str, bool, int], int]) -> None:
    key = run.sign, run.opens, run.before % 3
    while run.size:
        lowest = seen.get(key, 0)
        place = len(open_runs) - 1
        while place >= lowest and not _fits(open_runs[place], run):
            place -= 1
        if place < lowest:
            seen[key] = len(open_runs)
            return
        opener = open_runs[place]
        used = 2 if run.size > 1 and opener.size > 1 else 1
        opener.size -= used
        run.size -= used
        del open_runs[place + (opener.size > 0) :]
        for other, known in seen.items():
            seen[other] = min(known, len(open_runs))


def _fits(opener: Run, run: Run, /) -> bool:
    if opener.sign != run.sign:
        return False
    is_odd = (opener.closes or run.opens) and (opener.before + run.before) % 3 == 0
    return not is_odd or (opener.before % 3 == 0 and run.before % 3 == 0)


def _is_sign(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "PS"
