"""Tables of texts, with names of columns or without."""

import csv
import io
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openluke.errors import ConfigError, DataError
from openluke.formats.detect import detect
from openluke.formats.reading import checked_options, open_examples
from openluke.formats.table import (
    JSICK,
    TEXT_AND_LABEL,
    looks_like_jsick,
    looks_like_table,
    looks_like_text_and_label,
    read_table,
)
from openluke.records import ClassifiedText, Label
from openluke.tasks.sequence_classification import SequenceClassification

TSV = 'text\tlabel\tid\nIt said "no.\tbad\ta\n\n東京 is big\t good \tb\nWho?\t\t\n'
TSV_ROWS = [
    ClassifiedText(text='It said "no.', label="bad", id="a"),
    ClassifiedText(text="東京 is big", label="good", id="b"),
    ClassifiedText(text="Who?"),
]
CSV = 'id,text,value\n1,"One, ""two""\nand three",2.5\n2,plain,-1e3\n'
CSV_ROWS = [
    ClassifiedText(text='One, "two"\nand three', value=2.5, id="1"),
    ClassifiedText(text="plain", value=-1000.0, id="2"),
]
LINES = "It is good.\tpos\nIt is bad.\tneg\nIt is fine.\tpos\n"


def rows(path, **options):
    return [*read_table(path, **options)]


@pytest.mark.parametrize(("content", "expected"), [(TSV, TSV_ROWS), (CSV, CSV_ROWS)])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_tables_are_read_by_the_names_of_their_columns(write, content, expected, end):
    assert rows(write(content.replace("\n", end))) == expected
    assert rows(write(content.rstrip("\n"))) == expected


def test_columns_may_have_any_names_and_stand_between_anything(write):
    content = "n;sentence;other;gold\n7;a,b;c\td;x\n"
    path = write("n|sentence|other|gold\n7|a,b|c;d|x\n")
    expected = ClassifiedText(text="a,b", pair="c;d", label="x", id="7")
    options = {"text": "sentence", "pair": "other", "label": "gold", "id": "n"}
    assert rows(path, delimiter="|", **options) == [expected]
    (found,) = rows(write(content), delimiter="semicolon", **options)
    assert found.pair == "c\td"


def test_a_file_may_lack_the_names_of_its_columns(write):
    path = write("pos\t1\tGood.\nneg\t2\tBad.\n")
    found = rows(path, columns=("label", "number", "text"))
    assert [(one.label, one.text) for one in found] == [("pos", "Good."), ("neg", "Bad.")]
    assert [one.text for one in rows(write("text\nOne, two; three\n\nfour\n"))] == [
        "One, two; three",
        "four",
    ]


def test_any_number_of_labels_stand_between_a_separator(write):
    found = rows(write("text\tlabel\na\tx| y\nb\t\nc\tz\n"), separator="|")
    assert [one.labels for one in found] == [
        (Label(label="x"), Label(label="y")),
        (),
        (Label(label="z"),),
    ]
    assert all(one.label is None for one in found)
    with pytest.raises(DataError, match=r"file:2: column 'label': found \"x\|\|y\", expected diff"):
        rows(write("text\tlabel\na\tx||y\n"), separator="|")
    with pytest.raises(ConfigError, match="separator is empty"):
        rows(write(TSV), separator="")


def test_a_column_may_be_longer_than_the_csv_module_reads_by_itself(write):
    before = csv.field_size_limit()
    (found,) = rows(write(f'text,label\n"{"a" * (before + 1)}",x\n'))
    assert (len(found.text), csv.field_size_limit()) == (before + 1, before)


