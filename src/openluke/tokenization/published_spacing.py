"""Texts with marked mentions as the published experiments read them, for equal numbers."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from openluke.records import Span

_BRACKETS = {
    "-LRB-": "(",
    "-LCB-": "(",
    "-LSB-": "(",
    "-RRB-": ")",
    "-RCB-": ")",
    "-RSB-": ")",
}
"""Brackets as treebanks write them. The published table gives one kind for all three."""


class Respaced(NamedTuple):
    """A text that was changed, with its mentions where they stand now."""

    text: str
    spans: tuple[Span, ...]


def respace(
    text: str, *, spans: Sequence[Span], spaces: bool = True, brackets: bool = True
) -> Respaced:
    """Cut a text at its mentions, change the parts, and join them.

    A mention that would have no characters left leaves the text as it is.

    Args:
        text: The text.
        spans: Its mentions.
        spaces: Take the space at the end of each part away, and put one before each mention and
            before what follows it, also where there was none: before a comma, after a bracket.
        brackets: Write treebanks' ``-LRB-`` as brackets.
    """
    bounds = {place for span in spans for place in span}
    cuts = sorted(bounds | {0, len(text)})
    starts, ends = {0: 0}, {0: 0}
    changed = ""
    for first, last in pairwise(cuts):
        part = text[first:last]
        if brackets:
            part = _with_brackets(part)
        if spaces:
            part = part.rstrip()
            if part and first in bounds and not part[0].isspace():
                changed += " "
        starts[first] = len(changed)
        changed += part
        ends[last] = len(changed)
    moved = tuple(Span(starts[start], ends[end]) for start, end in spans)
    if any(start >= end for start, end in moved):
        return Respaced(text, tuple(spans))
    return Respaced(changed, moved)


def _with_brackets(part: str) -> str:
    for escape, bracket in _BRACKETS.items():
        part = part.replace(escape, bracket)
    return part
