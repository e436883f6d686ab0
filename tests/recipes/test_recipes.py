"""Every recipe can be run: its keys, its task, its forms and their options are known."""

import inspect
import json
from dataclasses import replace
from pathlib import Path

import pytest

from openluke.config import from_mapping
from openluke.finetuning.data import read_scored
from openluke.finetuning.recipe import FileConfig, read_recipe
from openluke.records import AnsweredQuestion, Question
from openluke.task import load_task
from tests.tasks import tiny

ROOT = Path(__file__).parents[2]
RECIPES = [
    path for kind in ("published", "small") for path in sorted(ROOT.glob(f"recipes/{kind}/*.toml"))
]


SQUAD = {"id": "a", "question": "Who?", "answers": [{"text": "Ana", "answer_start": 0}]}
FILES = {
    "squad": json.dumps({"data": [{"paragraphs": [{"context": "Ana won.", "qas": [SQUAD]}]}]}),
    "conll": "-DOCSTART- -X- -X- O\n\nAna NNP I-NP I-PER\nwon VBD I-VP O\n",
    "jsts": '{"sentence1": "a", "sentence2": "b", "label": 2.5}\n'
    '{"sentence1": "a", "sentence2": "c", "label": 1.5}\n',
    "jnli": '{"sentence1": "a", "sentence2": "b", "label": "neutral"}\n',
}
"""The smallest file of a form in which something is right."""


@pytest.fixture
def recipe(request, monkeypatch, tmp_path):
    for name in ("OPENLUKE_DATA", "OPENLUKE_MODELS"):
        monkeypatch.setenv(name, str(tmp_path))
    return read_recipe(request.param)


def all_recipes():
    return pytest.mark.parametrize(
        "recipe", RECIPES, ids=[path.stem for path in RECIPES], indirect=True
    )


def test_there_are_recipes_for_published_experiments_and_for_small_data():
    kinds = {path.parent.name for path in ROOT.glob("recipes/*/*.toml")}
    assert kinds == {"published", "small", "pretraining"}


@all_recipes()
def test_the_options_of_a_recipe_are_those_of_its_task(recipe):
    for part in recipe.parts:
        task = load_task(part.task)
        from_mapping(task.config_type, values=part.options, where=part.task)


@all_recipes()
def test_the_files_of_a_recipe_have_a_form_that_its_task_reads(recipe):
    for part in recipe.parts:
        forms = {form.name: form for form in load_task(part.task).forms}
        data = part.data
        for file in (data.train, data.dev, data.test, *data.tests.values()):
            own = file if isinstance(file, FileConfig) else FileConfig(path=Path())
            form = forms[own.form or data.form]
            options = {**data.options, **own.options}
            assert options.keys() <= inspect.signature(form.read).parameters.keys()


@pytest.mark.parametrize("path", RECIPES, ids=[path.stem for path in RECIPES])
def test_a_recipe_begins_by_saying_what_it_is_and_whence_its_data(path):
    comment = [line for line in path.read_text().splitlines() if line.startswith("#")]
    assert comment
    assert any("Data:" in line for line in comment)


@all_recipes()
def test_a_recipe_states_its_learning_rate(recipe):
    # what is usual may change; an experiment does not
    assert recipe.training.optimizer.learning_rate is not None


PUBLISHED = Path(__file__).parents[2] / "recipes/published"


@pytest.mark.parametrize("name", ["conll-2003", "open-entity", "record", "squad-1.1", "tacred"])
def test_the_experiments_of_luke_train_without_bias_correction(name, monkeypatch):
    monkeypatch.setenv("OPENLUKE_DATA", "data")
    assert not read_recipe(PUBLISHED / f"{name}.toml").training.optimizer.bias_correction


@pytest.mark.parametrize("name", ["mluke-conll", "mluke-mlqa", "mluke-relx", "mluke-xquad"])
def test_the_experiments_of_mluke_stop_after_three_evaluations_without_a_best(name, monkeypatch):
    monkeypatch.setenv("OPENLUKE_DATA", "data")
    training = read_recipe(PUBLISHED / f"{name}.toml").training
    assert (training.patience, training.optimizer.bias_correction) == (3, True)


def test_conll_2003_is_scored_as_the_paper_was(monkeypatch):
    monkeypatch.setenv("OPENLUKE_DATA", "data")
    recipe = read_recipe(PUBLISHED / "conll-2003.toml")
    assert recipe.parts[0].options["scoring"] == "flat_conll"


@all_recipes()
def test_the_published_scores_are_named_as_ours_are(recipe):
    if recipe.paper is None:
        return
    ours = {"f1", "precision", "recall", "accuracy", "exact_match", "macro_f1", "pearson"}
    ours |= {"spearman"}
    # an experiment that a recipe does not repeat as written has its scores in the note
    assert recipe.paper.scores or recipe.paper.note
    assert recipe.paper.scores.keys() <= ours
    assert all(0 < score < 1 for score in recipe.paper.scores.values())


@all_recipes()
def test_what_is_right_in_the_files_of_a_recipe_has_the_full_score(recipe, tmp_path):
    for part in recipe.parts:
        kind, data = load_task(part.task), part.data
        options = from_mapping(kind.config_type, values=part.options, where=part.task)
        for file in filter(None, (data.dev, data.test, *data.tests.values())):
            own = file if isinstance(file, FileConfig) else FileConfig(path=file)
            form = own.form or data.form
            if form not in FILES:
                continue
            path = tmp_path / "file"
            path.write_text(FILES[form])
            kept = {key: own.options[key] for key in own.options.keys() - {"start", "end"}}
            scored = replace(own, path=path, options=kept)
            gold = read_scored(scored, data=data, task=kind, options=options)
            task = kind(options, setup=tiny.make_setup(max_words=512))
            scores = task.score(gold, predicted=[as_predicted(one) for one in gold])
            assert scores[task.primary_metric] == pytest.approx(1.0)


def as_predicted(example):
    """What a model would say that is always right."""
    match example:
        case Question(answers=answers):
            return AnsweredQuestion(answer=answers[0])
        case _:
            return example
