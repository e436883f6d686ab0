"""Sequences of tags as spans of words, read as conlleval reads them or strictly by a scheme."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from openluke.errors import DataError

Scheme = Literal["iob1", "iob2", "bioes", "bilou"]
UNTYPED = "_"
"""The label of spans whose tags name none, as in seqeval."""
_ENDS = {"L": "E", "U": "S"}
"""BILOU is BIOES under other letters."""
_PREFIXES = {"iob1": "BI", "iob2": "BI", "bioes": "BIES", "bilou": "BILU"}


class WordSpan(NamedTuple):
    """A half-open range of words with a label."""

    start: int
    end: int
    label: str


class _Tag(NamedTuple):
    prefix: str
    """One of B, I, E, S and O."""
    label: str

    def continues(self, before: "_Tag") -> bool:
        """Whether it is of the same span as the tag before it."""
        return before.prefix in "BI" and self.prefix in "IE" and before.label == self.label


_OUTSIDE = _Tag("O", "")


def lenient_spans(tags: Sequence[str]) -> list[WordSpan]:
    """Spans of a sequence as conlleval reads it, whatever its scheme.

    A span goes on as long as its label stays the same and nothing says that one ends (E, S) or
    another begins (B, S). It may begin with any tag, so every sequence makes sense.
    """
    read = [*_read(tags, prefixes="BIESLU"), _OUTSIDE]
    spans: list[WordSpan] = []
    start = 0
    for place, (before, tag) in enumerate(pairwise([_OUTSIDE, *read])):
        if not tag.continues(before):
            if before.prefix != "O":
                spans.append(WordSpan(start, place, before.label))
            start = place
    return spans


def strict_spans(tags: Sequence[str], *, scheme: Scheme) -> list[WordSpan]:
    """Spans of a sequence that are well formed in a scheme, as seqeval's strict mode has it.

    What does not begin and end as the scheme demands is no span.
    """
    read = [*_read(tags, prefixes=_PREFIXES[scheme]), _OUTSIDE]
    spans: list[WordSpan] = []
    place, before = 0, _OUTSIDE
    while place < len(read):
        first = place
        place += 1
        if _begins(read[first], before=before, scheme=scheme):
            while read[place].continues(read[place - 1]):
                place += 1
            if _ends(read[place - 1], after=read[place], scheme=scheme):
                spans.append(WordSpan(first, place, read[first].label))
        before = read[place - 1]
    return spans


def _begins(tag: _Tag, *, before: _Tag, scheme: Scheme) -> bool:
    if scheme != "iob1":
        return tag.prefix in "BS"
    if tag.prefix == "B":  # stands only where a span follows another of its label at once
        return before.prefix in "BI" and before.label == tag.label
    return tag.prefix == "I" and (before.prefix != "I" or before.label != tag.label)


def _ends(tag: _Tag, *, after: _Tag, scheme: Scheme) -> bool:
    if scheme in ("bioes", "bilou"):
        return tag.prefix in "ES"
    if scheme == "iob2":
        return True
    # seqeval knows no end of IOB1 before a B that follows a B of another label, where none may be.
    return not (tag.prefix == after.prefix == "B" and tag.label != after.label)


def _read(tags: Sequence[str], *, prefixes: str) -> list[_Tag]:
    return [_read_tag(tag, prefixes=prefixes) for tag in tags]


def _read_tag(tag: str, *, prefixes: str) -> _Tag:
    if tag == "O":
        return _OUTSIDE
    prefix, dash, label = tag.partition("-")
    if len(prefix) != 1 or prefix not in prefixes:
        known = ", ".join(f"{one}-LABEL" for one in prefixes)
        raise DataError(f"found the tag {tag!r}, expected O or one of {known}")
    return _Tag(_ENDS.get(prefix, prefix), label if dash and label else UNTYPED)
