"""The card of a saved model says where it is loaded from and what can be asked."""

from pathlib import Path

import pytest

from examples.tiny_model import TEXTS, tiny_model
from openluke.checkpoints.bundle import Bundle
from openluke.checkpoints.model_card import CardNotes
from openluke.checkpoints.saving import save_bundle
from openluke.task import load_task


def with_task(bundle: Bundle, name: str, *, head: str) -> Bundle:
    kind = load_task(name)
    task = kind(kind.config_type(), setup=bundle.task_setup(("a", "b")))
    return bundle.with_task(head, task=task)


def card(bundle: Bundle, directory: Path, **options: object) -> str:
    save_bundle(bundle, directory=directory, **options)
    return (directory / "README.md").read_text(encoding="utf-8")


def test_a_card_names_the_directory_but_not_where_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = card(tiny_model(TEXTS), tmp_path / "mine")
    assert 'openluke.load("mine")' in found
    assert str(tmp_path) not in found
    monkeypatch.chdir(tmp_path)
    assert 'openluke.load("models/mine")' in card(tiny_model(TEXTS), Path("models/mine"))


def test_a_card_shows_a_call_that_suits_the_task(tmp_path: Path) -> None:
    bundle = with_task(tiny_model(TEXTS), "fill_mask", head="gaps")
    assert 'model.predict("Beyoncé lives in [MASK].")' in card(bundle, tmp_path / "one")
    bundle = with_task(bundle, "ner", head="names")
    assert 'lives in [MASK].", head="gaps")' in card(bundle, tmp_path / "two")
    notes = CardNotes(title="Mine", usage='model.predict("mine")', place="runs/mine")
    found = card(bundle, tmp_path / "three", notes=notes)
    assert 'openluke.load("runs/mine")\nmodel.predict("mine")\n' in found
