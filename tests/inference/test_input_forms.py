"""The form of a file to predict from: told by structure, and plain text where there is none."""

from pathlib import Path

import pytest

from openluke.errors import DataError
from openluke.inference.input_forms import form_of
from openluke.inference.prediction_inputs import PredictionInputs
from openluke.task import load_task, task_names

CONLL = "Ana B-PER\nslept O\n\nBo B-PER\nwoke O\n"
TAGS = "Ana\tNOUN\nslept\tVERB\n"
PROSE = ("Ana slept.\n", "Los Angeles\nNew York\n", "one\n", "[1] Ana slept\n", '{"a" is no JSON\n')


def told(task: str, text: str, *, tmp_path: Path) -> str:
    (tmp_path / "in").write_text(text, encoding="utf-8")
    return form_of(tmp_path / "in", forms=load_task(task).forms)


@pytest.mark.parametrize("task", task_names())
@pytest.mark.parametrize("text", PROSE)
def test_prose_is_text_to_every_task(task: str, text: str, tmp_path: Path) -> None:
    assert told(task, text, tmp_path=tmp_path) == "text"


@pytest.mark.parametrize("task", task_names())
def test_objects_are_json_lines_to_every_task(task: str, tmp_path: Path) -> None:
    assert told(task, '{"text": "Ana slept."}\n', tmp_path=tmp_path) == "jsonl"
    assert told(task, '[{"text": "Ana slept."}]\n', tmp_path=tmp_path) == "jsonl"


def test_structure_is_seen_and_what_could_be_prose_is_asked_for(tmp_path: Path, caplog) -> None:
    assert told("ner", CONLL, tmp_path=tmp_path) == "conll"
    assert told("token_classification", TAGS, tmp_path=tmp_path) == "columns"
    assert not caplog.records
    assert told("token_classification", "Ana NOUN\nslept VERB\n", tmp_path=tmp_path) == "text"
    assert "if it has the form columns, say so: --form columns" in caplog.text
    squad = '{\n "data": [{"paragraphs": [{"context": "c", "qas": []}]}]}'
    assert told("extractive_qa", squad, tmp_path=tmp_path) == "squad"
    with pytest.raises(DataError, match="JSON with the keys"):
        told("extractive_qa", '{\n "rows": []}', tmp_path=tmp_path)


def test_a_json_list_and_short_forms_are_read_as_training_reads_them(tmp_path: Path) -> None:
    row = '{"text": "Ana slept.", "mentions": [[0, 3, "PER"]]}'
    found = []
    for text in (f"[{row}]\n", f"{row}\n"):
        (tmp_path / "in").write_text(text)
        found += PredictionInputs.of(load_task("ner"), path=tmp_path / "in").read()
    assert [one.mentions[0].label for one in found] == ["PER", "PER"]
