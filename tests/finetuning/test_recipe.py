"""Recipes: strict, with paths that do not depend on where a program runs, and one seed."""

from pathlib import Path

import pytest

from openluke.errors import ConfigError
from openluke.finetuning.recipe import (
    FileConfig,
    merge,
    read_recipe,
    recipe_of,
)

TEXT = """
model = "studio-ousia/luke-base"
task = "ner"
seed = 3

[data]
train = "a.conll"
dev = "$OPENLUKE_DATA/b.conll"

[data.tests.de]
path = "../de.conll"
options = { encoding = "latin-1" }

[options]
negatives = 64

[training]
batch_size = 4

[training.optimizer]
learning_rate = 1e-4
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OPENLUKE_DATA", str(tmp_path / "data"))
    (tmp_path / "recipes").mkdir()
    path = tmp_path / "recipes" / "a.toml"
    path.write_text(TEXT)
    return path


def test_paths_are_those_beside_the_recipe(file: Path, tmp_path: Path) -> None:
    config = read_recipe(file)
    assert config.model == "studio-ousia/luke-base"
    (part,) = config.parts
    assert part.head == "ner"
    assert part.data.train == tmp_path / "recipes" / "a.conll"
    assert part.data.dev == tmp_path / "data" / "b.conll"
    de = part.data.tests["de"]
    assert isinstance(de, FileConfig)
    assert de.path.resolve() == tmp_path / "de.conll"
    assert de.options == {"encoding": "latin-1"}


def test_a_model_beside_the_recipe_is_found(file: Path, tmp_path: Path) -> None:
    file.write_text(TEXT.replace("studio-ousia/luke-base", "../tiny"))
    (tmp_path / "tiny").mkdir()
    assert Path(read_recipe(file).model).resolve() == tmp_path / "tiny"


def test_changes_go_before_the_file(file: Path) -> None:
    changes = {"seed": 5, "training": {"optimizer": {"learning_rate": 2e-4}}}
    config = read_recipe(file, changes=changes)
    assert config.seed == 5
    assert config.training.optimizer.learning_rate == 2e-4
    assert config.training.batch_size == 4
    assert merge({"a": {"b": 1}}, changes={"a": {"c": 2}}) == {"a": {"b": 1, "c": 2}}


def test_a_variable_that_is_not_set_is_named(file: Path, monkeypatch) -> None:
    monkeypatch.delenv("OPENLUKE_DATA")
    with pytest.raises(ConfigError, match="no variable OPENLUKE_DATA; set it, for example"):
        read_recipe(file)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"task": None}, "expected either 'task' with 'data', or several 'tasks'"),
        ({"data": None}, "missing key 'data'"),
        ({"tasks": [{"task": "ner", "data": {"train": "a"}}]}, "either 'task'"),
        ({"training": {"seed": 3}}, "training.seed; a recipe has one seed"),
        ({"data": {"train": "a", "dev_share": 1.0}}, "dev_share is 1.0"),
        ({"data": {"train": "a", "tests": {"dev": "b"}}}, "tests has one named 'dev'"),
        ({"data": {"train": "a", "tests": {"train": "b"}}}, "tests has one named 'train'"),
        ({"inputs": {"max_words": 3}}, "max_words is 3, expected at least 8"),
        ({"inputs": {"max_words": 24, "stride": 30}}, "stride is 30, expected 0 <= stride < max_"),
        ({"inputs": {"max_entities": 0}}, "max_entities is 0, expected at least 1"),
        ({"inputs": {"on_overflow": "cut"}}, "on_overflow: found 'cut', expected one of"),
        ({"inputs": {"layout": "plain"}}, "unknown key 'layout'"),
        ({"lora": {"rank": 0}}, "rank is 0, expected 1 or more"),
        ({"optionz": {}}, "unknown key 'optionz'; did you mean 'options'"),
        ({"negatives": 3}, r"unknown key 'negatives'; did you mean 'options\.negatives'\?"),
        ({"negative": 3}, r"unknown key 'negative'; did you mean 'options\.negatives'\?"),
        ({"negatives": 3, "task": "no task"}, "unknown key 'negatives'; known keys: model"),
    ],
)
def test_what_cannot_be_is_refused(change, message: str) -> None:
    values = {"model": "m", "task": "ner", "data": {"train": "a"}} | change
    with pytest.raises(ConfigError, match=message):
        recipe_of(values, where="recipe")


def test_tasks_learnt_together_have_names_of_their_own() -> None:
    part = {"task": "ner", "data": {"train": "a"}}
    values = {"model": "m", "tasks": [part, part]}
    with pytest.raises(ConfigError, match="two tasks have the same name"):
        recipe_of(values, where="recipe")
    values["tasks"] = [part, {**part, "name": "other", "weight": 0}]
    with pytest.raises(ConfigError, match="weight is 0"):
        recipe_of(values, where="recipe")
    values["tasks"] = [part, {**part, "name": "other"}]
    config = recipe_of(values, where="recipe")
    assert [one.head for one in config.parts] == ["ner", "other"]
