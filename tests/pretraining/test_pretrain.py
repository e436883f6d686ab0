"""A pretraining run: it learns, it may be killed at any moment, and what it makes is a LUKE."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from openluke.checkpoints.lite import make_lite
from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.saving import save_bundle
from openluke.errors import ConfigError
from openluke.model.batch import Batch
from openluke.pretraining.corpus.corpus import Corpus
from openluke.pretraining.phases import model_of
from openluke.pretraining.start import starting_bundle
from openluke.training.run_directory import read_scores
from tests.architecture.rules import ROOT
from tests.pretraining import tiny_run

TIMED = {"seconds", "inputs_per_second", "peak_memory", "device"}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """As in the other processes: sums in another order are other sums."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("inputs")
    tiny_run.write_inputs(directory)
    return directory


@pytest.fixture(scope="module")
def whole(inputs: Path) -> Path:
    """A run that was left alone."""
    return tiny_run.run(inputs, output=inputs / "whole").directory


def start_process(*arguments: object, launcher: tuple[str, ...] = ()) -> "subprocess.Popen[str]":
    command = [sys.executable, *launcher, "-m", "tests.pretraining.tiny_run"]
    return subprocess.Popen(
        [*command, *map(str, arguments)],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def weights(model: Path) -> dict[str, torch.Tensor]:
    bundle = load_bundle(model)
    return dict(bundle.encoder.state_dict()) | dict(bundle.heads[0].module.state_dict())


def untimed(report: Any) -> Any:
    if isinstance(report, dict):
        return {k: untimed(v) for k, v in report.items() if k not in TIMED}
    return [untimed(one) for one in report] if isinstance(report, list) else report


def assert_same(run: Path, *, whole: Path) -> None:
    for model in ("model", "phases/1-entities/model", "phases/2-all/model"):
        first, second = weights(whole / model), weights(run / model)
        assert all(torch.equal(first[name], second[name]) for name in first)
    assert untimed(read_scores(run)) == untimed(read_scores(whole))


def test_phases_train_what_they_say(whole: Path):
    report = read_scores(whole)
    assert report is not None
    assert [phase["name"] for phase in report["phases"]] == ["entities", "all"]
    assert [phase["steps"] for phase in report["phases"]] == list(tiny_run.STEPS)
    assert {"entities/reciprocal_rank", "words/accuracy", "words/loss"} <= report["held_out"][
        "values"
    ].keys()
    first = weights(whole / "phases/1-entities/model")
    second = weights(whole / "phases/2-all/model")
    same = {name for name in first if torch.equal(first[name], second[name])}
    assert same <= {"pooler.weight", "pooler.bias", "words.types.weight", "types.weight"}


def test_the_first_phase_leaves_the_encoder_alone(whole: Path, inputs: Path):
    config = tiny_run.make_config(inputs)
    corpus = Corpus.open(inputs / "corpus")
    start = starting_bundle(config.start, corpus=corpus, seed=0).encoder.state_dict()
    after = load_bundle(whole / "phases/1-entities/model").encoder.state_dict()
    changed = {name for name in start if not torch.equal(start[name], after[name])}
    assert changed
    assert all(name.startswith("entities.") for name in changed)


def test_a_finished_run_is_not_made_again(whole: Path, inputs: Path):
    before = (whole / "model" / "model.safetensors").stat().st_mtime_ns
    tiny_run.run(inputs, output=whole)
    assert (whole / "model" / "model.safetensors").stat().st_mtime_ns == before


def test_another_recipe_is_refused(whole: Path, inputs: Path):
    with pytest.raises(ConfigError, match=r"objective\.masking\.words: 0\.15 before, 0\.3 now"):
        tiny_run.run(inputs, output=whole, objective={"masking": {"words": 0.3}})


@pytest.mark.parametrize(
    ("phase", "step"), [("1-entities", 3), ("1-entities", 4), ("2-all", 1), ("2-all", 6)]
)
def test_a_run_that_was_killed_goes_on(
    inputs: Path, whole: Path, tmp_path: Path, phase: str, step: int
):
    process = start_process(inputs, tmp_path / "run", phase, step)
    output, _ = process.communicate(timeout=240)
    assert process.returncode == -signal.SIGKILL, output
    tiny_run.run(inputs, output=tmp_path / "run")
    assert_same(tmp_path / "run", whole=whole)


@pytest.mark.slow
def test_a_run_that_is_killed_again_and_again_ends_the_same(
    inputs: Path, whole: Path, tmp_path: Path
):
    """At random moments, also while checkpoints and models are written."""
    rng = random.Random(0)
    killed = 0
    while not (tmp_path / "run" / "scores.json").exists():
        process = start_process(inputs, tmp_path / "run")
        time.sleep(rng.uniform(3, 7) if killed < 8 else 600)
        if process.poll() is None:
            process.kill()
            killed += 1
        process.communicate(timeout=600)
    assert_same(tmp_path / "run", whole=whole)


@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_two_processes_learn_what_one_learns(
    inputs: Path, whole: Path, tmp_path: Path, strategy: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("STRATEGY", strategy)
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    process = start_process(inputs, tmp_path / "run", launcher=launcher)
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 0, output
    first, second = weights(whole / "model"), weights(tmp_path / "run" / "model")
    for name, tensor in first.items():
        torch.testing.assert_close(second[name], tensor, atol=1e-5, rtol=1e-4)
    report = read_scores(tmp_path / "run")
    assert report is not None
    assert report["device"] == "cpu, 2 processes"


def test_several_corpora_are_mixed(inputs: Path, tmp_path: Path):
    tiny_run.write_inputs(inputs, name="other", seed=1)
    result = tiny_run.run(inputs, output=tmp_path / "run", corpora=("corpus", "other"))
    assert result.report["phases"][1]["steps"] == tiny_run.STEPS[1]
    lines = (tmp_path / "run" / "phases" / "2-all" / "metrics.jsonl").read_text().splitlines()
    assert "loss/entities" in json.loads(lines[0])


def test_the_model_goes_on_being_pretrained(inputs: Path, whole: Path, tmp_path: Path):
    start = {"model": str(whole / "model")}
    result = tiny_run.run(inputs, output=tmp_path / "run", start=start)
    assert result.model.exists()


def test_the_lite_model_has_the_same_words(whole: Path):
    bundle = load_bundle(whole / "model")
    lite = make_lite(bundle)
    assert lite.encoder.config.n_entities < bundle.encoder.config.n_entities
    assert torch.equal(lite.encoder.words.tokens.weight, bundle.encoder.words.tokens.weight)


def test_dropout_is_that_of_the_recipe_in_training_and_of_the_encoder_after_it(
    inputs: Path, whole: Path, tmp_path: Path
):
    config = tiny_run.make_config(inputs, training={"dropout": 0.0})
    bundle = load_bundle(whole / "model")
    before = bundle.encoder.config
    model = model_of(bundle, config=config).train()
    batch = Corpus.open(inputs / "corpus").train.read([0])
    collated = Batch.collate([batch[0].features], max_mention_length=8)
    first, second = (model.encoder(collated).words for _ in range(2))
    assert torch.equal(first, second)
    save_bundle(bundle, directory=tmp_path / "model")
    assert load_bundle(tmp_path / "model").encoder.config == before
    assert before.hidden_dropout > 0


def test_a_step_that_processes_cannot_share_is_refused(inputs: Path):
    with pytest.raises(ConfigError, match="step_inputs is 3"):
        tiny_run.make_config(
            inputs, phases=[{"name": "x", "training": {"batch_size": 2, "step_inputs": 3}}]
        )
