"""Our own records as JSON lines."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openluke.errors import DataError
from openluke.formats.json_records import json_form, read_records, write_records
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
from tests.formats.strategies import documents

TEXT = "Ada met 東京."
RECORDS = [
    Document(
        text=TEXT,
        mentions=(
            Mention(start=0, end=3, text="Ada", label="PER", entity="Ada Lovelace", language="en"),
            Mention(start=8, end=10, labels=(Label(label="city", score=0.5),)),
        ),
        relations=(Relation(head=Span(0, 3), tail=Span(8, 10), label="met"),),
        sentences=(Span(0, 11),),
        words=(Span(0, 3), Span(4, 7)),
        id="d",
    ),
    TaggedText(text="a b", words=(Span(0, 1), Span(2, 3)), tags=("X", "Y")),
    TaggedText(text="a b", words=(Span(0, 1),), mentions=(Mention(start=0, end=3, entity="B"),)),
    ClassifiedText(text="a", pair="b", labels=(Label(label="x"), Label(label="y"))),
    ClassifiedText(text="a", value=0.5),
    ClassifiedText(
        text=TEXT,
        pair="Ada",
        mentions=(Mention(start=0, end=3, entity="Ada Lovelace"),),
        pair_mentions=(Mention(start=0, end=3),),
    ),
    Question(
        question="Who?",
        context=TEXT,
        answers=(Answer(text="Ada", start=0, end=3), Answer(text="she")),
        mentions=(Mention(start=0, end=3),),
        question_mentions=(Mention(start=0, end=3),),
    ),
    ClozeQuestion(
        query="@placeholder met.",
        placeholder=Span(0, 12),
        context=TEXT,
        candidates=(Span(0, 3),),
        answers=(Answer(text="Ada", start=0),),
    ),
    ChoiceQuestion(question="?", choices=("a", "b"), answer=0),
    ChoiceQuestion(
        question="Ada?",
        context=TEXT,
        choices=("東京", "b"),
        mentions=(Mention(start=8, end=10),),
        question_mentions=(Mention(start=0, end=3),),
        choice_mentions=((Mention(start=0, end=2, text="東京", entity="Tokyo"),), ()),
    ),
    MaskedText(text=TEXT, masks=(Span(0, 3),), mentions=(Mention(start=8, end=10),)),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_every_record_is_read_as_it_was_written(tmp_path, record):
    path = tmp_path / "file"
    assert write_records(path, records=[record, record]) == 2
    assert [*read_records(path, kind=type(record))] == [record, record]
    form = json_form(type(record))
    assert form.looks_like(path.read_text(encoding="utf-8"))
    assert [*form.read(path)] == [record, record]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(documents(), max_size=3))
def test_any_documents_are_read_as_they_were_written(tmp_path, given_documents):
    path = tmp_path / "file"
    write_records(path, records=given_documents)
    assert [*read_records(path, kind=Document)] == given_documents


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec="utf-8")))
def test_any_text_is_read_as_it_was_written(tmp_path, text):
    path = tmp_path / "file"
    write_records(path, records=[ClassifiedText(text=text)])
    assert [each.text for each in read_records(path, kind=ClassifiedText)] == [text]


def test_a_file_that_cannot_be_finished_stays_as_it_was(tmp_path):
    path = tmp_path / "file"
    write_records(path, records=[ClassifiedText(text="a")])
    before = path.read_text()
    with pytest.raises(ZeroDivisionError):
        write_records(path, records=(ClassifiedText(text=str(1 / n)) for n in (1, 0)))
    assert path.read_text() == before


def test_a_file_in_another_encoding_is_read_where_it_is_said(write):
    rows = ['{"text": "é"}', '{"text": "東"}']
    for content in ("\n".join(rows), f"[{', '.join(rows)}]"):
        path = write(content.encode("utf-16"))
        found = json_form(Document).read(path, encoding="utf-16")
        assert [each.text for each in found] == ["é", "東"]
        with pytest.raises(DataError, match=r"give the option encoding .*utf-16"):
            [*read_records(path, kind=Document)]


def test_shorter_forms_are_written_out(write):
    short = {
        "text": TEXT,
        "mentions": [[0, 3, "PER"], [8, 10], {"start": 4, "end": 7, "labels": ["x", "y"]}],
        "relations": [[[0, 3], [8, 10], "met"], [[8, 10], [0, 3]]],
    }
    (document,) = read_records(write([short], lines=True), kind=Document)
    assert document.mentions == (
        Mention(start=0, end=3, label="PER"),
        Mention(start=8, end=10),
        Mention(start=4, end=7, labels=(Label(label="x"), Label(label="y"))),
    )
    assert document.relations == (
        Relation(head=Span(0, 3), tail=Span(8, 10), label="met"),
        Relation(head=Span(8, 10), tail=Span(0, 3)),
    )
    rows = [{"question": "?", "context": TEXT, "answers": ["Ada"]}]
    (question,) = read_records(write(rows), kind=Question)
    assert question.answers == (Answer(text="Ada"),)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"txt": "a"}, r"file:2: Document: unknown key 'txt'; did you mean 'text'\?"),
        ({"id": "a"}, r"file:2: Document: missing key 'text'"),
        ({"text": 3}, r"file:2: Document: text: found 3 \(int\), expected str"),
        (
            {"mentions": [[0, 12, "X"]]},
            r"file:2: Document: mentions\[0\]: span \(0, 12\) lies outside",
        ),
        ({"mentions": [[3, 3, "X"]]}, r"Document: mentions\[0\]: span \(3, 3\) is empty"),
        ({"mentions": [[0, 3, 5]]}, r"file:2: Document: mentions\[0\]: label: found 5"),
        ({"mentions": [[0]]}, r"file:2: Document: mentions\[0\]: found \[0\]"),
        ({"mentions": "x"}, r"file:2: Document: mentions: found 'x'"),
        ({"relations": [[[0, 3], [4, 99]]]}, r"Document: relations\[0\]: span \(4, 99\) lies"),
        ({"mentions": [{"start": 0}]}, r"file:2: Document: mentions\[0\]: missing key 'end'"),
        (
            {"mentions": [{"start": 0, "end": 3, "text": "Adam"}]},
            r'file:2: mentions\[0\]: characters 0 to 3 are "Ada", expected "Adam"',
        ),
    ],
)
def test_bad_rows_are_named_with_line_and_field(write, row, message):
    values = row if "txt" in row or "id" in row else {"text": TEXT} | row
    with pytest.raises(DataError, match=message) as caught:
        [*read_records(write([{"text": "a"}, values], lines=True), kind=Document)]
    assert caught.value.line == 2


@pytest.mark.parametrize(
    ("kind", "row", "message"),
    [
        (ClassifiedText, {"text": "ab", "pair": "Ada"}, r"pair_mentions\[0\]: .* \"Ada\", exp"),
        (ClassifiedText, {"text": "Ada"}, r"file:1: mentions\[0\]: characters 0 to 3 are \"Ada"),
        (TaggedText, {"text": "Ada", "words": []}, r"file:1: mentions\[0\]: characters 0 to 3"),
        (
            ChoiceQuestion,
            {"question": "?", "choices": ["Bo", "Ada"]},
            r"file:1: choice_mentions\[1\]\[0\]: characters 0 to 3 are \"Ada\", expected \"Eve\"",
        ),
    ],
)
def test_mentions_of_any_text_are_what_stands_there(write, kind, row, message):
    mention = {"start": 0, "end": 3, "text": "Eve"}
    values = {"mentions": [mention]}
    if kind is ChoiceQuestion:
        values = {"choice_mentions": [[], [mention]]}
    elif "pair" in row:
        values = {"pair_mentions": [mention]}
    with pytest.raises(DataError, match=message):
        [*read_records(write([row | values], lines=True), kind=kind)]


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        (ClassifiedText, '"value": NaN', "value: found NaN, expected a finite number"),
        (ClassifiedText, '"value": 1e999', "value: found Infinity, expected a finite number"),
        (ClassifiedText, '"label": ""', 'label: found "", expected a name; leave it out'),
        (ClassifiedText, '"labels": ["x", " "]', r'labels\[1\]: found " ", expected a name'),
        (Document, '"mentions": [[0, 1, ""]]', r'mentions\[0\].label: found ""'),
        (
            Document,
            '"mentions": [{"start": 0, "end": 1, "labels": [""]}]',
            r'mentions\[0\].labels\[0\]: found ""',
        ),
        (Document, '"relations": [[[0, 1], [1, 2], ""]]', r'relations\[0\].label: found ""'),
        (TaggedText, '"words": [[0, 2]], "tags": [""]', r'tags\[0\]: found "", expected a name'),
    ],
)
def test_labels_that_are_no_names_and_values_that_are_no_numbers_are_named(
    write, kind, values, message
):
    with pytest.raises(DataError, match=f"file:3: {message}"):
        [*read_records(write(f'\n\n{{"text": "ab", {values}}}\n'), kind=kind)]


def test_mentions_of_choices_may_be_pairs(write):
    row = {"question": "?", "choices": ["Ada", "Bo"], "choice_mentions": [[[0, 3]], []]}
    (question,) = read_records(write([row], lines=True), kind=ChoiceQuestion)
    assert question.choice_mentions == ((Mention(start=0, end=3),), ())


def test_answers_that_stand_elsewhere_are_named(write):
    row = {"question": "?", "context": TEXT, "answers": [{"text": "Ada", "start": 1}]}
    with pytest.raises(
        DataError, match=r'answers\[0\]: characters 1 to 4 are "da ", expected "Ada"'
    ):
        [*read_records(write([row], lines=True), kind=Question)]


@pytest.mark.parametrize(
    ("kind", "head", "looks"),
    [
        (Document, '{"text": "a"}\n{"txt', True),
        (Document, '[\n {"text": "a", "mentions": [{"start": 0}]}, {"te', True),
        (Document, '{"text": "a", "label": "x"}', False),
        (Document, '{"mentions": []}', False),
        (ClassifiedText, '{"text": "a", "label": "x"}', True),
        (ClassifiedText, '{"review_id": "a", "text": "x"}', False),
        (Question, '{"data": [{"title": "x"}]}', False),
        (Document, "", False),
        (Document, "text\tO\n", False),
    ],
)
def test_records_are_told_by_their_keys(kind, head, looks):
    assert json_form(kind).looks_like(head) == looks


def test_the_gap_of_a_cloze_question_may_be_marked_in_its_query(tmp_path):
    row = '{"query": "Then @placeholder woke", "context": "Ada slept", "candidates": [[0, 3]]}\n'
    (tmp_path / "file").write_text(row)
    form = json_form(ClozeQuestion)
    assert form.looks_like(row)
    (found,) = form.read(tmp_path / "file")
    assert found.placeholder == Span(5, 17)
    (tmp_path / "file").write_text(row + row.replace("@placeholder", "she"))
    with pytest.raises(
        DataError, match=r"file:2: .*'placeholder'; write @placeholder in the query"
    ):
        list(form.read(tmp_path / "file"))
