"""Checkpoints: whole or not there, and refused when they are of something else."""

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from openluke.errors import CheckpointError, ConfigError
from openluke.training import state
from openluke.training.distributed import World
from openluke.training.optim import OptimizerConfig, make_optimizer
from openluke.training.progress import Progress
from openluke.training.state import Checkpoints
from tests.training import toy


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    """A run of five steps with a checkpoint after each of the last two."""
    toy.make_trainer(tmp_path, max_steps=5, checkpoint_every=1, keep_checkpoints=2).run()
    return tmp_path


def names(run_dir: Path) -> list[str]:
    return sorted(entry.name for entry in (run_dir / "checkpoints").iterdir())


def test_the_last_checkpoints_are_kept(run_dir: Path):
    assert names(run_dir) == ["step-00000004", "step-00000005"]


def test_checkpoints_are_safetensors_and_json(run_dir: Path):
    files = list((run_dir / "checkpoints/step-00000005").iterdir())
    assert {file.suffix for file in files} == {".safetensors", ".json"}
    tensors = next(file for file in files if file.suffix == ".safetensors")
    with safe_open(tensors, framework="pt") as opened:
        keys = set(opened.keys())
    assert "model.encoder.layers.0.attention.query.weight" in keys
    assert "optimizer.encoder.layers.0.attention.query.weight.exp_avg_sq" in keys


def test_what_killed_processes_left_is_removed(run_dir: Path):
    for name in (".step-00000006.partial", ".step-00000003.old"):
        (run_dir / "checkpoints" / name).mkdir()
    toy.make_trainer(run_dir, max_steps=5, checkpoint_every=1, keep_checkpoints=2).run()
    assert names(run_dir) == ["step-00000004", "step-00000005"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format_version": 1}', '{"progress": {"step": 1}}']
)
def test_a_damaged_state_is_named(text: str, run_dir: Path):
    state = run_dir / "checkpoints/step-00000005/state.json"
    state.write_text(text)
    with pytest.raises(CheckpointError, match=r"state\.json: damaged"):
        toy.make_trainer(run_dir, max_steps=5).run()


def test_a_checkpoint_of_another_version_is_refused(run_dir: Path):
    state = run_dir / "checkpoints/step-00000005/state.json"
    values = json.loads(state.read_text())
    state.write_text(json.dumps(values | {"format_version": 99}))
    with pytest.raises(CheckpointError, match="found format version 99, this openluke reads 1"):
        toy.make_trainer(run_dir, max_steps=5).run()


def test_damaged_tensors_are_named(run_dir: Path):
    (file,) = (run_dir / "checkpoints/step-00000005").glob("*.safetensors")
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match=r"step-00000005: cannot be read: .* delete it"):
        toy.make_trainer(run_dir, max_steps=5).run()


def test_the_run_goes_on_from_the_one_before_when_the_last_is_deleted(run_dir: Path):
    before = (run_dir / "metrics.jsonl").read_text().splitlines()
    for file in (run_dir / "checkpoints/step-00000005").iterdir():
        file.unlink()
    (run_dir / "checkpoints/step-00000005").rmdir()
    toy.make_trainer(run_dir, max_steps=5, checkpoint_every=1, keep_checkpoints=2).run()
    after = (run_dir / "metrics.jsonl").read_text().splitlines()
    losses = [[json.loads(line)["loss"] for line in lines] for lines in (before, after)]
    assert losses[0] == losses[1]


def test_a_run_without_bias_correction_goes_on_as_it_was(tmp_path: Path):
    learnt = []
    for lives in ((5,), (2, 5)):
        run_dir = tmp_path / str(len(lives))
        for stop in lives:
            made = toy.make_trainer(
                run_dir,
                data=toy.StoppingData(toy.make_instances(), batch_size=3, stop=stop),
                optimizer={"bias_correction": False},
                checkpoint_every=1,
            )
            with pytest.raises(toy.StoppedError):
                made.run()
        learnt.append(toy.weights(made.model))
    whole, continued = learnt
    assert all(torch.equal(whole[name], continued[name]) for name in whole)


def test_runs_that_are_older_than_an_option_go_on_with_its_default(run_dir: Path):
    file = run_dir / "checkpoints/step-00000005/state.json"
    values = json.loads(file.read_text())
    options = values["origin"]["options"]
    del options["optimizer"]["bias_correction"], options["keep"]
    del values["progress"]["last_scores"]
    file.write_text(json.dumps(values))
    toy.make_trainer(run_dir, max_steps=5).run()
    with pytest.raises(ConfigError, match=r"bias_correction: true before, false now"):
        toy.make_trainer(run_dir, max_steps=5, optimizer={"bias_correction": False}).run()
    with pytest.raises(ConfigError, match=r'keep: "best" before, "last" now'):
        toy.make_trainer(run_dir, max_steps=5, keep="last").run()


def test_a_checkpoint_of_another_model_is_refused(tmp_path: Path):
    checkpoints = Checkpoints(tmp_path, keep=1, world=World())
    model = toy.make_model()
    checkpoints.save(
        model,
        optimizer=make_optimizer(model, config=OptimizerConfig()),
        progress=Progress(step_size=1, world_size=1),
        origin={},
    )
    with pytest.raises(CheckpointError, match=r"was made of another model: .*heads.masked"):
        checkpoints.load(0, model=toy.make_model(masked=True))


def test_a_torch_that_cannot_keep_checkpoints_is_refused(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(state, "_IS_OLD", True)
    with pytest.raises(ConfigError, match="training needs 2"):
        Checkpoints(tmp_path, keep=1, world=World(device=torch.device("cpu")))
