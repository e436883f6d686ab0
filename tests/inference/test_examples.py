"""A caller's texts become the records that tasks read, completed where the text says the rest."""

import json

import pytest

from openluke.errors import ConfigError, DataError
from openluke.inference.examples import as_example, example_of, examples_of, is_one
from openluke.records import (
    ChoiceQuestion,
    ClozeQuestion,
    Document,
    MaskedText,
    Mention,
    Question,
    Span,
    TaggedText,
)
from openluke.task import load_task


def test_pairs_of_characters_are_mentions() -> None:
    found = as_example("Ana met Bo", kind=Document, options={"mentions": [(0, 3), [8, 10]]})
    assert found.mentions == (Mention(start=0, end=3), Mention(start=8, end=10))
    given = Mention(start=0, end=3, entity="Ana")
    rows = {"choices": ["Ana", "Bo"], "choice_mentions": [[(0, 3)], []]}
    question = as_example("Who?", kind=ChoiceQuestion, options=rows)
    assert question.choice_mentions == ((Mention(start=0, end=3),), ())
    found = as_example("Ana met Bo", kind=Document, options={"mentions": [given, Span(8, 10)]})
    assert found.mentions == (given, Mention(start=8, end=10))
    row = {"text": "Ana", "mentions": [{"start": 0, "end": 3, "entity": "Ana"}]}
    assert as_example(row, kind=Document).mentions == (given,)


def test_a_text_is_the_first_field_of_a_record() -> None:
    found = as_example("Who?", kind=Question, options={"context": "Ana did."})
    assert (found.question, found.context) == ("Who?", "Ana did.")
    found = as_example("Who?", kind=ChoiceQuestion, options={"choices": ["Ana", "Bo"]})
    assert found.choices == ("Ana", "Bo")
    with pytest.raises(DataError, match="Question: missing key 'context'"):
        as_example("Who?", kind=Question)


def test_words_masks_and_gaps_are_found_where_they_are_not_given() -> None:
    found = as_example("Ana's 東京!", kind=TaggedText)
    assert [span.of(found.text) for span in found.words] == ["Ana", "'", "s", "東", "京", "!"]
    found = as_example("A [MASK] and <mask>.", kind=MaskedText)
    assert found.masks == (Span(2, 8), Span(13, 19))
    assert as_example({"text": "[MASK]", "masks": []}, kind=MaskedText).masks == ()
    options = {"context": "Ana slept.", "candidates": [(0, 3)]}
    found = as_example("Then @placeholder woke", kind=ClozeQuestion, options=options)
    assert found.placeholder.of(found.query) == "@placeholder"
    with pytest.raises(DataError, match="missing key 'placeholder'"):
        as_example("Then she woke", kind=ClozeQuestion, options=options)


def test_one_example_is_told_from_several() -> None:
    assert is_one("a text")
    assert is_one({"text": "a"})
    assert is_one(Document(text="a"))
    assert not is_one(["a"])
    assert not is_one(iter(["a"]))


def test_what_a_task_can_do_nothing_with_is_refused() -> None:
    relations, ner = load_task("relation_classification"), load_task("ner")
    with pytest.raises(DataError, match=r"expected its mentions too.*\"mentions\": \[\[0, 7\]"):
        example_of("Ana met Bo", task=relations)
    with pytest.raises(ConfigError, match="found mentions, which ner finds by itself"):
        example_of("Ana met Bo", task=ner, options={"mentions": [(0, 3)]})
    for task in (relations, ner):
        with pytest.raises(DataError, match="found bytes, expected a text; decode them"):
            example_of(b"Ana met Bo", task=task)
    assert is_one(b"Ana")
    assert example_of("", task=relations) == Document(text="")
    given = example_of("Ana met Bo", task=relations, options={"mentions": [(0, 3), (8, 10)]})
    assert len(given.mentions) == 2


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("extractive_qa", "context"),
        ("cloze_qa", "context and candidates"),
        ("multiple_choice", "choices"),
    ],
)
def test_questions_without_what_they_are_about_are_shown_how(name: str, missing: str) -> None:
    task = load_task(name)
    with pytest.raises(DataError, match=rf"found a text alone, expected {missing} too") as caught:
        example_of("Who?", task=task)
    call, _, line = str(caught.value).partition("predict")[2].partition("), in a file or on ")
    asked = json.loads(line[line.index("{") :])
    (text, *rest) = asked.values()
    assert call == f"({text!r}, " + ", ".join(
        f"{key}={value!r}" for key, value in zip([*asked][1:], rest, strict=True)
    )
    whole = example_of(asked, task=task)
    assert example_of(text, task=task, options=dict([*asked.items()][1:])) == whole


def test_inputs_in_which_nothing_is_asked_are_told(caplog) -> None:
    relations = load_task("relation_classification")
    rows = [{"text": "Ana met Bo"}, {"text": "Ana met Bo", "mentions": [(0, 3), (8, 10)]}]
    assert len(list(examples_of(rows, task=relations))) == 2
    assert len(list(examples_of(rows[:1], task=load_task("ner")))) == 1
    assert not caplog.records
    assert len(list(examples_of(rows[:1], task=relations))) == 1
    assert "nothing is predicted, as no input has mentions" in caplog.text
    assert len(list(examples_of(["a [MASK]", "a"], task=load_task("fill_mask")))) == 2
    assert "a gap" not in caplog.text
    assert len(list(examples_of(["a", "b"], task=load_task("fill_mask")))) == 2
    assert "no input has a gap; write [MASK]" in caplog.text
