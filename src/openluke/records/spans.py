"""Ranges of characters."""

from collections.abc import Iterable
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


def check_spans(spans: Iterable[Span | None], *, name: str, text: str) -> None:
    """Check each span of a field that is known, and name the one that is wrong."""
    for index, span in enumerate(spans):
        try:
            if span is not None:
                check_span(span, text=text)
        except DataError as error:
            raise DataError(f"{name}[{index}]: {error}") from error
