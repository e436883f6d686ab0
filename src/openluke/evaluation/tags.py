"""Sequences of tags as spans of words, read as conlleval reads them or strictly by a scheme."""

from collections.abc import Iterable, Sequence

from openluke.errors import DataError
from openluke.records.tags import (
    LETTERS,
    NO_TAG,
    OUTSIDE,
    PLAIN_LETTERS,
    Scheme,
    Tag,
    WordRange,
    lenient_ranges,
)

UNTYPED = "_"
"""The label of ranges whose tags name none, as in seqeval."""
_EVERY_LETTER = "".join(PLAIN_LETTERS)


def lenient_spans(tags: Sequence[str]) -> list[WordRange]:
    """The ranges of a sequence as conlleval reads it; see ``lenient_ranges``."""
    return lenient_ranges(_read(tags, letters=_EVERY_LETTER))


def strict_spans(tags: Sequence[str], *, scheme: Scheme) -> list[WordRange]:
    """Spans of a sequence that are well formed in a scheme, as seqeval's strict mode has it.

    What does not begin and end as the scheme demands is no span.
    """
    read = [*_read(tags, letters=LETTERS[scheme]), NO_TAG]
    spans: list[WordRange] = []
    place, before = 0, NO_TAG
    while place < len(read):
        first = place
        place += 1
        if _begins(read[first], before=before, scheme=scheme):
            while read[place].continues(read[place - 1]):
                place += 1
            if _ends(read[place - 1], after=read[place], scheme=scheme):
                spans.append(WordRange(first, place, read[first].label))
        before = read[place - 1]
    return spans


def mark_spans(tags: Iterable[str]) -> bool:
    """Whether tags are such that say where spans begin and end: ``B-PER``, or ``B`` and ``I``."""
    known = {*tags} - {OUTSIDE}
    letters = {tag.partition("-")[0] for tag in known}
    is_told = all("-" in tag for tag in known) or {*"BI"} <= known
    return is_told and bool(letters & {*"BI"}) and letters <= {*_EVERY_LETTER}


def check_readable(tags: Iterable[str], *, scheme: Scheme | None = None) -> None:
    """Raise a ``DataError`` at the first tag that says nothing of spans.

    Args:
        tags: Some tags.
        scheme: Only its letters are known; by default those of all schemes are.
    """
    _read([*tags], letters=_EVERY_LETTER if scheme is None else LETTERS[scheme])


def _begins(tag: Tag, *, before: Tag, scheme: Scheme) -> bool:
    if scheme != "iob1":
        return tag.letter in "BS"
    if tag.letter == "B":  # stands only where a span follows another of its label at once
        return before.letter in "BI" and before.label == tag.label
    return tag.letter == "I" and (before.letter != "I" or before.label != tag.label)


def _ends(tag: Tag, *, after: Tag, scheme: Scheme) -> bool:
    if scheme in ("bioes", "bilou"):
        return tag.letter in "ES"
    if scheme == "iob2":
        return True
    # seqeval knows no end of IOB1 before a B that follows a B of another label, where none may be.
    return not (tag.letter == after.letter == "B" and tag.label != after.label)


def _read(tags: Sequence[str], *, letters: str) -> list[Tag]:
    return [_read_tag(tag, letters=letters) for tag in tags]


def _read_tag(tag: str, *, letters: str) -> Tag:
    if tag == OUTSIDE:
        return NO_TAG
    letter, dash, label = tag.partition("-")
    if len(letter) != 1 or letter not in letters:
        known = ", ".join(f"{one}-LABEL" for one in letters)
        raise DataError(f"found the tag {tag!r}, expected O or one of {known}")
    return Tag(PLAIN_LETTERS[letter], label if dash and label else UNTYPED)
