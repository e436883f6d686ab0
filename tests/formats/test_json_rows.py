"""Objects in JSON files, and what is said of those that are wrong."""

import pytest

from openluke.errors import DataError
from openluke.formats.json_rows import read_json, read_rows

ROWS = [{"a": 1}, {"a": 2, "b": "東京"}, {"a": 3}]


@pytest.mark.parametrize("lines", [True, False])
def test_lines_and_lists_give_the_same_rows(write, lines):
    assert [row.values for row in read_rows(write(ROWS, lines=lines))] == ROWS


def test_rows_of_a_list_know_their_line_and_number(write):
    rows = [*read_rows(write('\n[\n{"a":\n1}\n,\n {"a": 2}, {"a": 3}\n]\n'))]
    assert [(row.line, row.steps) for row in rows] == [(3, (0,)), (6, (1,)), (6, (2,))]


def test_lines_without_anything_are_left_out(write):
    rows = [*read_rows(write('\n{"a": 1}\n  \n\n{"a": 2}'))]
    assert [(row.line, row.integer("a")) for row in rows] == [(2, 1), (5, 2)]


def test_an_empty_file_and_an_empty_list_have_no_rows(write):
    assert (
        [*read_rows(write(""))] == [*read_rows(write(" \n"))] == [*read_rows(write("[\n]"))] == []
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1}\n{"a": }', r"file:2: not JSON: Expecting value \(character 7 of the line\)"),
        ('{"a": 1}\n[1]', r"file:2: found \[1\], expected a JSON object on each line"),
        ("3\n", r"file:1: found 3, expected a JSON object"),
        ('[{"a": 1},\n{"a" 2}]', r"file:2: \[1\]: not JSON: Expecting ':'"),
        ('[{"a": 1},\n 5]', r"file:2: \[1\]: found 5, expected an object"),
        (
            '[{"a": 1}\n{"a": 2}]',
            r'file:2: found "\{.*" after 1 items of the list, expected a comma',
        ),
        ('[{"a": 1},\n', r'file:2: found "" after 1 items of the list'),
        ('[{"a": 1}', r'file:1: found "" after 1 items'),
        ('[{"a": 1}]\n{}', r'file:1: found "\{\}" after 1 items .* nothing more'),
        ('{"a": "\\ud83d"}', r"file:1: found a lone surrogate after '\{\"a\": \"'"),
        ('[{},\n{"a": "x\\uDE00"}]', r"file:2: found a lone surrogate"),
    ],
)
def test_what_is_no_row_is_named_by_its_line(write, text, message):
    with pytest.raises(DataError, match=message):
        [*read_rows(write(text))]


def test_halves_of_characters_that_make_whole_ones_are_read(write):
    (row,) = read_rows(write('{"a": "\\ud83d\\ude00"}'))
    assert row.string("a") == "😀"


def test_deep_nesting_is_an_error_of_the_data(write):
    with pytest.raises(DataError, match="file:1: not JSON"):
        [*read_rows(write('{"a": ' + "[" * 100_000))]


def test_values_of_other_types_are_named_where_they_stand(write):
    value = {"data": [{"n": 1}, {"n": "2", "b": True, "l": [1, "x"], "o": [3], "f": "x"}]}
    row = [*read_json(write(value)).rows("data")][1]
    cases = [
        (lambda: row.integer("n"), r'file:7: data\[1\]\.n: found "2", expected a whole number'),
        (lambda: row.integer("b"), r"data\[1\]\.b: found true, expected a whole number"),
        (lambda: row.integers("l"), r'data\[1\]\.l\[1\]: found "x", expected a whole number'),
        (lambda: row.strings("l"), r"data\[1\]\.l\[0\]: found 1, expected a string"),
        (lambda: [*row.rows("o")], r"data\[1\]\.o\[0\]: found 3, expected an object"),
        (lambda: row.number("f"), r'data\[1\]\.f: found "x", expected a number'),
        (lambda: row.row("f"), r'data\[1\]\.f: found "x", expected an object'),
        (lambda: row.string("z"), r"data\[1\]: missing key 'z'; found: n, b, l, o, f"),
        (lambda: row.identifier("b"), r"data\[1\]\.b: found true, expected a string"),
    ]
    for ask, message in cases:
        with pytest.raises(DataError, match=message):
            ask()


def test_numbers_are_finite(write):
    (row,) = read_rows(write('{"a": NaN, "b": 1e999, "c": 2}'))
    for key in ("a", "b"):
        with pytest.raises(DataError, match="expected a number"):
            row.number(key)
    assert row.number("c") == 2.0


def test_what_may_be_missing_may_be_null(write):
    (row,) = read_rows(write([{"a": None, "id": 7}], lines=True))
    assert row.optional_string("a") is row.optional_string("b") is None
    assert (row.identifier("id"), row.identifier("b")) == ("7", None)


def test_a_file_of_one_object_that_is_none_is_named(write):
    with pytest.raises(DataError, match=r"file:1: found \[1\], expected one JSON object"):
        read_json(write("[1]"))
    with pytest.raises(DataError, match=r"file:2: not JSON: Expecting ',' delimiter"):
        read_json(write('{"a": 1\n"b": 2}'))
