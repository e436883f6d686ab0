"""Texts with mentions and the relations between them, given or predicted."""

from dataclasses import dataclass

from openluke.errors import DataError
from openluke.records.spans import Span, check_span, check_spans


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A label, with its probability when it was predicted."""

    label: str
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A stretch of text that names something, with what is known about it."""

    start: int
    end: int
    text: str | None = None
    """The characters that it covers; predictions carry them, in given data they may be left out."""
    label: str | None = None
    """Its type, for example ``PER``, where it has one."""
    labels: tuple[Label, ...] | None = None
    """Its types, where it may have any number of them (entity typing); empty if it has none."""
    entity: str | None = None
    """The title of the entity it names; ``None`` when unknown."""
    language: str | None = None
    """The Wikipedia language of ``entity``; ``None`` where the vocabulary has no languages."""
    score: float | None = None
    """Probability between 0 and 1 when predicted; ``None`` when given."""

    @property
    def span(self) -> Span:
        """Where it stands."""
        return Span(self.start, self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """What holds between two mentions."""

    head: Span
    """Characters of the first mention, the subject."""
    tail: Span
    """Characters of the second mention, the object."""
    label: str | None = None
    """The relation; ``None`` where it is to be predicted."""
    score: float | None = None
    """Probability when predicted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A text with its mentions and relations."""

    text: str
    mentions: tuple[Mention, ...] = ()
    relations: tuple[Relation, ...] = ()
    sentences: tuple[Span, ...] | None = None
    """Its sentences in order, where the data says them; nothing that is found crosses one."""
    words: tuple[Span, ...] | None = None
    """Its words in order, where the data says them; what is found begins and ends with words."""
    id: str | None = None

    def __post_init__(self) -> None:
        check_spans((each.span for each in self.mentions), name="mentions", text=self.text)
        check_spans((each.head for each in self.relations), name="relations", text=self.text)
        check_spans((each.tail for each in self.relations), name="relations", text=self.text)
        check_in_order(self.sentences or (), what="sentence", text=self.text)
        check_in_order(self.words or (), what="word", text=self.text)


def check_in_order(spans: tuple[Span, ...], *, what: str, text: str) -> None:
    """Raise a ``DataError`` unless spans follow each other in a text without sharing anything."""
    before = 0
    for index, span in enumerate(spans):
        check_span(span, text=text)
        if span[0] < before:
            raise DataError(
                f"{what} {index} ({span[0]}, {span[1]}) begins before the end of the one before "
                f"it ({before}); expected {what}s in order, without overlaps"
            )
        before = span[1]
