"""Predictions and examples as people look at them: a text with marked stretches, and notes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from openluke.records import (
    AnsweredQuestion,
    ChoiceQuestion,
    ChosenAnswer,
    ClassifiedText,
    ClozeQuestion,
    Document,
    FilledMask,
    FilledText,
    Label,
    MaskedText,
    Mention,
    Question,
    Relation,
    TaggedText,
)

_SHOWN = 5
"""How many candidates are shown of a gap, and how many labels of a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A marked stretch of a text."""

    start: int
    end: int
    label: str
    """What stands beside it; marks of the same label look alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One prediction to be looked at."""

    text: str
    marks: tuple[Mark, ...] = ()
    """Marked stretches by their beginning; one may lie in another."""
    notes: tuple[str, ...] = ()
    """Lines about the whole."""


def view_of(prediction: Any, *, example: Any) -> View:
    """A prediction to be looked at, with the text that it is about.

    Args:
        prediction: What was predicted, or an example with what is given of it.
        example: What it was predicted of.
    """
    return _view(prediction, example)


@singledispatch
def _view(prediction: Any, example: Any) -> View:  # noqa: ARG001 - others read it
    return View(text=str(prediction))


@_view.register
def _(prediction: Document, example: Any) -> View:  # noqa: ARG001
    marks = (
        Mark(start=mention.start, end=mention.end, label=label)
        for mention in prediction.mentions
        if (label := _label_of(mention))
    )
    notes = tuple(_of_relation(one, text=prediction.text) for one in prediction.relations)
    return View(text=prediction.text, marks=_in_order(list(marks)), notes=notes)


@_view.register
def _(prediction: AnsweredQuestion, example: Question | ClozeQuestion) -> View:
    question = example.question if isinstance(example, Question) else example.query
    answer = prediction.answer
    if answer is None:
        return View(text=example.context, notes=(question, "no answer"))
    marks: tuple[Mark, ...] = ()
    if answer.start is not None and answer.end is not None:
        marks = (Mark(start=answer.start, end=answer.end, label="answer"),)
    note = f"{answer.text} {_share(answer.score)}".rstrip()
    return View(text=example.context, marks=marks, notes=(question, note))


@_view.register
def _(prediction: ClassifiedText, example: Any) -> View:  # noqa: ARG001
    text = prediction.text if prediction.pair is None else f"{prediction.text}\n{prediction.pair}"
    if prediction.value is not None:
        return View(text=text, notes=(f"{prediction.value:.3f}",))
    if prediction.labels is not None:
        return View(text=text, notes=(_of_labels(prediction.labels) or "no label",))
    scores = sorted((prediction.scores or {}).items(), key=lambda item: -item[1])
    labels = [Label(label=label, score=score) for label, score in scores[:_SHOWN]]
    return View(text=text, notes=(_of_labels(labels) or prediction.label or "no label",))


@_view.register
def _(prediction: ChosenAnswer, example: Any) -> View:
    note = f"{prediction.answer}: {prediction.text} {_share(prediction.score)}"
    return View(text=example.question, notes=(note,))


@_view.register
def _(prediction: TaggedText, example: Any) -> View:  # noqa: ARG001
    pairs = zip(prediction.words, prediction.tags or (), strict=False)
    marks = [Mark(start=word.start, end=word.end, label=tag) for word, tag in pairs if tag != "O"]
    return View(text=prediction.text, marks=_in_order(marks))


@_view.register
def _(prediction: FilledText, example: Any) -> View:  # noqa: ARG001
    gaps = [*prediction.words, *prediction.entities]
    marks = [Mark(start=g.start, end=g.end, label=_best(g)) for g in gaps if g.candidates]
    notes = tuple(_of_gap(gap, text=prediction.text) for gap in gaps)
    return View(text=prediction.text, marks=_in_order(marks), notes=notes)


@_view.register
def _(prediction: Question, example: Any) -> View:  # noqa: ARG001
    answers = prediction.answers or ()
    marks = [
        Mark(start=one.start, end=one.start + len(one.text), label="answer")
        for one in answers
        if one.start is not None
    ]
    texts = ", ".join(dict.fromkeys(one.text for one in answers)) or "no answer"
    return View(text=prediction.context, marks=_in_order(marks), notes=(prediction.question, texts))


@_view.register
def _(prediction: ClozeQuestion, example: Any) -> View:  # noqa: ARG001
    marks = [Mark(start=start, end=end, label="candidate") for start, end in prediction.candidates]
    answers = ", ".join(dict.fromkeys(one.text for one in prediction.answers or ()))
    notes = (prediction.query, answers) if answers else (prediction.query,)
    return View(text=prediction.context, marks=_in_order(marks), notes=notes)


@_view.register
def _(prediction: ChoiceQuestion, example: Any) -> View:  # noqa: ARG001
    notes = tuple(
        f"{'→' if number == prediction.answer else ' '} {number}: {choice}"
        for number, choice in enumerate(prediction.choices)
    )
    return View(text=prediction.question, notes=notes)


@_view.register
def _(prediction: MaskedText, example: Any) -> View:  # noqa: ARG001
    marks = [Mark(start=start, end=end, label="word") for start, end in prediction.masks]
    marks += [
        Mark(start=one.start, end=one.end, label=one.entity or "entity")
        for one in prediction.mentions
    ]
    return View(text=prediction.text, marks=_in_order(marks))


def _label_of(mention: Mention) -> str:
    if mention.labels is not None:
        return ", ".join(label.label for label in mention.labels)
    return mention.label or mention.entity or ""


def _of_relation(relation: Relation, *, text: str) -> str:
    head, tail = relation.head.of(text), relation.tail.of(text)
    return f"{head} → {relation.label} → {tail} {_share(relation.score)}".rstrip()


def _of_labels(labels: Sequence[Label]) -> str:
    return ", ".join(f"{label.label} {_share(label.score)}".rstrip() for label in labels)


def _best(gap: FilledMask) -> str:
    return gap.candidates[0].text


def _of_gap(gap: FilledMask, *, text: str) -> str:
    candidates = ", ".join(f"{one.text} {_share(one.score)}" for one in gap.candidates[:_SHOWN])
    return f"{text[gap.start : gap.end]} ← {candidates}"


def _share(score: float | None) -> str:
    return "" if score is None else f"{100 * score:.1f} %"


def _in_order(marks: list[Mark]) -> tuple[Mark, ...]:
    return tuple(sorted(set(marks), key=lambda mark: (mark.start, -mark.end)))
