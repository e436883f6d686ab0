"""A start that is refused leaves nothing that stands in the way of the corrected one."""

import logging
from pathlib import Path
from typing import Any

import pytest

from openluke.checkpoints.saving import save_bundle
from openluke.config import from_mapping
from openluke.errors import ConfigError, OpenLukeError, TrainingError
from openluke.finetuning.data import file_fingerprints
from openluke.finetuning.finetune import finetune
from openluke.finetuning.origin import origin_of
from openluke.finetuning.recipe import DataConfig, FileConfig, FinetuneConfig
from openluke.recipe_files import merge
from openluke.task import load_task
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


@pytest.mark.parametrize("name", ["dev", "test"])
@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('{"text": "Tokyo"}', r"scored\.jsonl: none of the 2 examples says what is right"),
        ('{"text": "Tokyo", "labels": ["city", "river"]}', r"scored\.jsonl:1: found 2 labels"),
    ],
)
def test_what_is_scored_has_to_say_what_is_right(
    name: str, row: str, message: str, values: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "train.jsonl").write_text('{"text": "Tokyo", "label": "city"}\n' * 4)
    (tmp_path / "scored.jsonl").write_text(f"{row}\n" * 2)
    train = str(tmp_path / "train.jsonl")
    data = {"train": train, "dev": train, name: str(tmp_path / "scored.jsonl")}
    options = {"problem": "single_label"}
    with pytest.raises(OpenLukeError, match=message if name == "test" else r"scored\.jsonl"):
        start(
            values, output=tmp_path / "run", task="sequence_classification", data=data,
            options=options,
        )  # fmt: skip
    assert not (tmp_path / "run").exists()


def test_another_part_of_a_file_or_another_table_beside_it_is_another_run(tmp_path: Path) -> None:
    def origin(*, end: int = 3, folder: str = "a") -> dict[str, Any]:
        place = tmp_path / folder
        place.mkdir(exist_ok=True)
        (place / "train.json").write_text("{}")
        file = FileConfig(
            path=place / "train.json", options={"end": end, "mentions": "../names.tsv"}
        )
        config = FinetuneConfig(model="m", task="extractive_qa", data=DataConfig(train=file))
        assert config.data is not None
        fingerprints = file_fingerprints(config.data, task=load_task("extractive_qa"))
        return origin_of(config, data={"main": fingerprints}, model="m")

    (tmp_path / "names.tsv").write_text("Ana\tAna (singer)\n")
    first = origin()
    assert origin(folder="b") == first
    assert origin(end=30) != first
    (tmp_path / "names.tsv").write_text("Ana\tAna (river)\n")
    assert origin() != first