def test_quotes_are_read_where_it_is_said(write):
    content = 'text\tlabel\n"a\tb"\tx\n'
    assert rows(write(content), quotes=True) == [ClassifiedText(text="a\tb", label="x")]
    with pytest.raises(DataError, match="file:2: found 3 columns, expected 2 as in line 1"):
        rows(write(content))
    assert rows(write('text,label\n"a,x\n'), quotes=False)[0].text == '"a'


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("text,label\na,x\nb\n", {}, r"file:3: found 1 columns, expected 2 as in line 1 \(text, l"),
        ('text,label\n"a\nb",x\n,y\n', {}, r"file:4: column 'text': nothing stands there, expec"),
        ("text,pair\na,b\nc, \n", {}, r"file:3: column 'pair': nothing stands there, expected a"),
        ("text\tvalue\na\tone\n", {}, r"file:2: column 'value': found \"one\", expected a number"),
        ("text\tvalue\na\tnan\n", {}, r"file:2: column 'value': found \"nan\", expected a number"),
        (
            "s\tlabel\na\tx\n",
            {},
            r"file: found no column 'text', .* columns are s, label; say it by",
        ),
        (TSV, {"value": "score"}, r"file: found no column 'score', expected the value there"),
        (TSV, {"columns": ("text",)}, r"file:1: found 3 columns, expected 1 as names of columns"),
        ("text,text\na,b\n", {}, r"file: found two columns named 'text'"),
        ("text,a;b\n", {}, r"file:1: what is between columns may be a comma or semicolon; say"),
        ('text,label\na,x\n"b,y\nc,z\n', {}, r"file:3: the quotes of the row that begins here"),
        (b"text,label\na,x\n\xe9,y\n", {}, r"file:3: not UTF-8"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_column(write, content, options, message):
    with pytest.raises(DataError, match=message):
        rows(write(content), **options)


def test_a_delimiter_is_one_character(write):
    with pytest.raises(ConfigError, match="delimiter is 'tabs', expected one character, or one of"):
        rows(write(TSV), delimiter="tabs")


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_characters="\r\x00")).filter(str.strip),
            st.text("xyz", min_size=1),
        ),
        min_size=1,
    ),
    st.sampled_from(",;|\t"),
)
def test_what_the_standard_library_writes_is_read(tmp_path: Path, pairs, delimiter):
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
    writer.writerows([("text", "label"), *pairs])
    path = tmp_path / "file"
    path.write_text(stream.getvalue(), encoding="utf-8", newline="")
    found = rows(path, delimiter=delimiter, quotes=True)
    assert [(one.text, one.label) for one in found] == pairs


@pytest.mark.parametrize(
    ("head", "table", "lines"),
    [
        (TSV, True, False),
        (CSV, True, False),
        ('"text";"label"\n', True, False),
        ("\n\ntext\nabc\n", True, False),
        ("sentence,label\na,x\n", True, False),
        (LINES, False, True),
        ("a\tx\nb\tx\nc", False, True),
        # The first line may be names, since its label stands nowhere else.
        ("sentence\tgold\na\tx\nb\tx\n", False, False),
        ("a\tb\tx\na\tc\tx\n", False, False),
        ("label\n", False, False),
        ('{"text": "a"}\t{}\n{"text": "b"}\t{}\n', False, False),
        ("", False, False),
    ],
)
def test_tables_are_told_by_their_first_lines(head, table, lines):
    assert looks_like_table(head) == table
    assert looks_like_text_and_label(head) == lines


def test_texts_with_labels_are_read_without_a_word(write):
    forms = SequenceClassification.forms
    path = write(LINES)
    assert detect(path, forms=forms) is TEXT_AND_LABEL
    found = [*open_examples(path, forms=forms)]
    assert [(one.text, one.label) for one in found][1] == ("It is bad.", "neg")
    assert [*open_examples(write(CSV), forms=forms)] == CSV_ROWS
    numbers = {"columns": ["text", "value"]}
    path = write("a\t1\nb\t2.5\n")
    found = [*open_examples(path, forms=forms, form="text-label", options=numbers)]
    assert [one.value for one in found] == [1.0, 2.5]


def test_jsick_is_a_table(write):
    names = "pair_ID\tsentence_A_En\tsentence_A_Ja\tsentence_B_Ja\tentailment_label_Ja"
    path = write(
        f"{names}\trelatedness_score_Ja\n1\tYes\tはい\tいいえ\tneutral\t3.7\n2\t\tあ\tい\t\t\n"
    )
    forms = SequenceClassification.forms
    assert detect(path, forms=forms) is JSICK
    assert checked_options(JSICK, options={"text": "a"}) == {"text": "a"}
    first, second = open_examples(path, forms=forms)
    assert first == ClassifiedText(text="はい", pair="いいえ", label="neutral", value=3.7, id="1")
    assert (second.label, second.value) == (None, None)
    assert not looks_like_jsick(TSV)


@pytest.mark.slow
@pytest.mark.skipif("OPENLUKE_DATA" not in os.environ, reason="set OPENLUKE_DATA to its folder")
@pytest.mark.parametrize(("name", "number"), [("train", 5000), ("test", 4927)])
def test_all_of_jsick_is_read(name, number):
    path = Path(os.environ["OPENLUKE_DATA"]) / "japanese" / "jsick" / f"{name}.tsv"
    found = [*open_examples(path, forms=SequenceClassification.forms)]
    assert len(found) == number
    assert {one.label for one in found} == {"entailment", "neutral", "contradiction"}
