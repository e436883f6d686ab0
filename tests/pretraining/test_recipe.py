"""Recipes of pretraining: what all phases share, what each says itself, what is refused."""

from pathlib import Path

import pytest

from openluke.errors import ConfigError
from openluke.pretraining.recipe import ENTITIES, read_pretrain_recipe
from tests.architecture.rules import ROOT

RECIPES = sorted((ROOT / "recipes" / "pretraining").glob("*.toml"))
NEW_HEADS = {"mini-en": ("encoder.entities", "heads.masked"), "mini-en-words": ("heads.masked",)}
"""What those train first whose encoder has no head for masked words."""
TEXT = """
corpora = ["corpus"]

[start]
model = "encoder"

[training]
batch_size = 2
step_inputs = 8

[training.optimizer]
learning_rate = 1e-3

[[phases]]
name = "first"

[phases.training]
max_steps = 5

[phases.training.optimizer]
trained = ["encoder.entities"]

[[phases]]
name = "second"

[phases.training.optimizer]
learning_rate = 1e-5
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", RECIPES, ids=[path.stem for path in RECIPES])
def test_recipes_of_the_repository_can_be_read(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENLUKE_CORPORA", "/corpora")
    monkeypatch.setenv("OPENLUKE_MODELS", "/models")
    config = read_pretrain_recipe(path)
    first = config.phases[0].training.optimizer.trained
    assert first == NEW_HEADS.get(path.stem, ENTITIES)
    assert not config.phases[-1].training.optimizer.trained


def test_phases_have_what_all_share_and_what_is_theirs(recipe: Path, tmp_path: Path):
    first, second = read_pretrain_recipe(recipe).phases
    assert (first.training.step_batches, second.training.step_batches) == (4, 4)
    assert (first.training.max_steps, second.training.max_steps) == (5, None)
    rates = [phase.training.optimizer.learning_rate for phase in (first, second)]
    assert rates == [1e-3, 1e-5]
    assert first.training.optimizer.trained == ("encoder.entities",)
    assert read_pretrain_recipe(recipe).corpora == (tmp_path / "corpus",)


def test_changes_go_before_what_phases_say(recipe: Path):
    changes = {"training": {"optimizer": {"learning_rate": 0.5}}, "seed": 3}
    config = read_pretrain_recipe(recipe, changes=changes)
    assert [phase.training.optimizer.learning_rate for phase in config.phases] == [0.5, 0.5]
    assert config.seed == 3


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("step_inputs = 8", "step_inputs = 7", "batches of 2 cannot make up"),
        ("step_inputs = 8", "step_inputz = 8", "step_inputz"),
        ("batch_size = 2", "batch_size = 2\naccumulation = 2", "say step_inputs"),
        ("batch_size = 2", "batch_size = 2\nseed = 2", "one seed"),
        ('"second"', '"first"', "two phases have the same name"),
        ('"second"', '"a/b"', "expected a name of letters"),
        ('model = "encoder"', "entity_size = 3", "either 'model' or 'sizes'"),
        ('corpora = ["corpus"]', "corpora = []", "corpora is empty"),
    ],
)
def test_what_cannot_be_is_refused(recipe: Path, old: str, new: str, message: str):
    recipe.write_text(TEXT.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        read_pretrain_recipe(recipe)
