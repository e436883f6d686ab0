"""What is to be predicted: texts, streams and files, each as it is."""

import io
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from openluke.errors import ConfigError, DataError
from openluke.inference.prediction_inputs import PredictionInputs
from openluke.inference.task_pipeline import InputError
from openluke.task import load_task

ROWS = (
    '{"text": "Ana", "extra": 1, "mentions": [{"start": 0, "end": 3, "text": "Ana"}]}',
    '{"text": "Bo", "extra": 2}',
)
WAYS = ("lines", "list", "directory", "stream")
"""How the same rows may be given."""


def given(
    rows: tuple[str, ...], *, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[Any]:
    """What is read of rows of JSON."""
    path = tmp_path / "in"
    if way == "directory":
        path.mkdir(exist_ok=True)
    content = f"[{', '.join(rows)}]" if way == "list" else "\n".join(rows)
    if way == "stream":
        stdin = SimpleNamespace(buffer=io.BytesIO(content.encode()))
        monkeypatch.setattr(sys, "stdin", stdin)
        return [*PredictionInputs.of(load_task("ner")).read()]
    (path / "rows" if way == "directory" else path).write_text(content)
    return [*PredictionInputs.of(load_task("ner"), path=path).read()]


@pytest.mark.parametrize("form", [None, "text", "conll"])
def test_a_file_that_is_not_there_is_said_to_be_missing(form: str | None, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="none: cannot be read: No such file"):
        PredictionInputs.of(load_task("ner"), path=tmp_path / "none", form=form)


def test_what_can_be_read_once_alone_is_a_stream(tmp_path: Path) -> None:
    ner = load_task("ner")
    (tmp_path / "in").write_text("Ana\n")
    assert PredictionInputs.of(ner).is_stream
    assert PredictionInputs.of(ner, path=Path("/dev/null")).is_stream
    assert not PredictionInputs.of(ner, path=tmp_path / "in").is_stream
    assert not PredictionInputs.of(ner, path=tmp_path).is_stream
    assert not PredictionInputs.of(ner, text="Ana").is_stream


@pytest.mark.parametrize("way", WAYS)
def test_rows_are_read_alike_however_they_are_given(way, tmp_path, monkeypatch, caplog) -> None:
    found = given(ROWS, way=way, tmp_path=tmp_path, monkeypatch=monkeypatch)
    assert [(one.text, len(one.mentions)) for one in found] == [("Ana", 1), ("Bo", 0)]
    assert caplog.text.count("key 'extra' is not read") == 1


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("row", "message"),
    [
        (r'{"text": "a \ud800 b"}', ":1: .*found a lone surrogate after"),
        (
            '{"text": "Ana", "mentions": [{"start": 0, "end": 3, "text": "Bo"}]}',
            r':1: .*mentions\[0\]: characters 0 to 3 are "Ana", expected "Bo"',
        ),
        ('{"text": "Ana", "mentions": [[0, 3, ""]]}', r':1: .*mentions\[0\].label: found ""'),
    ],
)
def test_wrong_rows_are_named_alike(row, message, way, tmp_path, monkeypatch) -> None:
    with pytest.raises(DataError, match=message):
        given((row,), way=way, tmp_path=tmp_path, monkeypatch=monkeypatch)


def test_a_list_is_completed_as_lines_are(tmp_path: Path) -> None:
    (tmp_path / "in").write_text('[{"text": "Ana slept"}]')
    (found,) = PredictionInputs.of(load_task("token_classification"), path=tmp_path / "in").read()
    assert [word.of(found.text) for word in found.words] == ["Ana", "slept"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_one(end: str, tmp_path: Path, monkeypatch) -> None:
    content = f"Ana{end}{end}Bo{end}".encode()
    (tmp_path / "in").write_bytes(content)
    ner = load_task("ner")
    of_file = PredictionInputs.of(ner, path=tmp_path / "in")
    assert (of_file.count(), [one.text for one in of_file.read()]) == (3, ["Ana", "", "Bo"])
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    assert [one.text for one in PredictionInputs.of(ner).read()] == ["Ana", "", "Bo"]


@pytest.mark.parametrize(
    ("content", "form", "line"),
    [
        ("\n".join(ROWS), "jsonl", 2),
        (f"[\n{ROWS[0]},\n\n{ROWS[1]}\n]", "jsonl", 4),
        ("Ana B-PER\n\nBo B-PER\n", "conll", 3),
        ("Ana\nBo\n", "text", 2),
    ],
)
def test_errors_name_the_line_of_an_input(content, form, line, tmp_path: Path) -> None:
    (tmp_path / "in").write_text(content)
    inputs = PredictionInputs.of(load_task("ner"), path=tmp_path / "in")
    assert inputs.form == form
    with pytest.raises(DataError, match=f"in:{line}: wrong"), inputs.naming_lines():
        raise InputError("wrong", number=1)


@pytest.mark.parametrize(
    ("content", "form"),
    [("\n".join(ROWS), "jsonl"), ("Ana B-PER\n", "conll"), (f"[{ROWS[0]}]", "jsonl")],
)
def test_the_form_is_told_in_the_encoding_that_is_said(content, form, tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(content.encode("utf-16-le"))
    options = {"encoding": "utf-16-le"}
    for path in (tmp_path / "in", tmp_path):
        inputs = PredictionInputs.of(load_task("ner"), path=path, options=options)
        assert inputs.form == (form if path.is_file() else None)
        assert next(inputs.read()).text == "Ana"


@pytest.mark.parametrize("content", ["Ana slept", ROWS[0]])
def test_utf_16_is_named_where_its_mark_stands(content: str, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "in").write_bytes(content.encode("utf-16"))
    message = "not UTF-8: .*mark of UTF-16: give .*--option encoding=utf-16"
    ner = load_task("ner")
    with pytest.raises(DataError, match=message):
        list(PredictionInputs.of(ner, path=tmp_path / "in").read())
    stdin = SimpleNamespace(buffer=io.BytesIO(content.encode("utf-16")))
    monkeypatch.setattr(sys, "stdin", stdin)
    with pytest.raises(DataError, match=message):
        list(PredictionInputs.of(ner).read())


@pytest.mark.parametrize("form", [None, "jsonl"])
def test_questions_on_json_lines_may_have_a_table_of_names(form, tmp_path: Path) -> None:
    (tmp_path / "in").write_text('\n{"question": "Who?", "context": "Ana met Bo."}\n')
    (tmp_path / "names.tsv").write_text("Bo\tBo Diddley\n")
    questions = load_task("extractive_qa")
    options = {"mentions": "names.tsv"}
    inputs = PredictionInputs.of(questions, path=tmp_path / "in", form=form, options=options)
    (one,) = inputs.read()
    assert [(each.start, each.entity) for each in one.mentions] == [(8, "Bo Diddley")]
    assert inputs.count() == 1
    with pytest.raises(DataError, match="in:2: found x"), inputs.naming_lines():
        raise InputError("found x", number=0)
    unknown = PredictionInputs.of(questions, path=tmp_path / "in", options={"mention": "x"})
    with pytest.raises(ConfigError, match="form jsonl: unknown key 'mention'"):
        unknown.read()
    with pytest.raises(ConfigError, match=r"lines have encoding alone; .* \(--input FILE\)"):
        PredictionInputs.of(questions, options=options)
