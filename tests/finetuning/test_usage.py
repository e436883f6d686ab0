"""Cards show a call that the model answers, of its own data."""

import ast
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from openluke.finetuning.data import Splits
from openluke.finetuning.usage import usage_of
from openluke.inference.examples import as_example
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
from openluke.task import load_task
from tests.finetuning.tiny_start import tiny_bundle

TEXT = "Ada wrote in London."
ADA, LONDON = Span(0, 3), Span(13, 19)
NAMED = Document(text=TEXT, mentions=(Mention(start=0, end=3, label="PER"),))
RELATED = Document(text=TEXT, relations=(Relation(head=LONDON, tail=ADA, label="of"),))
EXAMPLES: dict[str, tuple[Any, str]] = {
    "ner": (NAMED, "'Ada wrote in London.'"),
    "entity_typing": (NAMED, "'Ada wrote in London.', mentions=[(0, 3)]"),
    "relation_classification": (RELATED, "'Ada wrote in London.', mentions=[(13, 19), (0, 3)]"),
    "sequence_classification": (
        ClassifiedText(text=TEXT, pair="She did.", label="x"),
        "'Ada wrote in London.', pair='She did.'",
    ),
    "token_classification": (
        TaggedText(text=TEXT, words=(ADA,), tags=("N",)),
        "'Ada wrote in London.'",
    ),
    "fill_mask": (
        MaskedText(text=TEXT, masks=(LONDON,)),
        "'Ada wrote in London.', masks=[[13, 19]]",
    ),
    "extractive_qa": (
        Question(question="Where?", context=TEXT, answers=()),
        "'Where?', context='Ada wrote in London.'",
    ),
    "multiple_choice": (
        ChoiceQuestion(question="Who?", choices=("Ada", "Bob")),
        "'Who?', choices=['Ada', 'Bob']",
    ),
    "cloze_qa": (
        ClozeQuestion(query="X wrote.", placeholder=Span(0, 1), context=TEXT, candidates=(ADA,)),
        "'X wrote.', placeholder=[0, 1], context='Ada wrote in London.', candidates=[[0, 3]]",
    ),
}


def usage(
    task: str, *examples: Any, options: Mapping[str, Any] | None = None, **others: Any
) -> str | None:
    kind = load_task(task)
    made = kind(kind.config_type(**(options or {})), setup=tiny_bundle().task_setup(("a", "b")))
    splits = Splits(train=[], dev=list(examples), held_out=False, options=None)
    return usage_of({task: made, **others}, splits={task: splits})


@pytest.mark.parametrize("task", EXAMPLES)
def test_the_first_short_example_is_asked(task: str) -> None:
    example, arguments = EXAMPLES[task]
    first = next(name for name in ("text", "question", "query") if hasattr(example, name))
    long = replace(example, **{first: getattr(example, first) + " x" * 200})
    found = usage(task, long, example)
    assert found == f"model.predict({arguments})"
    call = ast.parse(found, mode="eval").body
    assert isinstance(call, ast.Call)
    fields = {word.arg or "": ast.literal_eval(word.value) for word in call.keywords}
    text = ast.literal_eval(call.args[0])
    asked = as_example(text, kind=load_task(task).example_type, options=fields)
    assert getattr(asked, first) == getattr(example, first)


def test_without_a_short_example_the_card_takes_its_own() -> None:
    assert usage("ner") is None
    assert usage("ner", Document(text=TEXT)) is None
    assert "@placeholder lives in America." in str(usage("cloze_qa"))


def test_names_are_found_whatever_is_read_of_them() -> None:
    found = usage("ner", NAMED, options={"features": "entity"})
    assert found == f"model.predict({TEXT!r})"


def test_one_of_several_heads_is_named() -> None:
    assert usage("ner", NAMED, other=None) == f"model.predict({TEXT!r}, head='ner')"
