"""What a recipe leaves open is decided by its data, told, and kept."""

import logging

import pytest

from openluke.config import from_mapping
from openluke.finetuning.recipe import FinetuneConfig
from openluke.finetuning.settling import settled_recipe
from openluke.records import Document

SINGLE = [Document(text="Ana went to Tokyo."), Document(text="The Nile flows.")]
SEVERAL = [Document(text="Ana went to Tokyo. Bob stayed. So did the others.")]
DATA = {"train": "names.jsonl"}


def recipe(**values: object) -> FinetuneConfig:
    return from_mapping(FinetuneConfig, values={"model": "m", **values}, where="test")


def test_the_data_decides_and_it_is_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        found = settled_recipe(recipe(task="ner", data=DATA), examples={"ner": SINGLE})
    assert found.options == {"context": "sentence"}
    assert found == recipe(task="ner", data=DATA, options={"context": "sentence"})
    (told,) = caplog.messages
    assert told.startswith("ner: context = 'sentence' is chosen, as the training data is;")
    assert settled_recipe(found, examples={"ner": SEVERAL}) == found
    assert len(caplog.messages) == 1


def test_each_of_several_tasks_has_its_own() -> None:
    tasks = [
        {"task": "ner", "name": "short", "data": DATA, "options": {"negatives": 5}},
        {"task": "ner", "name": "long", "data": DATA},
        {"task": "entity_typing", "data": DATA},
    ]
    examples = {"short": SINGLE, "long": SEVERAL, "entity_typing": SINGLE}
    found = settled_recipe(recipe(tasks=tasks), examples=examples)
    assert [part.options for part in found.parts] == [
        {"negatives": 5, "context": "sentence"},
        {"context": "document"},
        {},
    ]
