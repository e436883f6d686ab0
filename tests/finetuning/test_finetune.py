"""A whole run: the best model is kept, a killed run goes on, and nobody else's run is touched."""

import json
import logging
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from openluke.artifacts import fingerprint
from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.saving import save_bundle
from openluke.config import from_mapping
from openluke.errors import ConfigError, DataError, OpenLukeError
from openluke.file_lock import locked
from openluke.finetuning.finetune import finetune
from openluke.finetuning.recipe import FinetuneConfig, LearningConfig
from openluke.inference.load import load
from openluke.model.config import HeadConfig
from openluke.recipe_files import merge
from tests import toy_task
from tests.finetuning.tiny_start import tiny_bundle
from tests.toy_task import ToyTask

WORDS = {"city": ["Tokyo", "London", "Egypt"], "river": ["Nile", "river", "flows"]}
ROWS = [f"{label}\tthe {word} {n}" for n in range(8) for label in WORDS for word in WORDS[label]]


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    toy_task.install(monkeypatch)


@pytest.fixture
def start(tmp_path: Path) -> Path:
    bundle = tiny_bundle().with_head("masked", config=HeadConfig(kind="masked"))
    save_bundle(bundle, directory=tmp_path / "start")
    for name, rows in (("train", ROWS), ("dev", ROWS[:6]), ("test", ROWS[6:18])):
        (tmp_path / f"{name}.tsv").write_text("\n".join(rows) + "\n")
    return tmp_path / "start"


def recipe(start: Path, **changes: Any) -> FinetuneConfig:
    files = {name: str(start.with_name(f"{name}.tsv")) for name in ("train", "dev", "test")}
    values = {
        "model": str(start),
        "task": "toy",
        "data": files,
        "seed": 1,
        "training": {"epochs": 3, "batch_size": 8, "optimizer": {"learning_rate": 5e-3}},
    }
    return from_mapping(FinetuneConfig, values=merge(values, changes=changes), where="test")


def test_a_recipe_becomes_a_model_with_scores_and_a_card(start: Path, tmp_path: Path) -> None:
    config = recipe(start, licence="apache-2.0", paper={"source": "us", "scores": {"f1": 0.5}})
    result = finetune(config, output=tmp_path / "run", device="cpu")
    assert result is not None
    scores = result.report["scores"]["toy"]
    assert set(scores) == {"dev", "test"}
    assert scores["dev"]["values"]["accuracy"] == 1.0
    assert result.report["best_step"] <= result.report["steps"] == 18
    assert json.loads((tmp_path / "run" / "scores.json").read_text()) == result.report
    assert result.report["not_read"] == []
    data = result.report["data"]["toy"]
    files = {name: start.with_name(f"{name}.tsv") for name in ("train", "dev", "test")}
    assert {name: data[name]["fingerprint"] for name in data} == {
        name: fingerprint(file) for name, file in files.items()
    }
    assert not (tmp_path / "run" / "checkpoints").exists()
    bundle = load_bundle(result.model)
    assert [head.entry.name for head in bundle.heads] == ["toy"]
    assert bundle.task().setup.labels == ("city", "river")
    assert bundle.encoder.config.n_entities == 4  # the task needs no titles
    assert load(result.model, device="cpu").predict("the Nile 3").label == "river"
    lines = (tmp_path / "run" / "predictions" / "toy-test.jsonl").read_text().splitlines()
    assert len(lines) == 12
    card = (result.model / "README.md").read_text()
    for text in (
        "license: apache-2.0",
        "Fine-tuned from start, made from random weights: ",
        'model = openluke.load("run/model")',
        "model.predict('the Tokyo 0')",
        "| learning rate | 0.005 |",
        "## Scores on test",
        f"| toy | train | train.tsv | 48 | {data['train']['fingerprint'][:19]} |",
        "us reports: f1 0.500.",
        "| seed | 1 |",
    ):
        assert text in card
    assert str(tmp_path) not in card


def test_a_card_without_scores_has_no_room_for_them(start: Path, tmp_path: Path) -> None:
    config = recipe(start, training={"epochs": 1}, data={"dev": None, "dev_share": 0.0})
    config = replace(config, data=replace(config.data, test=None))
    card = (finetune(config, output=tmp_path / "run", device="cpu").model / "README.md").read_text()
    assert "Scores" not in card
    assert "in a second of prediction" not in card
    assert "model.predict('the Tokyo 0')" in card


def test_checkpoints_are_left_on_request(start: Path, tmp_path: Path) -> None:
    config = recipe(start, leave_checkpoints=True, training={"epochs": 1})
    finetune(config, output=tmp_path / "run", device="cpu")
    assert list((tmp_path / "run" / "checkpoints").glob("step-*"))
    # that is no other run
    finetune(replace(config, leave_checkpoints=False), output=tmp_path / "run", device="cpu")


