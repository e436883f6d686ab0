"""What a run starts from: which entities are learnt, and which words are new."""

import logging
from dataclasses import replace
from typing import Any

import pytest
import torch

from openluke.checkpoints.lite import make_lite
from openluke.config import from_mapping
from openluke.errors import ConfigError
from openluke.finetuning.recipe import FinetuneConfig
from openluke.finetuning.start import prepare
from openluke.records import (
    ChoiceQuestion,
    ClassifiedText,
    Document,
    MaskedText,
    Mention,
    Question,
    TaggedText,
)
from tests.finetuning.tiny_start import tiny_bundle


def config(**values: Any) -> FinetuneConfig:
    given = {"model": "model", "task": "ner", "data": {"train": "train"}} | values
    return from_mapping(FinetuneConfig, values=given, where="test")


def learns_entities(bundle) -> bool:
    return bundle.encoder.entities.table.weight.requires_grad


@pytest.mark.parametrize("make", [tiny_bundle, lambda: make_lite(tiny_bundle())])
def test_a_table_of_special_entities_alone_is_learnt(make):
    start = prepare(make(), config=config(), labels={"ner": ("O", "PER")}, examples={"ner": ()})
    assert start.bundle.encoder.config.n_entities == 4
    assert learns_entities(start.bundle)


@pytest.mark.parametrize(("choice", "learns"), [("frozen", False), ("trained", True)])
def test_a_recipe_may_say_what_becomes_of_the_table(choice, learns):
    bundle = tiny_bundle()
    start = prepare(
        bundle,
        config=config(entity_table=choice),
        labels={"ner": ("O", "PER")},
        examples={"ner": ()},
    )
    assert start.bundle.encoder.config.n_entities == bundle.encoder.config.n_entities
    assert learns_entities(start.bundle) is learns


TEXT = "Ada wrote in London."
PLACE = Mention(start=13, end=19)
NAMED = replace(PLACE, entity="London")


@pytest.mark.parametrize(
    ("task", "example", "keeps"),
    [
        ("sequence_classification", ClassifiedText(text=TEXT, mentions=(NAMED,)), True),
        ("sequence_classification", ClassifiedText(text=TEXT, mentions=(PLACE,)), False),
        ("sequence_classification", ClassifiedText(text=TEXT), False),
        ("token_classification", TaggedText(text=TEXT, words=(), mentions=(NAMED,)), True),
        ("token_classification", TaggedText(text=TEXT, words=()), False),
        ("extractive_qa", Question(question="Where?", context=TEXT, mentions=(NAMED,)), True),
        ("extractive_qa", Question(question="Where?", context=TEXT), False),
        (
            "multiple_choice",
            ChoiceQuestion(question="Where?", choices=("London", "x"), choice_mentions=((), ())),
            False,
        ),
        (
            "multiple_choice",
            ChoiceQuestion(
                question="Where?",
                choices=("London", "x"),
                choice_mentions=((Mention(start=0, end=6, entity="London"),), ()),
            ),
            True,
        ),
        # it predicts entities
        ("fill_mask", MaskedText(text=TEXT), True),
        # it reads every span as a masked entity, whatever it names
        ("ner", Document(text=TEXT, mentions=(replace(NAMED, label="LOC"),)), False),
    ],
)
def test_the_table_is_kept_where_an_example_names_an_entity(task, example, keeps):
    bundle = tiny_bundle()
    n_entities = bundle.encoder.config.n_entities
    start = prepare(
        bundle,
        config=config(task=task),
        labels={task: ("O", "PER")},
        examples={task: [ClassifiedText(text="x"), example]},
    ).bundle
    assert start.encoder.config.n_entities == (n_entities if keeps else 4)
    assert learns_entities(start) is not keeps


def test_masks_that_are_filled_with_words_alone_need_no_table():
    start = prepare(
        tiny_bundle(),
        config=config(task="fill_mask", options={"mode": "words"}),
        labels={"fill_mask": ()},
        examples={"fill_mask": [MaskedText(text=TEXT, mentions=(NAMED,))]},
    ).bundle
    assert start.encoder.config.n_entities == 4


def test_inputs_are_limited_as_the_recipe_says(caplog):
    def inputs_of(**inputs):
        recipe = config(inputs=inputs)
        return prepare(
            tiny_bundle(), config=recipe, labels={"ner": ("O", "PER")}, examples={"ner": ()}
        )

    own = tiny_bundle().inputs
    assert inputs_of().bundle.inputs == own
    said = {"max_words": 64, "max_entities": 9, "max_mention_length": 5, "on_overflow": "error"}
    start = inputs_of(**said, stride=10)
    assert start.bundle.inputs == replace(own, **said, stride=10)
    assert start.tasks["ner"].setup.inputs == start.bundle.inputs
    assert inputs_of(max_words=64).bundle.inputs == replace(own, max_words=64)
    with caplog.at_level(logging.INFO):
        assert inputs_of(max_words=24).bundle.inputs == replace(own, max_words=24, stride=6)
    assert (
        "inputs.stride = 6, a quarter of max_words, is chosen: the 24 of the model" in caplog.text
    )
    with pytest.raises(ConfigError, match="inputs of the recipe: stride is 100, expected 0 <= st"):
        inputs_of(stride=100)
    with pytest.raises(ConfigError, match="inputs of the recipe: inputs may have 500 word pieces"):
        inputs_of(max_words=500)


def test_new_words_begin_as_the_pieces_that_the_recipe_names():
    recipe = config(new_words={"[ENTITY]": "a"})
    labels = {"ner": ("O", "PER")}
    bundle = prepare(tiny_bundle(), config=recipe, labels=labels, examples={"ner": ()}).bundle
    new, known = (bundle.tokenizer.id(token) for token in ("[ENTITY]", "a"))
    rows = bundle.encoder.words.tokens.weight
    assert new == bundle.tokenizer.n_words - 1
    assert torch.equal(rows[new], rows[known])
