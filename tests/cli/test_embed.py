"""``openluke embed`` and the printing of facts, as they are called."""

import json
import logging
from pathlib import Path

import numpy as np
import pytest
import torch

from examples.tiny_model import TEXTS, tiny_model
from openluke.checkpoints.saving import save_bundle
from openluke.cli import embed as module
from openluke.cli.embed import embed
from openluke.cli.facts import print_facts
from openluke.cli.main import main
from openluke.errors import ConfigError, DataError
from openluke.inference.pipeline import Pipeline
from openluke.model.config import HeadConfig


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    directory = tmp_path_factory.mktemp("models") / "tiny"
    save_bundle(tiny_model(TEXTS), directory=directory)
    return str(directory)


@pytest.fixture
def _no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_, **__):
        pytest.fail("the model was loaded before the job was checked")

    monkeypatch.setattr(module, "load", load)
    monkeypatch.setattr(module, "resolve", load)


@pytest.mark.usefixtures("_no_model")
def test_the_output_is_checked_before_the_model_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for output in (tmp_path / "file" / "x", tmp_path, Path("/proc/x.jsonl")):
        with pytest.raises(ConfigError, match=r"cannot be written|is a directory"):
            embed("model", input=TEXTS, output=output, replace=True)
    with pytest.raises(ConfigError, match="already exists"):
        embed("model", input=TEXTS, output=tmp_path / "file")
    with pytest.raises(ConfigError, match=r"x: there is no directory .*/typo; make it"):
        embed("model", input=TEXTS, output=tmp_path / "typo" / "x")
    assert [*tmp_path.iterdir()] == [tmp_path / "file"]


@pytest.mark.usefixtures("_no_model")
@pytest.mark.parametrize(
    ("name", "form"), [("v.parquet", "jsonl"), ("v.NPZ", "parquet"), ("v.jsonl", "npz")]
)
def test_a_name_that_says_another_format_is_refused(tmp_path: Path, name, form) -> None:
    said = name.lower().partition(".")[2]
    with pytest.raises(ConfigError, match=f"format is {form}; give --format {said}"):
        embed("model", input=TEXTS, output=tmp_path / name, format=form)


@pytest.mark.usefixtures("_no_model")
def test_a_pipe_is_no_input(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected a file"):
        embed("model", input=Path("/dev/null"), output=tmp_path / "x")


def test_losses_are_told_on_standard_error(
    model: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [{"text": "Tokyo", "spans": [[0, 5]], "entities": ["No such"], "mention": []}]
    (tmp_path / "in").write_text("\n".join(map(json.dumps, rows)))
    with caplog.at_level(logging.WARNING):
        embed(model, input=tmp_path / "in", output=tmp_path / "out", device="cpu")
    key, title = caplog.messages
    assert "key 'mention' is not read" in key
    assert "vocabulary does not have, read as [UNK]: 1 (first on lines 1)" in title


def test_help_names_what_rows_may_have(capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit):
        main(["embed", "--help"])
    found = capsys.readouterr().out
    for word in ("languages", "types", "cuda:N", "--head", "without the"):
        assert word in found


def test_labels_are_no_markup(capsys: pytest.CaptureFixture) -> None:
    print_facts("a [b] model", facts={"labels": ["[/x]", "[bold]"], "[/y]": 1}, as_json=False)
    found = capsys.readouterr().out
    for label in ("a [b] model", "[/x], [bold]", "[/y]"):
        assert label in found


def test_the_head_of_a_foreign_checkpoint_can_be_named(tmp_path: Path) -> None:
    head = HeadConfig(kind="mention_vector")
    bundle = tiny_model(TEXTS).with_head("mentions", config=head)
    foreign = tmp_path / "model"
    save_bundle(bundle, directory=foreign)
    for name in ("openluke.json", "manifest.json"):
        (foreign / name).unlink()
    (tmp_path / "in").write_text('{"text": "Tokyo", "spans": [[0, 5]]}')
    paths = ["--input", str(tmp_path / "in"), "--output", str(tmp_path / "out")]
    with pytest.raises(SystemExit, match="0"):
        main(["embed", str(foreign), *paths, "--head", "mention_vector", "--device", "cpu"])
    found = json.loads((tmp_path / "out").read_text())["mentions"][0]["vector"]
    pipeline = Pipeline(bundle, device=torch.device("cpu"))
    (expected,) = pipeline.encode("Tokyo", spans=[[(0, 5)]])
    np.testing.assert_allclose(found, expected.mentions.vectors[0], atol=1e-5)
    (states,) = Pipeline(tiny_model(TEXTS), device=torch.device("cpu")).encode(
        "Tokyo", spans=[[(0, 5)]]
    )
    assert np.abs(states.mentions.vectors[0] - found).max() > 1e-3
