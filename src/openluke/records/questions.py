"""Questions and answers."""

from dataclasses import dataclass

from openluke.errors import DataError
from openluke.records.documents import Mention
from openluke.records.spans import Span, check_span, check_spans


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer: a stretch of the passage, or a text."""

    text: str
    start: int | None = None
    """Its first character in the passage; ``None`` where only the text is known."""
    end: int | None = None
    score: float | None = None
    """Probability when predicted."""

    @property
    def span(self) -> Span | None:
        """Where it stands; ``None`` where only the text is known."""
        if self.start is None:
            return None
        return Span(self.start, self.start + len(self.text) if self.end is None else self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question that a stretch of a passage answers."""

    question: str
    context: str
    """The passage."""
    answers: tuple[Answer, ...] | None = None
    """Every answer that counts as right; empty if the passage has none, ``None`` if not known."""
    title: str | None = None
    """Of the page that the passage is from."""
    mentions: tuple[Mention, ...] = ()
    """Entities of the passage."""
    question_mentions: tuple[Mention, ...] = ()
    """Entities of the question."""
    language: str | None = None
    """Of the passage and so of the answers, where a score asks for it."""
    id: str | None = None

    def __post_init__(self) -> None:
        asked = (mention.span for mention in self.question_mentions)
        check_spans((each.span for each in self.mentions), name="mentions", text=self.context)
        check_spans(asked, name="question_mentions", text=self.question)
        places = (answer.span for answer in self.answers or ())
        check_spans(places, name="answers", text=self.context)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClozeQuestion:
    """A sentence with a gap that one of the entities of a passage fills."""

    query: str
    placeholder: Span
    """The gap, in characters of the query."""
    context: str
    """The passage."""
    candidates: tuple[Span, ...]
    """What may fill the gap: mentions of entities in the passage."""
    highlights: tuple[Span, ...] = ()
    """Where the passage's summary points begin (``@highlight`` in ReCoRD)."""
    answers: tuple[Answer, ...] | None = None
    """Every answer that counts as right; ``None`` if not known."""
    id: str | None = None

    def __post_init__(self) -> None:
        check_span(self.placeholder, text=self.query)
        check_spans(self.candidates, name="candidates", text=self.context)
        check_spans(self.highlights, name="highlights", text=self.context)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredQuestion:
    """The answer that a model gives to a question of a passage."""

    answer: Answer | None
    """The best answer; ``None`` if the passage has none."""
    candidates: tuple[Answer, ...] = ()
    """The best answers, the likeliest first."""
    no_answer_score: float | None = None
    """How much likelier no answer is than the best one (a difference of logits; SQuAD 2.0 searches
    its threshold over it); ``None`` where the model always answers."""
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceQuestion:
    """A question with answers to choose from."""

    question: str
    choices: tuple[str, ...]
    context: str | None = None
    """A passage that belongs to the question."""
    answer: int | None = None
    """Which choice is right, counted from 0; ``None`` if not known."""
    mentions: tuple[Mention, ...] = ()
    """Entities of the passage."""
    question_mentions: tuple[Mention, ...] = ()
    """Entities of the question."""
    choice_mentions: tuple[tuple[Mention, ...], ...] = ()
    """Entities of each choice; empty if no choice has any."""
    id: str | None = None

    def __post_init__(self) -> None:
        if not self.choices:
            raise DataError("the question has no choices; expected at least one")
        self._check_mentions()
        if self.answer is not None and not 0 <= self.answer < len(self.choices):
            raise DataError(
                f"answer is {self.answer}, expected 0 to {len(self.choices) - 1} (the choices are "
                "counted from 0)"
            )

    def _check_mentions(self) -> None:
        if self.mentions and self.context is None:
            raise DataError("found mentions without a passage; expected context too")
        if self.choice_mentions and len(self.choice_mentions) != len(self.choices):
            raise DataError(
                f"choice_mentions are of {len(self.choice_mentions)} choices, expected those of "
                f"each of the {len(self.choices)} (an empty list where a choice has none)"
            )
        texts = {"mentions": self.context or "", "question_mentions": self.question}
        for name, text in texts.items():
            check_spans((each.span for each in getattr(self, name)), name=name, text=text)
        of_choices = zip(self.choice_mentions, self.choices, strict=False)
        for number, (mentions, choice) in enumerate(of_choices):
            name = f"choice_mentions[{number}]"
            check_spans((each.span for each in mentions), name=name, text=choice)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenAnswer:
    """The choice that a model takes."""

    answer: int
    """Which choice, counted from 0."""
    text: str
    score: float
    """Its probability."""
    scores: tuple[float, ...]
    """Probabilities of all choices."""
    id: str | None = None
