"""What can be counted of an example of any kind."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from openluke.errors import DataError
from openluke.records import (
    ChoiceQuestion,
    ClassifiedText,
    ClozeQuestion,
    Document,
    MaskedText,
    Mention,
    Question,
    Relation,
    Span,
    TaggedText,
)
from openluke.tokenization.word_boundaries import split_words


@dataclass(slots=True, kw_only=True)
class ExampleFacts:
    """What an example asks, what it says is right, and what there is to be counted."""

    asked: Any
    """What is predicted from, as plain JSON: two examples with the same are duplicates."""
    right: Any
    """What is right, as plain JSON."""
    known: bool
    """Whether it says what is right."""
    labels: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Labels by kind."""
    numbers: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    """Lengths and other numbers by name."""

    def add_text(self, text: str, *, name: str, words: Sequence[Span] | None = None) -> None:
        """Count the characters and words of a text."""
        n_words = len(split_words(text)) if words is None else len(words)
        self.add_number(len(text), name=f"{name}: characters")
        self.add_number(n_words, name=f"{name}: words")

    def add_spans(
        self,
        spans: Iterable[Span],
        *,
        name: str,
        text: str,
        words: Sequence[Span] | None = None,
    ) -> None:
        """Count the characters and words of stretches of a text, and how many there are."""
        spans = list(spans)
        self.add_number(len(spans), name=f"{name}s per example")
        for start, end in spans:
            self.add_number(end - start, name=f"{name}: characters")
            inside = _inside(start, end=end, text=text, words=words)
            self.add_number(inside, name=f"{name}: words")

    def add_number(self, number: float, *, name: str) -> None:
        """Count a number."""
        self.numbers.setdefault(name, []).append(number)


def facts_of(example: Any) -> ExampleFacts:
    """What can be counted of an example."""
    kind = type(example)
    if kind not in _FACTS:
        known = ", ".join(each.__name__ for each in _FACTS)
        raise DataError(f"found {kind.__name__}, expected examples of one of {known}")
    return _FACTS[kind](example)


def lacks_answer(example: Any) -> bool:
    """Whether an example that asks one thing does not say what is right.

    Documents never do: of these each mention and relation says it for itself.
    """
    match example:
        case ClassifiedText():
            return example.label is None and example.labels is None and example.value is None
        case TaggedText():
            return example.tags is None
        case Question() | ClozeQuestion():
            return example.answers is None
        case ChoiceQuestion():
            return example.answer is None
        case MaskedText():
            return not example.masks
        case _:
            return False


def _inside(start: int, *, end: int, text: str, words: Sequence[Span] | None) -> int:
    if words is None:
        return len(split_words(text[start:end]))
    before_end = bisect_left(words, end, key=lambda word: word[0])
    return before_end - bisect_right(words, start, key=lambda word: word[1])


def _document(example: Document) -> ExampleFacts:
    mentions, relations = example.mentions, example.relations
    pairs = [[*relation.head, *relation.tail] for relation in relations]
    typed = [mention for mention in mentions if mention.labels is not None]
    named = [mention.label for mention in mentions if mention.label is not None]
    holds = [relation.label for relation in relations if relation.label is not None]
    nothing_said = mentions and not (relations or typed or named)
    facts = ExampleFacts(
        asked=[example.text, sorted(pairs or [[*mention.span] for mention in typed])],
        right=[sorted(map(_plain, mentions)), sorted(map(_plain_relation, relations))],
        known=not nothing_said and len(holds) == len(relations),
    )
    facts.add_text(example.text, name="text", words=example.words)
    spans = [mention.span for mention in mentions]
    facts.add_spans(spans, name="mention", text=example.text, words=example.words)
    if named:
        facts.labels["mention"] = named
    if typed:
        facts.labels["type"] = [each.label for mention in typed for each in mention.labels or ()]
    if relations:
        facts.labels["relation"] = holds
    return facts


def _plain(mention: Mention) -> list[Any]:
    labels = sorted(label.label for label in mention.labels or ())
    return [mention.start, mention.end, mention.label or "", mention.entity or "", labels]


def _plain_relation(relation: Relation) -> list[Any]:
    return [*relation.head, *relation.tail, relation.label or ""]


def _classified(example: ClassifiedText) -> ExampleFacts:
    several = None if example.labels is None else sorted(each.label for each in example.labels)
    facts = ExampleFacts(
        asked=[example.text, example.pair],
        right=[example.label, several, example.value],
        known=any(given is not None for given in (example.label, several, example.value)),
    )
    facts.add_text(example.text, name="text")
    if example.pair is not None:
        facts.add_text(example.pair, name="pair")
    if example.label is not None:
        facts.labels["label"] = [example.label]
    if several is not None:
        facts.labels["label"] = several
        facts.add_number(len(several), name="labels per example")
    if example.value is not None:
        facts.add_number(example.value, name="value")
    return facts


def _tagged(example: TaggedText) -> ExampleFacts:
    tags = example.tags
    facts = ExampleFacts(asked=example.text, right=tags, known=tags is not None)
    facts.add_text(example.text, name="text", words=example.words)
    if tags is not None:
        facts.labels["tag"] = [*tags]
    return facts


def _question(example: Question) -> ExampleFacts:
    answers = example.answers
    facts = ExampleFacts(
        asked=[example.question, example.context],
        right=None if answers is None else sorted({answer.text for answer in answers}),
        known=answers is not None,
    )
    facts.add_text(example.question, name="question")
    facts.add_text(example.context, name="context")
    if answers is not None:
        facts.labels["answer"] = ["given" if answers else "none in the passage"]
        facts.add_number(len(answers), name="answers per example")
    for answer in answers or ():
        facts.add_text(answer.text, name="answer")
    return facts


def _cloze(example: ClozeQuestion) -> ExampleFacts:
    answers = example.answers
    facts = ExampleFacts(
        asked=[example.query, example.context],
        right=None if answers is None else sorted({answer.text for answer in answers}),
        known=answers is not None,
    )
    facts.add_text(example.query, name="query")
    facts.add_text(example.context, name="context")
    facts.add_spans(example.candidates, name="candidate", text=example.context)
    if answers is not None:
        reached = {answer.span for answer in answers}
        among = bool(reached & {Span(*span) for span in example.candidates})
        facts.labels["answer"] = ["a candidate" if among else "no candidate"]
    return facts


def _choice(example: ChoiceQuestion) -> ExampleFacts:
    answer = example.answer
    facts = ExampleFacts(
        asked=[example.question, example.context, *example.choices],
        right=answer,
        known=answer is not None,
    )
    facts.add_text(example.question, name="question")
    if example.context is not None:
        facts.add_text(example.context, name="context")
    facts.add_number(len(example.choices), name="choices per example")
    for choice in example.choices:
        facts.add_text(choice, name="choice")
    if answer is not None:
        facts.labels["answer"] = [f"choice {answer}"]
    return facts


def _masked(example: MaskedText) -> ExampleFacts:
    masks = [[*span] for span in example.masks]
    mentions = [[*mention.span] for mention in example.mentions]
    facts = ExampleFacts(asked=[example.text, masks, mentions], right=None, known=bool(masks))
    facts.add_text(example.text, name="text")
    facts.add_spans(example.masks, name="mask", text=example.text)
    facts.add_spans([each.span for each in example.mentions], name="mention", text=example.text)
    return facts


_FACTS: dict[type, Callable[[Any], ExampleFacts]] = {
    Document: _document,
    ClassifiedText: _classified,
    TaggedText: _tagged,
    Question: _question,
    ClozeQuestion: _cloze,
    ChoiceQuestion: _choice,
    MaskedText: _masked,
}
