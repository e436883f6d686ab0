"""A start that is refused leaves nothing that stands in the way of the corrected one."""

import logging
from pathlib import Path
from typing import Any

import pytest

from openluke.checkpoints.saving import save_bundle
from openluke.config import from_mapping
from openluke.errors import ConfigError, OpenLukeError, TrainingError
from openluke.finetuning.finetune import finetune
from openluke.finetuning.recipe import FinetuneConfig, merge
from openluke.training.step import Stepper
from tests import toy_task
from tests.finetuning.tiny_start import tiny_bundle


@pytest.fixture
def values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A recipe that works."""
    toy_task.install(monkeypatch)
    save_bundle(tiny_bundle(), directory=tmp_path / "start")
    for name in ("train", "dev"):
        (tmp_path / f"{name}.tsv").write_text("city\tTokyo is large\nriver\tthe Nile\n" * 4)
    (tmp_path / "bad.tsv").write_text("city Tokyo\n")
    data = {name: str(tmp_path / f"{name}.tsv") for name in ("train", "dev")}
    return {"model": str(tmp_path / "start"), "task": "toy", "data": data} | {
        "training": {"epochs": 1}
    }


def start(values: dict[str, Any], *, output: Path, **changes: Any) -> Any:
    config = from_mapping(FinetuneConfig, values=merge(values, changes=changes), where="test")
    return finetune(config, output=output, device="cpu")


@pytest.mark.parametrize(
    "change",
    [
        {"task": "toys"},
        {"model": "./nothing"},
        {"options": {"temprature": 1.0}},
        {"data": {"train": "missing.tsv"}},
        {"data": {"train": "bad.tsv"}},
        {"data": {"dev": "bad.tsv"}},
        {"data": {"test": "bad.tsv"}},
        {"data": {"tests": {"other": "missing.tsv"}}},
        {"training": {"optimizer": {"frozen": ["heads", "encoder"]}}},
    ],
)
def test_a_start_that_is_refused_leaves_no_directory(
    change: dict[str, Any], values: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises((OpenLukeError, ValueError)):
        start(values, output=tmp_path / "run", **change)
    left = tmp_path / "run"
    assert not left.exists() or change.get("training")  # that is known by the trainer alone
    assert start(values, output=tmp_path / "run") is not None


def test_a_run_that_kept_no_step_is_begun_anew(
    values: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise TrainingError("the loss is nan")

    with monkeypatch.context() as patch:
        patch.setattr(Stepper, "backward", fail)
        with pytest.raises(TrainingError):
            start(values, output=tmp_path / "run")
    assert (tmp_path / "run" / "recipe.json").exists()
    assert start(values, output=tmp_path / "run", seed=3).report["seed"] == 3
    with pytest.raises(ConfigError, match=r"seed: 3 before, 4 now"):
        start(values, output=tmp_path / "run", seed=4)


def test_a_finished_run_says_so(
    values: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    start(values, output=tmp_path / "run")
    with caplog.at_level(logging.INFO, logger="openluke.finetuning"):
        start(values, output=tmp_path / "run")
    assert "is finished already; nothing is trained" in caplog.text
