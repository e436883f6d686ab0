"""Where things stand in JSON text."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from openluke.formats.json_scan import first_tokens, line_of, name_of, places

KEYS = st.text("ab.\u4e00 ", min_size=1, max_size=3)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


def ways(value, steps=()):
    yield steps
    if isinstance(value, dict):
        for key, item in value.items():
            yield from ways(item, (*steps, key))
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from ways(item, (*steps, index))


@given(VALUES, st.sampled_from([None, 1]))
def test_every_value_is_found_in_order(value, indent):
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    assert [place.steps for place in places(text)] == [*ways(value)]


@given(VALUES)
def test_values_begin_where_is_said(value):
    text = json.dumps(value, ensure_ascii=False, indent=1)
    for place in places(text):
        found, _ = json.JSONDecoder().raw_decode(text, place.position)
        inner = value
        for step in place.steps:
            inner = inner[step]
        assert found == inner


@given(VALUES, st.integers(0, 200))
@example({"a": "[x\x1f"}, 10)  # behind the sign that escapes the next
def test_text_may_break_off_anywhere(value, end):
    text = json.dumps(value)
    whole, cut = [*places(text)], [*places(text[:end])]
    assert [place.steps for place in cut] == [place.steps for place in whole[: len(cut)]]


@given(st.text('{}[],:"\\a1 \n', max_size=30))
def test_no_text_breaks_it(text):
    assert len([*places(text)]) <= len(text)


def test_lines_and_names_of_values():
    text = '{"data": [\n {"id": 1},\n {"id": 2, "a": {"b":\n 3}}]}'
    assert line_of(text, steps=("data", 1, "id")) == 3
    assert line_of(text, steps=("data", 1, "a", "b")) == 4
    assert line_of(text, steps=("data", 2)) is None
    assert name_of(("data", 1, "a", "b")) == "data[1].a.b"
    assert name_of((0,)) == "[0]"


@pytest.mark.parametrize("between", ["\n", " ", ""])
def test_first_tokens_are_of_all_values_of_a_text(between):
    text = between.join(['{"a": "x", "b": [1, 2]}', '{"a": "y", "c": {"d": null}}'])
    assert first_tokens(text) == {
        "": "{",
        "a": '"x"',
        "b": "[",
        "b[]": "1",
        "c": "{",
        "c.d": "null",
    }
