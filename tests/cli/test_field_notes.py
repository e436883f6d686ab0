"""Every option that the commands show says what it does."""

from functools import partial
from typing import Literal

import pytest

from openluke.cli.field_notes import argument_notes, field_notes
from openluke.errors import ConfigError
from openluke.formats.reading import checked_options
from openluke.task import load_task, task_names


def read(
    path: str, *, first: int = 3, second: Literal["a", "b"] | None = None, third: bool = False
) -> None:
    """Read.

    Args:
        path: The file.
        first: A number of ``things``: any,
            on two lines.
        second: Another.
        third: The last.

    Returns:
        Nothing.
    """


def test_arguments_are_shown_with_their_defaults_and_notes():
    assert argument_notes(partial(read, second="a")) == [
        ("first", "3", "A number of things: any, on two lines."),
        ("second", "'a'", "Another. One of: a, b."),
        ("third", "false", "The last."),
    ]


@pytest.mark.parametrize("name", task_names())
def test_every_option_of_tasks_and_forms_is_explained(name):
    kind = load_task(name)
    assert all(note.note for note in field_notes(kind.config_type))
    for form in kind.forms:
        notes = argument_notes(form.read)
        names = ", ".join(note.name for note in notes)
        known = f"known keys: {names}$" if names else "there are no keys$"
        with pytest.raises(ConfigError, match=known):
            checked_options(form, options={"?": 0})
        assert [note.name for note in notes if not note.note] == []
