"""Commands that look at files of examples, and score and calibrate models on them."""

import json
from pathlib import Path

import pytest
import torch

from examples.tiny_model import TEXTS, tiny_model
from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.model_card import CardNotes
from openluke.checkpoints.saving import save_bundle
from openluke.cli.evaluate import print_scores
from openluke.cli.main import main
from openluke.formats.json_records import json_form
from openluke.records import ClassifiedText, LabelScores, Scores
from tests import toy_task
from tests.toy_task import ToyConfig, ToyTask

ROWS = ["river\tthe Nile flows", "city\tTokyo is large", "river\tthe river flows", "city\tLondon"]


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    toy_task.install(monkeypatch)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    bundle = tiny_model(TEXTS)
    task = ToyTask(ToyConfig(), setup=bundle.task_setup(("city", "river")))
    generator = torch.Generator().manual_seed(1)
    bundle = bundle.with_task("places", task=task, generator=generator)
    notes = CardNotes(title="Places", sections=("## Training\n\nIn ten steps.",))
    save_bundle(bundle, directory=tmp_path / "model", notes=notes)
    return tmp_path / "model"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rows.txt"
    path.write_text("\n".join(ROWS) + "\n")
    return path


@pytest.fixture
def run(capsys: pytest.CaptureFixture):
    def call(*arguments: object) -> tuple[int, str, str]:
        status = 0
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as ended:
            status = int(ended.code or 0)
        return (status, *capsys.readouterr())

    return call


def test_a_file_is_looked_at_before_training(run, file: Path, model: Path) -> None:
    status, out, err = run("check", "toy", file, "--examples", 2)
    assert status == 0, err
    told = {" ".join(line.split()) for line in out.splitlines()}
    assert {"form tsv", "examples 4", "river 2", "duplicates 0"} <= told
    assert "the Nile flows" in out
    assert "the river flows" not in out
    facts = json.loads(run("check", "toy", file, "--model", model, "--json")[1])
    assert facts["labels"] == {"label": {"river": 2, "city": 2}}
    assert facts["inputs of the model"] == 4
    assert facts["what is lost"] == []


def test_the_model_that_is_looked_at_may_be_said_exactly(run, file: Path, model: Path) -> None:
    for arguments, message in (
        (("--kind", "token"), "found --kind or --revision without --model"),
        (("--revision", "main"), "found --kind or --revision without --model"),
        (("--model", model, "--kind", "token"), "states its heads itself; head='token' is for"),
    ):
        status, _, err = run("check", "toy", file, *arguments)
        assert status == 1
        assert message in err


def test_commands_take_no_options_that_they_do_not_use(run, file: Path, model: Path) -> None:
    for option in ("--device", "--workers", "--batch-rows", "--dtype"):
        assert run("check", "toy", file, "--model", model, option, "1")[0] == 2
    assert run("calibrate", model, file, "--workers", "2")[0] == 2


def test_what_training_would_refuse_is_refused_before(run, tmp_path: Path, model: Path) -> None:
    for rows, message in (
        (
            [{"text": "Ana ran", "mentions": [[0, 3]]}],
            ":1: the mention at characters 0 to 3 has no",
        ),
        ([{"text": "Ana ran"}], ": no mention was found to learn from"),
        (
            [{"text": "a", "mentions": [[0, 1, 3]]}],
            r":1: Document: mentions[0]: label: found 3 (int)",
        ),
    ):
        (tmp_path / "x").write_text("".join(json.dumps(row) + "\n" for row in rows))
        status, _, err = run("check", "ner", tmp_path / "x")
        assert status == 1
        assert f"{tmp_path / 'x'}{message}" in err
    assert "labels are names: write that of the class in place of its number" in err
    rows = [{"text": "a", "label": "x"}, {"text": "b"}]
    (tmp_path / "y").write_text("".join(json.dumps(row) + "\n" for row in rows))
    err = run("check", "sequence_classification", tmp_path / "y", "--model", model)[2]
    assert f"{tmp_path / 'y'}:2: has no gold answer" in err


