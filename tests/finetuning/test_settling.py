"""What a recipe leaves open is decided by its data, told, and kept."""

import logging
from collections.abc import Sequence
from typing import Any

import pytest

from openluke.config import from_mapping
from openluke.finetuning.recipe import FinetuneConfig
from openluke.finetuning.settling import settled_recipe
from openluke.finetuning.start import options_of
from openluke.records import Document
from openluke.task import load_task, settled

SINGLE = [Document(text="Ana went to Tokyo."), Document(text="The Nile flows.")]
SEVERAL = [Document(text="Ana went to Tokyo. Bob stayed. So did the others.")]
DATA = {"train": "names.jsonl"}


def decided(config: FinetuneConfig, **examples: Sequence[Document]) -> FinetuneConfig:
    """The recipe with what the examples of its heads decide."""
    found: dict[str, Any] = {}
    for part in config.parts:
        kind = load_task(part.task)
        options = options_of(kind, values=part.options, where="test")
        found[part.head] = settled(kind, config=options, examples=examples[part.head])
    return settled_recipe(config, settled=found)


def recipe(**values: object) -> FinetuneConfig:
    return from_mapping(FinetuneConfig, values={"model": "m", **values}, where="test")


def test_the_data_decides_and_it_is_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        found = decided(recipe(task="ner", data=DATA), ner=SINGLE)
    assert found.options == {"context": "sentence"}
    assert found == recipe(task="ner", data=DATA, options={"context": "sentence"})
    (told,) = caplog.messages
    assert told.startswith("ner: context = 'sentence' is chosen, as the training data is;")
    assert decided(found, ner=SEVERAL) == found
    assert len(caplog.messages) == 1


def test_each_of_several_tasks_has_its_own() -> None:
    tasks = [
        {"task": "ner", "name": "short", "data": DATA, "options": {"negatives": 5}},
        {"task": "ner", "name": "long", "data": DATA},
        {"task": "entity_typing", "data": DATA},
    ]
    found = decided(recipe(tasks=tasks), short=SINGLE, long=SEVERAL, entity_typing=SINGLE)
    assert [part.options for part in found.parts] == [
        {"negatives": 5, "context": "sentence"},
        {"context": "document"},
        {},
    ]
