"""Names of a table are found in texts where words begin and end, the longest first."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openluke.errors import DataError
from openluke.formats.json_records import json_form
from openluke.formats.mention_table import MentionTable, read_mention_table
from openluke.formats.reading import open_examples
from openluke.formats.squad import FORM, read_squad
from openluke.records import Mention, Question

LINES = "New York\tNew York City\nYork\tYork\nNile\tNile\n東京\tTokyo\n"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "names.tsv"

    def make(text, **options):
        path.write_text(text, encoding="utf-8")
        return read_mention_table(path, **options)

    return make


def found(table, text, **options):
    return [(text[one.start : one.end], one.entity) for one in table.find(text, **options)]


def test_the_longest_name_counts_and_names_are_whole_words(table):
    names = table(LINES)
    assert found(names, "New York, Yorkshire, York.") == [
        ("New York", "New York City"),
        ("York", "York"),
    ]
    assert found(names, "東京都") == [("東京", "Tokyo")]
    assert found(names, "") == found(names, "nile") == []


def test_names_are_found_in_any_case_if_so_said(table):
    names = table(LINES, ignore_case=True)
    assert found(names, "the NILE in new york") == [("NILE", "Nile"), ("new york", "New York City")]
    ambiguous = table("US\tUnited States\nus\tUs (film)\nNile\tNile\n", ignore_case=True)
    assert found(ambiguous, "us at the Nile") == [("Nile", "Nile")]


@pytest.mark.parametrize(
    "text",
    ['{"Super_Bowl_50": {"Denver": "Denver Broncos"}}', "Super Bowl 50\tDenver\tDenver Broncos"],
)
def test_names_of_a_page_count_there_alone(table, text):
    names = table(text)
    assert found(names, "In Denver", page="Super_Bowl_50") == [("Denver", "Denver Broncos")]
    assert found(names, "In Denver", page="Super%20Bowl 50") == [("Denver", "Denver Broncos")]
    assert found(names, "In Denver", page="Colorado") == found(names, "In Denver") == []


def test_names_of_a_page_go_before_those_of_all(table):
    names = table("Denver\tDenver\nSuper Bowl 50\tDenver\tDenver Broncos\n")
    assert found(names, "Denver", page="Super Bowl 50") == [("Denver", "Denver Broncos")]
    assert found(names, "Denver", page="Colorado") == [("Denver", "Denver")]


def test_a_name_of_two_entities_is_of_none(table):
    assert found(table("York\tYork\nYork\tNew York City\nYork\tYork\n"), "York") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\tb\n\nx\n", r"names.tsv:3: found 1 columns \(1 with text\), expected a name and"),
        ("a\t\n", r"names.tsv:1: found 2 columns \(1 with text\)"),
        ("\n", "found an empty file"),
        ('{"a": {"b": 3}}', r"names.tsv:1: a.b: found 3, expected a string"),
        ('{"a": 3}', r"names.tsv:1: a: found 3, expected an object"),
    ],
)
def test_what_is_no_table_is_named(table, text, message):
    with pytest.raises(DataError, match=message):
        table(text)


NAMES = st.text(alphabet="aBİß 東.\u0301", min_size=1, max_size=4).map(str.strip).filter(bool)


@given(names=st.lists(NAMES, min_size=1), parts=st.lists(NAMES), ignore_case=st.booleans())
def test_what_is_found_is_the_name_as_it_stands_in_the_text(names, parts, ignore_case):
    keys = {name.lower() if ignore_case else name: f"E {name}" for name in names}
    table = MentionTable(pages={None: dict(keys)}, ignore_case=ignore_case, most_words=4)
    text = " ".join([*names, *parts])
    last = 0
    for one in table.find(text):
        assert last <= one.start < one.end
        last = one.end
        stands = text[one.start : one.end]
        assert keys[stands.lower() if ignore_case else stands] == one.entity


@pytest.fixture
def questions(tmp_path):
    path = tmp_path / "train.json"
    row = '{"id": "a", "question": "What is in Cairo?"}'
    path.write_text(
        '{"data": [{"title": "The_Nile", "paragraphs": '
        f'[{{"context": "The Nile flows to Cairo.", "qas": [{row}]}}]}}]}}'
    )
    (tmp_path / "names.json").write_text(
        '{"The Nile": {"Nile": "Nile", "Cairo": "Cairo"}, "Rome": {"The": "The"}}'
    )
    return path


def test_passages_and_questions_of_squad_have_the_names_of_a_table(questions):
    (one,) = read_squad(questions, mentions="names.json", language="en")
    assert [(each.start, each.end, each.entity, each.language) for each in one.mentions] == [
        (4, 8, "Nile", "en"),
        (18, 23, "Cairo", "en"),
    ]
    assert [(each.start, each.end, each.entity) for each in one.question_mentions] == [
        (11, 16, "Cairo")
    ]
    (bare,) = read_squad(questions)
    assert bare.mentions == bare.question_mentions == ()


def test_questions_may_have_a_table_of_their_own(questions):
    questions.with_name("es.tsv").write_text("Cairo\tes:El Cairo\n")
    (one,) = read_squad(questions, mentions="names.json", question_mentions="es.tsv", language="en")
    assert [(each.entity, each.language) for each in one.question_mentions] == [
        ("es:El Cairo", None)
    ]
    assert len(one.mentions) == 2


def test_a_table_that_fits_no_passage_is_told(questions, caplog):
    questions.with_name("other.tsv").write_text("Rome\tNile\tNile\n")
    with caplog.at_level(logging.WARNING):
        assert len(list(read_squad(questions, mentions="other.tsv"))) == 1
    assert "none of the names of other.tsv is in a passage" in caplog.text


def test_the_table_is_an_option_that_users_give_as_text(questions):
    options = {"mentions": "names.json", "ignore_case": True}
    (one,) = open_examples(questions, forms=[FORM], options=options)
    assert [each.entity for each in one.mentions] == ["Nile", "Cairo"]


@pytest.fixture
def lines(questions):
    path = questions.with_name("train.jsonl")
    path.write_text(
        '{"question": "What is in Cairo?", "context": "The Nile flows to Cairo.", '
        '"title": "The Nile", "language": "en", "id": "a"}\n'
    )
    return path


def test_questions_on_json_lines_have_the_names_of_a_table_as_those_of_squad(questions, lines):
    form = json_form(Question)
    assert form.tables == FORM.tables == ("mentions", "question_mentions")
    questions.with_name("es.tsv").write_text("Cairo\tes:El Cairo\n")
    for options in (
        {},
        {"mentions": "names.json", "ignore_case": True},
        {"mentions": "names.json", "question_mentions": "es.tsv"},
        {"question_mentions": "es.tsv"},
    ):
        (of_lines,) = open_examples(lines, forms=[form], options=options)
        given = options | {"language": "en"}
        (of_squad,) = open_examples(questions, forms=[FORM], options=given)
        assert (of_lines.mentions, of_lines.question_mentions) == (
            of_squad.mentions,
            of_squad.question_mentions,
        )


def test_mentions_of_a_line_go_before_those_of_a_table(lines, caplog):
    row = '{"question": "Cairo?", "context": "The Nile.", "title": "Rome"'
    own = ', "mentions": [[4, 8]], "question_mentions": [[0, 5]]'
    lines.write_text(f"{row}{own}}}\n")
    with caplog.at_level(logging.WARNING):
        (one,) = json_form(Question).read(lines, mentions="names.json")
    assert one.mentions == (Mention(start=4, end=8),)
    assert one.question_mentions == (Mention(start=0, end=5),)
    assert not caplog.records
    lines.write_text(f"{row}{own}}}\n{row}}}\n")
    first, second = json_form(Question).read(lines, mentions="names.json")
    assert first == one
    assert [each.entity for each in second.mentions] == ["The"]
