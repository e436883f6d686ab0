"""What people see: texts, character spans and mentions, before any tokenisation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from openluke.errors import DataError


class Span(NamedTuple):
    """A half-open range of characters (Python code points): ``text[start:end]``.

    It is a plain pair: ``(start, end)`` tuples and JSON lists serve wherever a span is asked for.
    """

    start: int
    end: int

    def of(self, text: str) -> str:
        """The characters that the span covers."""
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A stretch of text that names something, with what is known about it."""

    span: Span
    label: str | None = None
    """Its type, for example ``PER``."""
    entity: str | None = None
    """The title of the entity it names; ``None`` when unknown."""
    language: str | None = None
    """The Wikipedia language of ``entity``; ``None`` where the vocabulary has no languages."""
    score: float | None = None
    """Probability between 0 and 1 when predicted; ``None`` when given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A text with its mentions."""

    text: str
    mentions: Sequence[Mention] = ()
    id: str | None = None

    def __post_init__(self) -> None:
        for mention in self.mentions:
            check_span(mention.span, text=self.text)


def check_span(span: Span, *, text: str) -> None:
    """Raise a ``DataError`` unless the span covers at least one character of the text."""
    start, end = span
    if end <= start:
        kind = "empty" if end == start else "reversed"
        raise DataError(f"span ({start}, {end}) is {kind}; expected start < end")
    if start < 0 or end > len(text):
        raise DataError(
            f"span ({start}, {end}) lies outside its text of {len(text)} characters; "
            f"expected 0 <= start < end <= {len(text)} (counted in characters, not bytes)"
        )
