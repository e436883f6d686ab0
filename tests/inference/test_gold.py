"""Examples say what is right, each kind in its own way."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from examples.tiny_model import TEXTS, tiny_model
from openluke.errors import DataError, ExampleError
from openluke.inference.gold import check_gold
from openluke.records import (
    Answer,
    ChoiceQuestion,
    ClassifiedText,
    ClozeQuestion,
    Document,
    Label,
    MaskedText,
    Mention,
    Question,
    Relation,
    Span,
    TaggedText,
)
from openluke.task import load_task
from openluke.tasks.sequence_classification import (
    SequenceClassification,
    SequenceClassificationConfig,
)

NAME = Mention(start=0, end=3)
PAIR = Relation(head=Span(0, 3), tail=Span(8, 10))
ANSWER = (Answer(text="Ana"),)
CLOZE = {"query": "_ met Bo", "placeholder": Span(0, 1), "context": "Ana", "candidates": ()}
CASES = [
    ("ner", Document, {"mentions": (NAME,)}, {"mentions": (Mention(start=0, end=3, label="P"),)}),
    (
        "entity_typing",
        Document,
        {"mentions": (NAME,)},
        {"mentions": (Mention(start=0, end=3, labels=(Label(label="x"),)),)},
    ),
    (
        "relation_classification",
        Document,
        {"relations": (PAIR,)},
        {"relations": (Relation(head=Span(0, 3), tail=Span(8, 10), label="knows"),)},
    ),
    ("sequence_classification", ClassifiedText, {"value": 1.0}, {"labels": ()}),
    ("token_classification", TaggedText, {"words": ()}, {"words": (), "tags": ()}),
]


@pytest.mark.parametrize(("task", "kind", "bare", "full"), CASES)
def test_texts_say_what_is_right(task: str, kind: type, bare: dict, full: dict) -> None:
    unknown, known = kind(text="Ana met Bo", **bare), kind(text="Ana met Bo", **full)
    made = made_task(task)
    with pytest.raises(DataError, match=f"gold: none of the 2 examples .* to score {task} it"):
        check_gold([unknown, unknown], task=made, file=Path("gold"))
    check_gold([unknown, known], task=made, file=Path("gold"))


def test_questions_say_what_is_right(caplog) -> None:
    for task, bare, full in (
        ("extractive_qa", Question(question="Who?", context="Ana"), {"answers": ANSWER}),
        ("cloze_qa", ClozeQuestion(**CLOZE), {"answers": ANSWER}),
        ("multiple_choice", ChoiceQuestion(question="Who?", choices=("a", "b")), {"answer": 0}),
    ):
        values = {name: getattr(bare, name) for name in bare.__slots__}
        known = type(bare)(**values | full)
        with pytest.raises(DataError, match="it needs answers, such as"):
            check_gold([bare], task=made_task(task), file=Path("gold"))
        caplog.clear()
        check_gold([bare, known], task=made_task(task), file=Path("gold"))
        assert "gold: 1 of 2 examples do not say what is right" in caplog.text


def test_numbers_are_asked_of_regression_and_masks_of_masked_texts() -> None:
    numbers = made_task("sequence_classification", problem="regression")
    with pytest.raises(DataError, match='it needs numbers, such as "value"'):
        check_gold([ClassifiedText(text="a", label="x")], task=numbers, file=Path("gold"))
    unknown, known = MaskedText(text="a"), MaskedText(text="a", masks=(Span(0, 1),))
    with pytest.raises(DataError, match=r'"masks": .*; a model that was not taught'):
        check_gold([unknown], task=made_task("fill_mask"), file=Path("gold"))
    check_gold([unknown, known], task=made_task("fill_mask"), file=Path("gold"))


def test_what_cannot_be_scored_is_named_before_it_is() -> None:
    config = SequenceClassificationConfig(problem="single_label")
    task = SequenceClassification(config, setup=tiny_model(TEXTS).task_setup(("x", "y")))
    several = ClassifiedText(text="b", labels=(Label(label="x"), Label(label="y")))
    with pytest.raises(ExampleError, match="example 1: found 2 labels"):
        check_gold([ClassifiedText(text="a", label="x"), several], task=task, file=Path("gold"))


def made_task(name: str, **options):
    kind = load_task(name)
    config = kind.config_type(**options)
    names = ("name", "example_type", "head_kinds")
    return SimpleNamespace(config=config, **{one: getattr(kind, one) for one in names})
