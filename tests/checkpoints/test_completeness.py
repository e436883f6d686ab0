"""A saved bundle that lost something is refused, and what it lost is named."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.saving import save_bundle
from openluke.errors import CheckpointError
from openluke.model.config import HeadConfig
from tests.checkpoints.conftest import Written

Find = Callable[[str], Written]
NER = HeadConfig(kind="entity_span", n_labels=3)


@pytest.fixture
def saved(checkpoint_of: Find, tmp_path: Path) -> Path:
    bundle = load_bundle(checkpoint_of("luke-base").directory).with_head("ner", config=NER)
    save_bundle(bundle, directory=tmp_path / "plain")
    save_bundle(bundle, directory=tmp_path / "bytes", quantise=True)
    return tmp_path


@pytest.mark.parametrize("name", ["openluke.json", "merges.txt", "vocab.json", "heads"])
def test_a_lost_file_is_named(name: str, saved: Path) -> None:
    lost = saved / "plain" / name
    for file in [lost] if lost.is_file() else list(lost.iterdir()):
        file.unlink()
    with pytest.raises(CheckpointError, match=name):
        load_bundle(saved / "plain")


def test_a_file_that_was_cut_is_named(saved: Path) -> None:
    path = saved / "plain" / "merges.txt"
    path.write_text("\n".join(path.read_text().split("\n")[:-5]))
    with pytest.raises(CheckpointError, match=r"merges\.txt"):
        load_bundle(saved / "plain")


@pytest.mark.parametrize("form", ["plain", "bytes"])
def test_without_a_manifest_too_a_lost_description_is_named(form: str, saved: Path) -> None:
    (saved / form / "manifest.json").unlink()
    load_bundle(saved / form)
    (saved / form / "openluke.json").unlink()
    with pytest.raises(CheckpointError, match=r"no openluke\.json"):
        load_bundle(saved / form)


def test_people_may_edit_the_card_and_other_programs_may_have_manifests(
    saved: Path, checkpoint_of: Find
) -> None:
    card = saved / "plain" / "README.md"
    card.write_text(card.read_text() + "More.\n")
    assert len(load_bundle(saved / "plain").heads) == 2
    foreign = checkpoint_of("mluke-base").directory
    (foreign / "manifest.json").write_text(json.dumps({"name": "app", "icons": []}))
    load_bundle(foreign)
    (foreign / "manifest.json").unlink()
