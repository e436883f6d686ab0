"""A job is resumed with the same model only: every file of it counts."""

from pathlib import Path

import pytest

from openluke.checkpoints.saving import save_bundle
from openluke.inference.model_identity import model_identity


@pytest.fixture
def model(bundle, tmp_path: Path) -> Path:
    save_bundle(bundle, directory=tmp_path / "model")
    return tmp_path / "model"


@pytest.mark.parametrize(
    "name", ["openluke.json", "config.json", "entity_vocab.json", "model.safetensors"]
)
def test_another_content_of_the_same_size_is_another_model(name: str, model: Path) -> None:
    before = model_identity(model)
    content = (model / name).read_bytes()
    (model / name).write_bytes(content[:-3] + bytes([content[-3] ^ 1]) + content[-2:])
    assert model_identity(model) != before


def test_every_file_counts_but_those_nobody_computes_with(model: Path) -> None:
    before = model_identity(model)
    (model / "README.md").write_text("A card that somebody edits.")
    (model / ".gitattributes").write_text("")
    (model / ".git").mkdir()
    (model / ".git" / "HEAD").write_text("ref")
    assert model_identity(model) == before
    (model / "vocab.json").rename(model / "other.json")
    assert model_identity(model) != before