def test_what_the_data_decides_and_numbers_for_names_are_told(run, tmp_path: Path) -> None:
    text = "Ana ran home. " + "Then nobody said a word for hours. " * 100
    row = {"text": text, "mentions": [[0, 3, "1"]]}
    (tmp_path / "x").write_text(json.dumps(row))
    status, out, err = run("check", "ner", tmp_path / "x")
    assert status == 0, err
    assert "context" in out
    assert "document" in out
    assert "each mention is a number" in out
    assert "…" in out
    assert len(out) < 3000


def test_options_of_tasks_and_readers_are_checked(run, file: Path) -> None:
    for arguments, message in (
        (("--set", "temperatur=1"), "unknown key 'temperatur'; did you mean 'temperature'"),
        (("--option", "upper=true"), "options of form tsv: unknown key 'upper'; known keys: lower"),
        (("--form", "conll"), "found no form 'conll'; forms that are read here: tsv"),
        (("--examples", "-2"), "--examples is -2, expected 0 or more"),
    ):
        status, _, err = run("check", "toy", file, *arguments)
        assert status == 1
        assert message in err
    assert "no task named 'nerd'" in run("check", "nerd", file)[2]


def test_a_file_of_no_known_form_is_told(run, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("one column\n")
    status, _, err = run("check", "toy", tmp_path / "x")
    assert status == 1
    assert "x: the file begins with 'one column', which is not how tsv begins" in err


def test_a_file_in_another_encoding_is_looked_at(run, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes("Ana B-PER\n\nBo B-PER\n".encode("utf-16-le"))
    arguments = ("check", "ner", tmp_path / "x", "--option", "encoding=utf-16-le", "--json")
    assert json.loads(run(*arguments)[1])["form"] == "conll"


def test_a_file_for_another_model_is_told(run, model: Path, tmp_path: Path) -> None:
    (tmp_path / "x").write_text('{"question": "?"}\n')
    for command in ("evaluate", "calibrate"):
        status, _, err = run(command, model, tmp_path / "x", "--device", "cpu")
        assert status == 1
        assert "not how tsv begins, the forms that a model that does toy reads" in err


def test_a_model_is_scored(run, model: Path, file: Path, tmp_path: Path) -> None:
    status, out, err = run(
        "evaluate", model, file, "--json", "--output", tmp_path / "p.jsonl", "--device", "cpu"
    )
    assert status == 0, err
    scores = json.loads(out)
    assert scores["counts"] == {"examples": 4}
    lines = (tmp_path / "p.jsonl").read_text().splitlines()
    labels = [json.loads(line)["label"] for line in lines]
    right = [row.startswith(label) for row, label in zip(ROWS, labels, strict=True)]
    assert scores["values"]["accuracy"] == sum(right) / 4
    table = run("evaluate", model, file, "--device", "cpu")[1]
    assert f"{sum(right) / 4:.4f}" in table


def test_outputs_that_are_there_stay_and_are_told_first(
    run, model: Path, file: Path, tmp_path: Path
) -> None:
    output = tmp_path / "p.jsonl"
    output.write_text("mine\n")
    for arguments, message in (
        (("evaluate", "no model", file, "--output", file, "--replace"), "rows.txt: is the input"),
        (("evaluate", "no model", file, "--output", output), "p.jsonl: already exists"),
        (
            ("evaluate", "no model", file, "--output", tmp_path / "no" / "p.jsonl"),
            f"p.jsonl: there is no directory {tmp_path}/no",
        ),
        (
            ("evaluate", "no model", file, "--predictions", output, "--output", output),
            "p.jsonl: is the input",
        ),
        (("calibrate", "no model", file, "--output", model), "model: is finished already"),
        (("calibrate", "no model", file, "--output", output), "p.jsonl: "),
    ):
        status, out, err = run(*arguments)
        assert (status, out) == (1, "")
        assert message in err
    assert output.read_text() == "mine\n"
    status, _, err = run("evaluate", model, file, "--output", output, "--replace")
    assert status == 0, err
    assert len(output.read_text().splitlines()) == 4


def test_predictions_made_elsewhere_are_scored(run, model: Path, file: Path, tmp_path) -> None:
    lines = [json.dumps({"text": row, "label": row.split("\t")[0]}) for row in ROWS]
    (tmp_path / "p.jsonl").write_text("\n".join(lines))
    arguments = ("evaluate", model, file, "--json", "--predictions", tmp_path / "p.jsonl")
    assert json.loads(run(*arguments)[1])["values"] == {"accuracy": 1.0}
    (tmp_path / "p.jsonl").write_text("\n".join(lines[:3]))
    assert "found 3 predictions for 4 examples" in run(*arguments)[2]
    (tmp_path / "p.jsonl").write_text("\n".join([lines[0], '{"text": "a", "tag": "x"}']))
    assert "p.jsonl:2: ClassifiedText: unknown key 'tag'" in run(*arguments)[2]


def test_predictions_that_were_written_can_be_scored(
    run, model: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(ToyTask, "forms", (json_form(ClassifiedText),))
    text = "the\u2028Nile\u0085 flows\x0c on\x1c"
    (tmp_path / "in").write_text(json.dumps({"text": text, "label": "river"}) + "\n")
    made = ("evaluate", model, tmp_path / "in", "--json", "--device", "cpu")
    output = tmp_path / "out.jsonl"
    status, out, err = run(*made, "--output", output)
    assert status == 0, err
    assert text[:4] in output.read_text(encoding="utf-8")
    assert run(*made, "--predictions", output)[:2] == (0, out)
    output.write_text('\n{"text": \n')
    assert "out.jsonl:2: not JSON" in run(*made, "--predictions", output)[2]


def test_a_model_is_calibrated_and_saved(run, model: Path, file: Path, tmp_path: Path) -> None:
    output = tmp_path / "calibrated"
    status, out, err = run("calibrate", model, file, "--output", output, "--device", "cpu")
    assert status == 0, err
    assert "expected calibration error" in out
    assert "## Training" in (output / "README.md").read_text()
    assert "| temperature | 1.0000 |" in (output / "README.md").read_text()
    temperature = load_bundle(output).task().config.temperature
    assert temperature != 1.0
    assert f"{temperature:.4f}" in out


def test_tasks_are_listed_and_described(run) -> None:
    assert "toy" in run("tasks")[1] or "ner" in run("tasks")[1]
    out = run("tasks", "toy")[1]
    for text in ("temperature = 1.0", "What logits are divided by.", "tsv", "lower"):
        assert text in out
    assert "--set options.NAME=VALUE" in out


def test_scores_are_aligned_with_the_one_that_counts_first(
    capsys: pytest.CaptureFixture, monkeypatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    labels = {
        "river": LabelScores(precision=1.0, recall=0.5, f1=2 / 3, support=1200),
        "a [city]": LabelScores(precision=0.0, recall=0.0, f1=0.0, support=7),
    }
    scores = Scores(
        values={"accuracy": 0.75, "macro_f1": 1 / 3}, labels=labels, counts={"texts": 1207}
    )
    print_scores(scores, title="toy on x", as_json=False, primary="macro_f1")
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "toy on x",
        "macro_f1  0.3333  the score that counts",
        "accuracy  0.7500",
        "texts 1,207",
        "",
        "label         f1  precision  recall  support",
        "river     0.6667     1.0000  0.5000    1,200",
        "a [city]  0.0000     0.0000  0.0000        7",
    ]


def test_a_file_without_gold_answers_is_not_scored(
    run, model: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(ToyTask, "forms", (json_form(ClassifiedText),))
    file = tmp_path / "bare.jsonl"
    file.write_text('{"text": "the Nile"}\n')
    for command in ("evaluate", "calibrate"):
        status, out, err = run(command, model, file, "--device", "cpu")
        assert (status, out) == (1, "")
        assert "bare.jsonl: none of the 1 examples says what is right" in err
        assert 'it needs labels, such as "label": "positive"' in err
