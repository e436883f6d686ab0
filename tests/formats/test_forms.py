"""What must hold of every form."""

import importlib
import pkgutil

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import openluke.formats
from openluke.formats.form import Form
from openluke.formats.json_records import json_form
from openluke.formats.reading import checked_options
from openluke.records import Document


def all_forms():
    modules = [
        importlib.import_module(f"openluke.formats.{module.name}")
        for module in pkgutil.iter_modules(openluke.formats.__path__)
    ]
    return [each for module in modules for each in vars(module).values() if isinstance(each, Form)]


FORMS = [*all_forms(), json_form(Document)]
HEADS = st.text('{}[]",:\\\t\n #-OBI_x1<e12>', max_size=40) | st.text(max_size=20)


def test_names_are_unique_and_can_be_typed():
    names = [form.name for form in FORMS]
    assert len({*names}) == len(names) > 10
    assert all(name == name.lower() and " " not in name for name in names)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_the_options_of_a_form_can_be_checked(form):
    assert checked_options(form, options={}) == {}


@given(HEADS)
@example("[1, 2]")
@example("null\n")
@example('{"data": 3}')
@example("#\n#")
def test_no_beginning_of_a_file_breaks_the_telling_of_its_form(head):
    for form in FORMS:
        assert form.looks_like(head) in (True, False)
