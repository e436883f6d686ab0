"""What a run starts from: which entities are learnt, and which words are new."""

from typing import Any

import pytest
import torch

from openluke.checkpoints.lite import make_lite
from openluke.config import from_mapping
from openluke.finetuning.recipe import FinetuneConfig
from openluke.finetuning.start import prepare
from tests.finetuning.tiny_start import tiny_bundle


def config(**values: Any) -> FinetuneConfig:
    given = {"model": "model", "task": "ner", "data": {"train": "train"}} | values
    return from_mapping(FinetuneConfig, values=given, where="test")


def learns_entities(bundle) -> bool:
    return bundle.encoder.entities.table.weight.requires_grad


@pytest.mark.parametrize("make", [tiny_bundle, lambda: make_lite(tiny_bundle())])
def test_a_table_of_special_entities_alone_is_learnt(make):
    start = prepare(make(), config=config(), labels={"ner": ("O", "PER")})
    assert start.bundle.encoder.config.n_entities == 4
    assert learns_entities(start.bundle)


@pytest.mark.parametrize(("choice", "learns"), [("frozen", False), ("trained", True)])
def test_a_recipe_may_say_what_becomes_of_the_table(choice, learns):
    bundle = tiny_bundle()
    start = prepare(bundle, config=config(entity_table=choice), labels={"ner": ("O", "PER")})
    assert start.bundle.encoder.config.n_entities == bundle.encoder.config.n_entities
    assert learns_entities(start.bundle) is learns


def test_new_words_begin_as_the_pieces_that_the_recipe_names():
    recipe = config(new_words={"[ENTITY]": "a"})
    bundle = prepare(tiny_bundle(), config=recipe, labels={"ner": ("O", "PER")}).bundle
    new, known = (bundle.tokenizer.id(token) for token in ("[ENTITY]", "a"))
    rows = bundle.encoder.words.tokens.weight
    assert new == bundle.tokenizer.n_words - 1
    assert torch.equal(rows[new], rows[known])
