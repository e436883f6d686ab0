"""Whole texts, and words of texts, with labels, numbers or gaps."""

from dataclasses import dataclass

from openluke.errors import DataError
from openluke.records.documents import Label, Mention, check_in_order
from openluke.records.spans import Span, check_spans


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifiedText:
    """A text, or a pair of them, with a label, several labels or a number; given or predicted."""

    text: str
    pair: str | None = None
    """The second text."""
    label: str | None = None
    """The label, where exactly one holds."""
    labels: tuple[Label, ...] | None = None
    """The labels that hold, where any number may."""
    value: float | None = None
    """The number, in regression."""
    score: float | None = None
    """Probability of ``label`` when predicted."""
    scores: dict[str, float] | None = None
    """Probabilities of all labels when predicted."""
    mentions: tuple[Mention, ...] = ()
    """Entities of the text, where it is given; predictions do not repeat them."""
    pair_mentions: tuple[Mention, ...] = ()
    """Entities of the second text."""
    id: str | None = None

    def __post_init__(self) -> None:
        check_spans((each.span for each in self.mentions), name="mentions", text=self.text)
        if self.pair is None:
            if self.pair_mentions:
                raise DataError("found pair_mentions without a second text; expected pair too")
            return
        check_spans(
            (each.span for each in self.pair_mentions), name="pair_mentions", text=self.pair
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedText:
    """A text each of whose words has a tag; given or predicted."""

    text: str
    words: tuple[Span, ...]
    """Its words in order."""
    tags: tuple[str, ...] | None = None
    """One for each word; ``None`` if not known."""
    scores: tuple[float, ...] | None = None
    """Probability of each tag when predicted."""
    mentions: tuple[Mention, ...] = ()
    """Entities of the text, where it is given; they need not begin or end with words."""
    id: str | None = None

    def __post_init__(self) -> None:
        check_in_order(self.words, what="word", text=self.text)
        check_spans((each.span for each in self.mentions), name="mentions", text=self.text)
        for name, values in (("tags", self.tags), ("scores", self.scores)):
            if values is not None and len(values) != len(self.words):
                raise DataError(
                    f"found {len(values)} {name} for {len(self.words)} words; expected one each"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedText:
    """A text with words or entities to be guessed."""

    text: str
    masks: tuple[Span, ...] = ()
    """Places in the text, each of which is read as one masked word."""
    mentions: tuple[Mention, ...] = ()
    """Mentions; those without an entity are masked entities, the others are read as what they
    name."""
    id: str | None = None

    def __post_init__(self) -> None:
        check_in_order(self.masks, what="mask", text=self.text)
        check_spans((each.span for each in self.mentions), name="mentions", text=self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A word or an entity that may fill a gap."""

    text: str
    """The word, or the entity's title."""
    score: float
    language: str | None = None
    """Of an entity's title, where the vocabulary has languages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledMask:
    """A gap with what may fill it, the likeliest first."""

    start: int
    end: int
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledText:
    """A masked text with what may stand in its gaps."""

    text: str
    words: tuple[FilledMask, ...] = ()
    entities: tuple[FilledMask, ...] = ()
    id: str | None = None
