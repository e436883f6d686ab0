"""Where the answers of a question stand among the pieces of its passage, and which windows have."""

from collections.abc import Sequence
from dataclasses import dataclass

from openluke.records import Answer, Span
from openluke.tokenization.alignment import pieces_of_span
from openluke.tokenization.question_pairs import QuestionPair
from openluke.tokenization.question_windows import QuestionWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPlaces:
    """The answers of a question."""

    ranges: tuple[tuple[int, int], ...]
    """Pieces of the passage, of those answers whose place is known."""
    is_unanswerable: bool
    """Whether the passage is known to have no answer."""

    @classmethod
    def of(cls, answers: Sequence[Answer], *, pair: QuestionPair) -> "AnswerPlaces":
        """Find the pieces that touch the answers; answers without a place are left out."""
        ranges = tuple(
            (begin - pair.passage[0], end - pair.passage[0])
            for answer in answers
            if answer.start is not None
            for begin, end in [pieces_of_span(pair.features, span=_span(answer), text=1)]
            if begin < end
        )
        return cls(ranges=ranges, is_unanswerable=not answers)

    def inside(self, window: QuestionWindow) -> tuple[int, int] | None:
        """The first answer that is whole in a window: its pieces in the window's input."""
        begin, end = window.passage
        before = begin - window.first
        moved = ((first + before, last + before) for first, last in self.ranges)
        return next((one for one in moved if begin <= one[0] and one[1] <= end), None)


def _span(answer: Answer) -> Span:
    start = answer.start or 0
    return Span(start, start + len(answer.text) if answer.end is None else answer.end)
