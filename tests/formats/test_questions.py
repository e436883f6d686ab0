"""Questions in the forms of SQuAD, ReCoRD and JCommonsenseQA."""

import logging

import pytest

from openluke.errors import DataError
from openluke.formats.jglue import read_jcommonsenseqa
from openluke.formats.record_cloze import looks_like_record, read_record
from openluke.formats.squad import looks_like_squad, read_squad
from openluke.records import Answer

CONTEXT = "東京 is the capital of Japan."
PASSAGE = "Ada met Bob.\n@highlight\nBob sang\n@highlight\nhe won"


def squad(*questions):
    rows = [{"id": f"q{n}", "question": "What?"} | each for n, each in enumerate(questions)]
    paragraph = {"context": CONTEXT, "qas": rows}
    return {"version": "x", "data": [{"title": "Tōkyō", "paragraphs": [paragraph]}]}


def record(**changes):
    row = {
        "id": "r1",
        "query": "It was @placeholder.",
        "answers": [{"start": 8, "end": 10, "text": "Bob"}],
    }
    entities = [{"start": 24, "end": 26}, {"start": 0, "end": 2}, {"start": 8, "end": 10}]
    passage = {"text": PASSAGE, "entities": changes.pop("entities", entities)}
    return {"data": [{"id": "p", "passage": passage, "qas": [row | changes]}], "version": "1.0"}


def test_answers_of_squad_stand_in_their_passage(write):
    given = {
        "answers": [{"text": "東京", "answer_start": 0}, {"text": "Japan", "answer_start": 21}]
    }
    (question,) = read_squad(write(squad(given)), language="ja")
    assert question.answers == (
        Answer(text="東京", start=0, end=2),
        Answer(text="Japan", start=21, end=26),
    )
    assert (question.context, question.title, question.id) == (CONTEXT, "Tōkyō", "q0")
    assert question.language == "ja"


def test_no_answer_and_unknown_answers_are_not_the_same(write):
    rows = [
        {},
        {"answers": []},
        {"answers": [], "is_impossible": True, "plausible_answers": [{"text": "x"}]},
        {"is_impossible": True},
        {"answers": None},
    ]
    questions = [*read_squad(write(squad(*rows)))]
    assert [question.answers for question in questions] == [None, (), (), (), None]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            {"answers": [{"text": "Japan", "answer_start": 20}]},
            r"file:\d+: data\[0\]\.paragraphs\[0\]\.qas\[1\]\.answers\[0\]\.answer_start: at",
        ),
        (
            {"answers": [{"text": "Japan", "answer_start": 20}]},
            r'character 20 of the context stands " Japa", expected the answer "Japan"',
        ),
        ({"answers": [{"text": "東", "answer_start": -28}]}, r"character -28 of the context"),
        ({"answers": [{"text": "", "answer_start": 3}]}, r'expected the answer ""'),
        ({"answers": [{"text": "東京"}]}, r"answers\[0\]: missing key 'answer_start'"),
        ({"answers": ["東京"]}, r'answers\[0\]: found "東京", expected an object'),
        ({"answers": [], "is_impossible": False}, r"qas\[1\]\.answers: found none, expected at"),
        (
            {"answers": [{"text": "東京", "answer_start": 0}], "is_impossible": True},
            r"qas\[1\]\.answers: found 1, expected none, since is_impossible",
        ),
        ({"is_impossible": "no"}, r'is_impossible: found "no", expected true or false'),
        ({"question": 3}, r"qas\[1\]\.question: found 3, expected a string"),
    ],
)
def test_bad_questions_of_squad_are_named(write, row, message):
    with pytest.raises(DataError, match=message):
        [*read_squad(write(squad({}, row)))]


def test_the_line_of_a_bad_answer_is_said(write):
    path = write(squad({}, {"answers": [{"text": "x", "answer_start": 0}]}))
    with pytest.raises(DataError) as caught:
        [*read_squad(path)]
    line = path.read_text(encoding="utf-8").split("\n")[caught.value.line - 1]
    assert line.strip() == '"answer_start": 0'


def test_the_lenient_forget_wrong_places_and_say_so(write, caplog):
    given = {"answers": [{"text": "Japan", "answer_start": 0}]}
    with caplog.at_level(logging.WARNING):
        (question,) = read_squad(write(squad(given)), lenient=True)
    assert question.answers == (Answer(text="Japan"),)
    assert "1 answers do not stand at their place" in caplog.text


def test_a_part_of_the_articles_may_be_read(write):
    data = {"data": [squad({"id": f"a{n}"})["data"][0] for n in range(5)]}
    assert [each.id for each in read_squad(write(data), start=1, end=3)] == ["a1", "a2"]


def test_record_has_ends_that_are_last_characters(write):
    (question,) = read_record(write(record()))
    assert [span.of(PASSAGE) for span in question.candidates] == ["Ada", "Bob", "Bob"]
    assert [span.of(PASSAGE) for span in question.highlights] == ["@highlight"] * 2
    assert question.placeholder.of(question.query) == "@placeholder"
    assert question.answers == (Answer(text="Bob", start=8, end=11),)
    assert (question.context, question.id) == (PASSAGE, "r1")


def test_record_without_answers_does_not_know_them(write):
    (question,) = read_record(write(record(answers=None)))
    assert question.answers is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"query": "none"},
            r"file:\d+: data\[0\]\.qas\[0\]\.query: found 0 @placeholder, expected",
        ),
        ({"query": "@placeholder or @placeholder"}, "found 2 @placeholder"),
        (
            {"answers": [{"start": 8, "end": 10, "text": "bob"}]},
            r'qas\[0\]\.answers\[0\]\.text: its place has "Bob", expected "bob"',
        ),
        (
            {"entities": [{"start": 8, "end": 99}]},
            r"data\[0\]\.passage\.entities\[0\]: found characters 8 to 99, expected places in",
        ),
    ],
)
def test_bad_questions_of_record_are_named(write, changes, message):
    with pytest.raises(DataError, match=message):
        [*read_record(write(record(**changes)))]


def test_choices_are_numbered(write):
    row = {"q_id": 5, "question": "春は？", "choice0": "a", "choice1": "b", "label": 1}
    known, unknown = read_jcommonsenseqa(write([row, row | {"label": None}], lines=True))
    assert (known.choices, known.answer, known.id) == (("a", "b"), 1, "5")
    assert unknown.answer is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"label": 2}, r"file:1: label: found 2, expected 0 to 1"),
        ({"label": "1"}, r'file:1: label: found "1", expected a whole number'),
        ({"choice1": 3}, r"file:1: choice1: found 3, expected a string"),
    ],
)
def test_bad_choices_are_named(write, changes, message):
    row = {"question": "?", "choice0": "a", "choice1": "b", "label": 1} | changes
    with pytest.raises(DataError, match=message):
        [*read_jcommonsenseqa(write([row], lines=True))]
    with pytest.raises(DataError, match="missing key 'choice0'"):
        [*read_jcommonsenseqa(write([{"question": "?"}], lines=True))]


def test_squad_and_record_are_told_apart_even_where_the_beginning_breaks_off(write):
    heads = [
        write(content).read_text(encoding="utf-8") for content in (squad({"answers": []}), record())
    ]
    assert [looks_like_squad(head) for head in heads] == [True, False]
    assert [looks_like_record(head) for head in heads] == [False, True]
    assert looks_like_squad('{"data": [{"paragraphs": [{"context": "東')
    assert looks_like_record('{"data": [{"passage": {"text": "東')
