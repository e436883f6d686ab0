"""A task's heads in a bundle: saved with its options and labels, and rebuilt as they were."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from examples.tiny_model import TEXTS, tiny_model
from openluke.checkpoints.bundle import Bundle
from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.saving import save_bundle
from openluke.errors import ConfigError
from openluke.model.config import HeadConfig
from openluke.task import load_task
from tests import toy_task
from tests.toy_task import ToyConfig, ToyTask

LABELS = ("city", "river")


@pytest.fixture
def bundle(monkeypatch: pytest.MonkeyPatch) -> Bundle:
    toy_task.install(monkeypatch)
    return tiny_model(TEXTS)


def with_toy(bundle: Bundle, **options) -> Bundle:
    task = ToyTask(ToyConfig(**options), setup=bundle.task_setup(LABELS))
    return bundle.with_task("places", task=task)


def logits(bundle: Bundle, name: str) -> np.ndarray:
    task = bundle.task(name)
    instances = [i for one in task.encode(toy_task.examples()) for i in one]
    inputs = task.collate(instances, rng=np.random.default_rng(0))
    with torch.no_grad():
        outputs = task.outputs(inputs, model=bundle.model_of(name))
    return np.concatenate([one["logits"] for one in outputs])


@pytest.mark.parametrize("quantise", [False, True], ids=["float32", "int8"])
def test_a_task_comes_back_with_its_options_and_all_its_heads(
    bundle: Bundle, quantise: bool, tmp_path: Path
) -> None:
    made = with_toy(bundle, temperature=2.5, second_head=True)
    save_bundle(made, directory=tmp_path / "model", quantise=quantise)
    again = load_bundle(tmp_path / "model")
    task = again.task()
    assert isinstance(task, ToyTask)
    assert task.config == ToyConfig(temperature=2.5, second_head=True)
    assert task.setup.labels == LABELS
    assert [(h.entry.name, h.entry.role) for h in again.heads] == [
        ("places", "main"),
        ("places-other", "other"),
    ]
    assert set(again.model_of("places").heads) == {"main", "other"}
    tolerance = 0.1 if quantise else 0
    np.testing.assert_allclose(logits(again, "places"), logits(made, "places"), atol=tolerance)


def test_several_tasks_stand_on_one_encoder(bundle: Bundle, tmp_path: Path) -> None:
    made = with_toy(bundle, second_head=True)
    made = made.with_task("more", task=ToyTask(ToyConfig(), setup=made.task_setup(("a", "b", "c"))))
    save_bundle(made, directory=tmp_path / "model")
    again = load_bundle(tmp_path / "model")
    assert again.task_names() == ["places", "more"]
    assert again.task("more").setup.labels == ("a", "b", "c")
    assert logits(again, "more").shape == (3, 3)
    with pytest.raises(ConfigError, match=r"several heads: places, more; say which"):
        again.task()
    with pytest.raises(ConfigError, match="no task of its own; ask for 'places'"):
        again.task("places-other")
    with pytest.raises(ConfigError, match="no head named 'ner'"):
        again.model_of("ner")


def test_given_modules_are_kept(bundle: Bundle) -> None:
    first = with_toy(bundle)
    modules = dict(first.model_of("places").heads.items())
    second = bundle.with_task("copy", task=first.task(), modules=modules)
    assert second.head("copy").module is first.head("places").module


def test_a_name_is_taken_once(bundle: Bundle) -> None:
    with pytest.raises(ConfigError, match="already has a head named 'places'"):
        with_toy(with_toy(bundle))


def test_a_foreign_head_finds_the_task_that_can_use_it(bundle: Bundle) -> None:
    made = bundle.with_head("vectors", config=HeadConfig(kind="mention_vector"))
    assert made.head("vectors").entry.task is None
    assert isinstance(made.task(), ToyTask)


def test_a_head_that_no_task_can_use_is_named(bundle: Bundle) -> None:
    made = bundle.with_head("scorer", config=HeadConfig(kind="span_proposer"))
    with pytest.raises(ConfigError, match="'scorer' is of kind 'span_proposer', which no task"):
        made.task()
    with pytest.raises(ConfigError, match=r"this model has no head.*openluke finetune"):
        bundle.task()


def test_options_are_changed_by_name_and_checked(bundle: Bundle) -> None:
    made = with_toy(bundle, rounds=2)
    changed = made.with_options("places", options={"temperature": 3.0})
    assert changed.task().config == ToyConfig(temperature=3.0, rounds=2)
    assert made.task().config.temperature == 1.0
    with pytest.raises(ConfigError, match="unknown key 'temperatur'; did you mean 'temperature'"):
        made.with_options("places", options={"temperatur": 3.0})


@pytest.mark.parametrize(
    ("task", "options"),
    [
        ("ner", {"mode": "words"}),
        ("ner", {"features": "words"}),
        ("ner", {"proposer": True, "keep": 0.5}),
        ("relation_classification", {"bias": True}),
        ("sequence_classification", {"problem": "multi_label"}),
    ],
)
def test_what_the_heads_were_not_trained_for_is_refused(
    bundle: Bundle, task: str, options: dict[str, Any]
) -> None:
    kind = load_task(task)
    setup = bundle.task_setup(("a", "b"))
    made = bundle.with_task("it", task=kind(kind.config_type(), setup=setup))
    with pytest.raises(ConfigError, match=f"'it' were not trained for {next(iter(options))} = "):
        made.with_options("it", options=options)


def test_heads_that_transformers_does_not_know_lie_apart(bundle: Bundle, tmp_path: Path) -> None:
    made = bundle.with_head("spans", config=HeadConfig(kind="span_words"), labels=("O", "PER"))
    save_bundle(made, directory=tmp_path / "model")
    assert (tmp_path / "model" / "heads" / "spans.safetensors").is_file()
    values = json.loads((tmp_path / "model" / "config.json").read_text())
    assert values["architectures"] == ["LukeModel"]
    again = load_bundle(tmp_path / "model")
    weight = again.head("spans").module.classifier.weight
    assert torch.equal(weight, made.head("spans").module.classifier.weight)


def test_transformers_is_told_the_inputs_of_the_first_head(bundle: Bundle, tmp_path: Path) -> None:
    made = bundle.with_head("pairs", config=HeadConfig(kind="entity_pair"), labels=("a", "b"))
    save_bundle(made, directory=tmp_path / "model")
    values = json.loads((tmp_path / "model" / "tokenizer_config.json").read_text())
    assert values["task"] == "entity_pair_classification"
    assert load_bundle(tmp_path / "model").inputs == bundle.inputs


def test_a_role_ends_a_name(bundle: Bundle) -> None:
    entry = with_toy(bundle, second_head=True).head("places-other").entry
    assert entry.task_name == "places"
    with pytest.raises(ConfigError, match="expected a name that ends in '-other'"):
        type(entry)(name="places", config=entry.config, role="other")
