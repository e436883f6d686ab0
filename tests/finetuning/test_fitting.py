"""Options that nobody said are fitted on dev, told, and kept by the model."""

import json
import logging
from pathlib import Path

import pytest
import torch

from openluke.checkpoints.bundle import Bundle
from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.saving import save_bundle
from openluke.config import from_mapping
from openluke.finetuning import finetune as running
from openluke.finetuning.evaluation import Scored
from openluke.finetuning.finetune import finetune
from openluke.finetuning.fitting import Fitted, fitted_model
from openluke.finetuning.recipe import FinetuneConfig
from openluke.records import Answer, Question, Scores
from openluke.tasks.extractive_qa import ExtractiveQA, ExtractiveQAConfig
from openluke.tasks.sequence_classification import TASK as CLASSIFICATION
from tests.finetuning.tiny_start import tiny_bundle

HEAD = "extractive_qa"
DEV = {
    HEAD: [
        Question(question="Who?", context="Ana won.", answers=(Answer(text="Ana", start=0),)),
        Question(question="Where?", context="Ana won.", answers=()),
    ]
}
BETTER = Scored(
    predicted=[],
    scores=Scores(values={"f1": 0.25, "best_f1": 0.5, "best_f1_threshold": -1.5}),
    seconds=1.0,
)
CPU = torch.device("cpu")


def model(**options: object) -> Bundle:
    bundle = tiny_bundle()
    config = ExtractiveQAConfig(no_answer=True, **options)
    return bundle.with_task(HEAD, task=ExtractiveQA(config, setup=bundle.task_setup()))


def fit(bundle: Bundle, *, known: dict[str, Scored]) -> Fitted:
    return fitted_model(bundle, tasks={HEAD: bundle.task()}, dev=DEV, known=known, device=CPU)


def test_what_scores_best_on_dev_is_kept_and_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        found = fit(model(), known={HEAD: BETTER})
    assert found.options == {HEAD: {"no_answer_threshold": -1.5}}
    assert found.bundle.task().config.no_answer_threshold == -1.5
    assert found.tasks[HEAD].config == found.bundle.task().config
    assert found.known == {}  # these scores were of the model before
    assert "extractive_qa: no_answer_threshold = -1.5 scores best on dev" in caplog.text


def test_what_was_said_stays() -> None:
    bundle = model(no_answer_threshold=1.0)
    found = fit(bundle, known={HEAD: BETTER})
    assert found == Fitted(bundle=bundle, tasks=found.tasks, known={HEAD: BETTER}, options={})


def test_a_model_that_was_not_scored_yet_is_scored() -> None:
    found = fit(model(), known={})
    assert found.options or set(found.known) == {HEAD}


def test_tasks_with_nothing_to_fit_and_those_without_dev_data_are_left() -> None:
    bundle = tiny_bundle()
    task = CLASSIFICATION(CLASSIFICATION.config_type(), setup=bundle.task_setup(("a", "b")))
    bundle = bundle.with_task("texts", task=task)
    found = fitted_model(bundle, tasks={"texts": task}, dev={"texts": []}, known={}, device=CPU)
    assert (found.bundle, found.known, found.options) == (bundle, {}, {})
    answers = model()
    found = fitted_model(
        answers, tasks={HEAD: answers.task()}, dev={HEAD: []}, known={}, device=CPU
    )
    assert (found.bundle, found.known, found.options) == (answers, {}, {})


def test_a_run_on_questions_without_answers_learns_them_and_keeps_its_threshold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_bundle(tiny_bundle(), directory=tmp_path / "start")
    rows = [
        {"id": "a", "question": "Who?", "answers": [{"text": "Ana", "answer_start": 0}]},
        {"id": "b", "question": "Where?", "answers": [], "is_impossible": True},
    ]
    data = {"data": [{"paragraphs": [{"context": "Ana won.", "qas": rows}]}]}
    for name in ("train", "dev", "test"):
        (tmp_path / f"{name}.json").write_text(json.dumps(data))
    values = {
        "model": str(tmp_path / "start"),
        "task": HEAD,
        "data": {name: str(tmp_path / f"{name}.json") for name in ("train", "dev", "test")},
        "training": {"epochs": 1, "optimizer": {"learning_rate": 1e-3}},
    }
    asked: list[object] = []

    def fitted(*arguments: object, **options: object) -> Fitted:
        asked.append(options["dev"])
        return fitted_model(*arguments, **options | {"known": {HEAD: BETTER}})

    monkeypatch.setattr(running, "fitted_model", fitted)
    config = from_mapping(FinetuneConfig, values=values, where="test")
    result = finetune(config, output=tmp_path / "run", device="cpu")
    assert result is not None
    assert [[one.id for one in each[HEAD]] for each in asked] == [["a", "b"]]
    options = load_bundle(result.model).task().config
    assert (options.no_answer, options.no_answer_threshold) == (True, -1.5)
    assert result.report["fitted"] == {HEAD: {"no_answer_threshold": -1.5}}
    card = (result.model / "README.md").read_text()
    assert "`no_answer_threshold` of extractive_qa is -1.5, which scores best on dev" in card