def test_the_last_evaluation_is_not_made_again_for_the_model_that_it_chose(
    start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scored: list[int] = []

    def score(self: ToyTask, gold: Any, *, predicted: Any) -> Any:
        scored.append(len(gold))
        return real(self, gold, predicted=predicted)

    real = ToyTask.score
    monkeypatch.setattr(ToyTask, "score", score)
    result = finetune(recipe(start), output=tmp_path / "run", device="cpu")
    # dev after each of three epochs, the last of which is best or as good, and the test
    assert (result.report["best_step"], scored) == (18, [6, 6, 6, 12])
    lines = (tmp_path / "run" / "predictions" / "toy-dev.jsonl").read_text().splitlines()
    assert len(lines) == 6


def test_what_is_chosen_by_itself_is_told(
    start: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = replace(recipe(start), training=LearningConfig(epochs=1))
    with caplog.at_level(logging.INFO, logger="openluke.finetuning"):
        result = finetune(config, output=tmp_path / "run", device="cpu")
    assert "learning rate 0.0005 (by the width of the model), heads 10 times that" in caplog.text
    assert (result.report["learning_rate"], result.report["head_factor"]) == (5e-4, 10.0)
    # a head that goes on is not new
    again = replace(config, model=str(result.model))
    second = finetune(again, output=tmp_path / "second", device="cpu")
    assert second.report["head_factor"] == 1.0


def test_a_model_that_has_learnt_nothing_is_told_of(
    start: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "dev.tsv").write_text("lake\tthe Nile\n")
    finetune(recipe(start, training={"epochs": 1}), output=tmp_path / "run", device="cpu")
    assert "toy: nothing found in dev is right (accuracy 0.0)" in caplog.text
    assert "try more epochs (now 1) or a higher learning rate (now 0.005)" in caplog.text


def test_what_was_not_read_is_in_the_scores_and_on_the_card(
    start: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    row = {"text": "Ada lives in Tokyo", "mentions": [{"start": 0, "end": 1, "label": "PER"}]}
    for name in ("train", "dev"):
        (tmp_path / f"{name}.jsonl").write_text(f"{json.dumps(row)}\n" * 3)
    values = {
        "model": str(start),
        "task": "ner",
        "data": {name: str(tmp_path / f"{name}.jsonl") for name in ("train", "dev")},
        "training": {"epochs": 1},
    }
    config = from_mapping(FinetuneConfig, values=values, where="test")
    result = finetune(config, output=tmp_path / "run", device="cpu")
    assert "ner: the model finds nothing in dev (f1 0.0)" in caplog.text
    (told,) = result.report["not_read"]
    assert told.startswith("3 of 3 labelled mentions cannot be found")
    assert f"- {told}" in (result.model / "README.md").read_text()


def test_tests_do_not_touch_what_is_learnt(start: Path, tmp_path: Path) -> None:
    results = []
    for number in range(2):
        config = recipe(start)
        if number:
            config = replace(config, data=replace(config.data, test=None))
        finetune(config, output=tmp_path / f"run{number}", device="cpu")
        results.append(load_bundle(tmp_path / f"run{number}" / "model").encoder.state_dict())
    assert all(torch.equal(results[0][name], results[1][name]) for name in results[0])


class _Killer:
    """A tracker that ends the process's work after some steps."""

    def __init__(self, step: int) -> None:
        self.step = step

    def start(self, facts: Any) -> None: ...

    def log(self, values: Any, *, step: int) -> None: ...

    def advance(self, step: int) -> None:
        if step == self.step:
            raise KeyboardInterrupt

    def finish(self) -> None: ...


def test_a_run_that_was_stopped_ends_as_if_it_had_not_been(start: Path, tmp_path: Path) -> None:
    whole = finetune(recipe(start), output=tmp_path / "whole", device="cpu")
    with pytest.raises(KeyboardInterrupt):
        finetune(recipe(start), output=tmp_path / "run", device="cpu", trackers=[_Killer(14)])
    assert not (tmp_path / "run" / "scores.json").exists()
    # files may have been moved since then
    for name in ("train", "dev", "test"):
        shutil.move(tmp_path / f"{name}.tsv", tmp_path / f"{name}.moved")
    files = {name: str(tmp_path / f"{name}.moved") for name in ("train", "dev", "test")}
    result = finetune(recipe(start, data=files), output=tmp_path / "run", device="cpu")
    assert result.report["scores"] == whole.report["scores"]
    weights = [load_bundle(one.model).encoder.state_dict() for one in (whole, result)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_a_finished_run_is_not_made_again(start: Path, tmp_path: Path, monkeypatch) -> None:
    result = finetune(recipe(start), output=tmp_path / "run", device="cpu")
    monkeypatch.setattr(ToyTask, "encode", None)
    assert finetune(recipe(start), output=tmp_path / "run", device="cpu").report == result.report


def test_another_recipe_and_other_data_are_refused_by_name(start: Path, tmp_path: Path) -> None:
    finetune(recipe(start), output=tmp_path / "run", device="cpu")
    for changes, message in (
        ({"seed": 2}, r"\(seed: 1 before, 2 now\)"),
        ({"inputs": {"max_words": 64}}, r"\(inputs\.max_words: not given before, 64 now\)"),
        ({"options": {"temperature": 2.0}}, r"options\.temperature: not given before, 2\.0"),
        (
            {"data": {"train": str(tmp_path / "test.tsv")}},
            r"\(the train file of toy is another one, or has changed since\)",
        ),
    ):
        with pytest.raises(ConfigError, match=message):
            finetune(recipe(start, **changes), output=tmp_path / "run", device="cpu")


def test_a_directory_of_others_and_one_in_use_are_refused(start: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("…")
    with pytest.raises(ConfigError, match=r"holds thesis\.tex, and no run"):
        finetune(recipe(start), output=tmp_path / "mine", device="cpu")
    (tmp_path / "busy").mkdir()
    with (
        locked(tmp_path / "busy" / ".run.lock", what="busy"),
        pytest.raises(ConfigError, match="another process"),
    ):
        finetune(recipe(start), output=tmp_path / "busy", device="cpu")


def test_several_tasks_make_one_model_with_several_heads(start: Path, tmp_path: Path) -> None:
    config = recipe(start)
    parts = [
        {"task": "toy", "name": name, "data": {"train": str(config.data.train)}, **more}
        for name, more in (("places", {}), ("others", {"options": {"temperature": 2.0}}))
    ]
    training = {"epochs": 3, "batch_size": 8, "optimizer": {"learning_rate": 5e-3}}
    values = {"model": str(start), "tasks": parts, "training": training}
    config = from_mapping(FinetuneConfig, values=values, where="test")
    result = finetune(config, output=tmp_path / "run", device="cpu")
    assert set(result.report["scores"]) == {"places", "others"}
    assert result.report["held_out"]
    bundle = load_bundle(result.model)
    assert bundle.task_names() == ["places", "others"]
    assert bundle.task("others").config.temperature == 2.0
    model = load(result.model, device="cpu")
    assert model.predict("the Nile 3", head="others").label == "river"
    lines = (tmp_path / "run" / "metrics.jsonl").read_text()
    assert '"score/mean"' in lines
    assert '"score/others.accuracy"' in lines


def test_the_entity_table_is_kept_and_frozen_where_the_recipe_says_so(
    start: Path, tmp_path: Path
) -> None:
    data = {"dev": None, "dev_share": 0.0}
    config = recipe(start, options={"with_titles": True}, data=data, entity_table="frozen")
    result = finetune(config, output=tmp_path / "run", device="cpu")
    before, after = load_bundle(start).encoder, load_bundle(result.model).encoder
    assert torch.equal(before.entities.table.weight, after.entities.table.weight)
    assert not torch.equal(before.words.tokens.weight, after.words.tokens.weight)
    assert result.report["best_step"] is None
    assert set(result.report["scores"]["toy"]) == {"test"}


def test_attention_and_inputs_are_as_the_recipe_says(start: Path, tmp_path: Path) -> None:
    config = recipe(start, attention="plain", inputs={"max_words": 64})
    result = finetune(config, output=tmp_path / "run", device="cpu")
    model = load_bundle(result.model)
    assert not model.encoder.config.entity_aware
    assert model.inputs.max_words == 64


def test_a_head_that_says_the_same_goes_on_from_its_weights(start: Path, tmp_path: Path) -> None:
    first = finetune(recipe(start), output=tmp_path / "one", device="cpu")
    assert first.report["went_on"] == []
    options = {"training": {"optimizer": {"learning_rate": 1e-9}}, "model": str(first.model)}
    second = finetune(recipe(start, **options), output=tmp_path / "two", device="cpu")
    assert second.report["went_on"] == ["toy"]
    assert second.report["scores"]["toy"]["dev"]["values"]["accuracy"] == 1.0


def test_adapters_are_trained_and_merged(start: Path, tmp_path: Path) -> None:
    pytest.importorskip("peft")
    result = finetune(recipe(start, lora={"rank": 4}), output=tmp_path / "run", device="cpu")
    before, after = load_bundle(start).encoder, load_bundle(result.model).encoder
    assert torch.equal(before.words.tokens.weight, after.words.tokens.weight)
    query = "layers.0.attention.query.weight"
    assert not torch.equal(before.state_dict()[query], after.state_dict()[query])
    assert result.report["scores"]["toy"]["dev"]["values"]["accuracy"] > 0.5


def test_examples_without_gold_are_no_training_data(
    start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ToyTask, "labels_of", classmethod(lambda *_, **__: ("x", "y")))
    with pytest.raises(DataError, match="toy: training example 0 has no gold answer"):
        finetune(recipe(start), output=tmp_path / "run", device="cpu")


def test_a_model_that_is_not_there_is_an_error_of_ours(start: Path, tmp_path: Path) -> None:
    with pytest.raises(OpenLukeError, match="no such"):
        finetune(recipe(start, model="./nothing"), output=tmp_path / "run", device="cpu")
