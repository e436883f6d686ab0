"""The keys of recipes are listed as they are, each with what it is."""

import pytest

from openluke.cli.field_notes import field_notes
from tools import readme, recipe_keys


def test_the_list_is_what_the_code_says() -> None:
    text = recipe_keys.FILE.read_text(encoding="utf-8")
    written = readme.fill(text, regions=recipe_keys.regions())
    assert written == text, "recipes/README.md is out of date: run `make readme` and commit it"


@pytest.mark.parametrize("kind", [*recipe_keys.TABLES.values(), *recipe_keys.PRETRAINING.values()])
def test_every_key_is_explained(kind: type) -> None:
    assert [one.name for one in field_notes(kind) if not one.note] == []
