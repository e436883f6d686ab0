"""Predictions of whole files: in order, resumed where they stopped, errors by line."""

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from examples.tiny_model import TEXTS, tiny_model
from openluke.errors import ConfigError, DataError
from openluke.inference import scheduling
from openluke.inference.examples import example_of
from openluke.inference.pipeline import Pipeline
from openluke.inference.predict_file import PredictJob, predict_file
from openluke.inference.prediction_inputs import PredictionInputs
from openluke.inference.task_pipeline import InputError
from openluke.records import ClassifiedText
from openluke.task import load_task
from tests import toy_task
from tests.toy_task import ToyConfig, ToyTask

LINES = [f"the Nile flows past town {number}" for number in range(20)]


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    toy_task.install(monkeypatch)
    bundle = tiny_model(TEXTS)
    task = ToyTask(ToyConfig(), setup=bundle.task_setup(("city", "river")))
    generator = torch.Generator().manual_seed(1)
    small = {"max_texts": 3, "max_characters": 1000}
    monkeypatch.setattr(scheduling.chunks_of_texts, "__kwdefaults__", small)
    bundle = bundle.with_task("places", task=task, generator=generator)
    return Pipeline(bundle, device=torch.device("cpu"))


@pytest.fixture
def job(tmp_path: Path) -> PredictJob:
    return PredictJob(model="m", output=tmp_path / "out.jsonl")


def change(job: PredictJob, **values) -> PredictJob:
    names = ("model", "output", "head", "workers", "batch_rows", "replace")
    return PredictJob(**{name: getattr(job, name) for name in names} | values)


def inputs(path: Path, lines: list[str], **options) -> PredictionInputs:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return PredictionInputs.of(ToyTask, path=path, **options)


def test_there_is_a_line_for_each_input_in_order(pipeline, job, tmp_path) -> None:
    given = inputs(tmp_path / "in.txt", [*LINES, "", "東京 🙂"])
    seen: list[int] = []
    assert predict_file(pipeline, examples=given.read(), job=job, on_inputs=seen.append) == 22
    assert seen == [3, 6, 9, 12, 15, 18, 21, 22]
    assert given.count() == 22
    rows = [json.loads(line) for line in job.output.read_text(encoding="utf-8").splitlines()]
    assert [row["text"] for row in rows] == [*LINES, "", "東京 🙂"]
    assert rows[20] == {"text": ""}
    assert set(rows[0]) == {"text", "label", "score", "scores"}
    assert rows[4]["score"] == pytest.approx(pipeline.predict(LINES[4]).score, abs=1e-6)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_job_that_was_stopped_goes_on_and_leaves_no_trace(
    pipeline: Pipeline, job, tmp_path, monkeypatch
) -> None:
    given = inputs(tmp_path / "in.txt", LINES)
    predict_file(pipeline, examples=given.read(), job=job)
    whole = job.output.read_bytes()
    job.output.unlink()

    def stop(done: int) -> None:
        if done > 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        predict_file(pipeline, examples=given.read(), job=job, on_inputs=stop)
    assert not job.output.exists()
    # what a kill leaves: a part of a line behind what is known to be done
    with (tmp_path / ".out.jsonl.partial").open("ab") as stream:
        stream.write(b'{"text": "half a l')
    texts: list[str] = []
    monkeypatch.setattr(ToyTask, "encode", _noting(ToyTask.encode, texts))
    assert predict_file(pipeline, examples=given.read(), job=job) == 20
    assert texts == LINES[9:]
    assert job.output.read_bytes() == whole


def test_a_job_that_goes_on_does_not_say_that_nothing_was_asked_before(
    pipeline: Pipeline, job, caplog
) -> None:
    kind = load_task("entity_typing")
    task = kind(kind.config_type(), setup=pipeline.bundle.task_setup(("city",)))
    bundle = pipeline.bundle.with_task("types", task=task)
    job = change(job, head="types")
    rows = [{"text": LINES[0], "mentions": [(4, 8)]}] * 3 + [{"text": LINES[0]}] * 2

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    typing = Pipeline(bundle, device=pipeline.device)
    with pytest.raises(KeyboardInterrupt):
        predict_file(typing, examples=_examples(rows, kind), job=job, on_inputs=stop)
    assert predict_file(typing, examples=_examples(rows, kind), job=job) == 5
    assert not caplog.records


def _examples(rows, task):
    return [example_of(row, task=task) for row in rows]


def _noting(encode, texts: list[str]):
    def noting(self, examples):
        texts.extend(example.text for example in examples)
        return encode(self, examples)

    return noting


def test_another_model_or_other_options_do_not_go_on(pipeline: Pipeline, job, tmp_path) -> None:
    given = inputs(tmp_path / "in.txt", LINES)
    _interrupt(pipeline, given, job=job)
    with pytest.raises(ConfigError, match="unfinished job with another model; finish"):
        predict_file(pipeline, examples=given.read(), job=change(job, model="other"))
    warm = pipeline.with_options(options={"temperature": 2.0})
    with pytest.raises(ConfigError, match="unfinished job with another options"):
        predict_file(warm, examples=given.read(), job=job)
    predict_file(warm, examples=given.read(), job=change(job, replace=True))
    row = json.loads(job.output.read_text(encoding="utf-8").splitlines()[0])
    assert row["score"] == pytest.approx(warm.predict(LINES[0]).score, abs=1e-6)


def test_inputs_that_have_changed_are_noticed(pipeline: Pipeline, job, tmp_path) -> None:
    _interrupt(pipeline, inputs(tmp_path / "in.txt", LINES), job=job)
    changed = inputs(tmp_path / "in.txt", ["another text", *LINES[1:]])
    with pytest.raises(DataError, match="first 3 inputs are done, but they are no longer"):
        predict_file(pipeline, examples=changed.read(), job=job)
    mended = inputs(tmp_path / "in.txt", [*LINES[:5], "mended", *LINES[6:]])
    assert predict_file(pipeline, examples=mended.read(), job=job) == 20
    assert "mended" in job.output.read_text(encoding="utf-8").splitlines()[5]


def test_unfinished_work_is_discarded_on_request(pipeline: Pipeline, job, tmp_path) -> None:
    _interrupt(pipeline, inputs(tmp_path / "in.txt", LINES), job=job)
    changed = inputs(tmp_path / "in.txt", ["another text", *LINES[1:]])
    assert predict_file(pipeline, examples=changed.read(), job=change(job, replace=True)) == 20
    assert "another text" in job.output.read_text(encoding="utf-8").splitlines()[0]


@pytest.mark.parametrize("how", ["shorter", "other bytes"])
def test_predictions_that_have_changed_are_not_gone_on_with(
    pipeline: Pipeline, job, tmp_path, how: str
) -> None:
    given = inputs(tmp_path / "in.txt", LINES)
    _interrupt(pipeline, given, job=job)
    partial = tmp_path / ".out.jsonl.partial"
    content = partial.read_bytes()
    partial.write_bytes(content[:-9] if how == "shorter" else content.replace(b"Nile", b"Ruhr"))
    with pytest.raises(ConfigError, match="partial: not what an unfinished job has written of 3"):
        predict_file(pipeline, examples=given.read(), job=job)
    assert predict_file(pipeline, examples=given.read(), job=change(job, replace=True)) == 20
    assert b"\0" not in job.output.read_bytes()


def test_what_a_finished_job_left_when_it_was_killed_is_no_work(
    pipeline: Pipeline, job, tmp_path
) -> None:
    given = inputs(tmp_path / "in.txt", LINES)
    _interrupt(pipeline, given, job=job)
    left = (tmp_path / ".out.jsonl.progress").read_text()
    assert predict_file(pipeline, examples=given.read(), job=job) == 20
    whole = job.output.read_bytes()
    for again in (job, change(job, replace=True)):
        (tmp_path / ".out.jsonl.progress").write_text(left)
        if not again.replace:
            job.output.unlink()
        assert predict_file(pipeline, examples=given.read(), job=again) == 20
        assert job.output.read_bytes() == whole
        assert not (tmp_path / ".out.jsonl.progress").exists()


def _interrupt(pipeline: Pipeline, given: PredictionInputs, *, job: PredictJob) -> None:
    def stop(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        predict_file(pipeline, examples=given.read(), job=job, on_inputs=stop)


def test_a_wrong_line_is_named(pipeline: Pipeline, job, tmp_path) -> None:
    rows = [json.dumps({"text": line}) for line in LINES]
    given = inputs(tmp_path / "in.jsonl", [*rows[:7], "", '{"text": 5}', *rows])
    with pytest.raises(DataError, match=r"in\.jsonl:9: .*text: found 5 \(int\), expected str"):
        predict_file(pipeline, examples=given.read(), job=job)
    given = inputs(tmp_path / "in.jsonl", [*rows[:7], "", r'{"text": "a \ud800"}', *rows])
    with pytest.raises(DataError, match=r"in\.jsonl:9: found a lone surrogate after"):
        predict_file(pipeline, examples=given.read(), job=job)


def test_keys_that_are_not_read_are_told_once(pipeline, tmp_path, caplog) -> None:
    rows = [json.dumps({"text": "a", "colour": "red"})] * 3
    given = inputs(tmp_path / "in.jsonl", rows)
    assert [example.text for example in given.read()] == ["a"] * 3
    assert [record.message.partition("in.jsonl")[2] for record in caplog.records] == [
        ":1: key 'colour' is not read"
    ]


def test_the_first_line_tells_texts_from_objects(tmp_path: Path) -> None:
    first = '{"a": 1} is no object'
    given = inputs(tmp_path / "a", [first])
    assert next(given.read()) == ClassifiedText(text=first)
    with pytest.raises(DataError, match=r"b:1: not JSON"):
        next(inputs(tmp_path / "b", [first], form="jsonl").read())
    row = '{"text": "x"}'
    assert next(inputs(tmp_path / "c", [row], form="text").read()).text == row
    assert next(inputs(tmp_path / "d", ["river\ta b"], form="tsv").read()).label == "river"


def test_empty_lines_are_inputs_of_texts_and_none_of_json_lines(pipeline, tmp_path) -> None:
    texts = inputs(tmp_path / "a", ["", "x", " ", ""])
    assert [example.text for example in texts.read()] == ["", "x", " ", ""]
    assert texts.count() == 4
    bad = inputs(tmp_path / "b", ["", "a\0", ""])
    with pytest.raises(DataError, match=r"b:3: wrong"), bad.naming_lines():
        raise InputError("wrong", number=2)
    rows = inputs(tmp_path / "c", ["", '{"text": "x"}', ""])
    assert [example.text for example in rows.read()] == ["x"]
    assert rows.count() == 1


def test_the_form_of_a_file_is_told_by_what_is_in_it(tmp_path: Path) -> None:
    told = inputs(tmp_path / "in.txt", ["river\ta b", "city\tTokyo"])
    assert (told.form, told.count()) == ("tsv", None)
    assert [example.label for example in told.read()] == ["river", "city"]
    upper = inputs(tmp_path / "in.txt", ["river\tA B"], options={"lower": True})
    assert next(upper.read()).text == "a b"
    both = tmp_path / "directory"
    both.mkdir()
    (both / "a").write_text("river\ta b\n")
    (both / "b").write_text("city\tTokyo\n")
    assert len(list(PredictionInputs.of(ToyTask, path=both).read())) == 2


def test_forms_and_options_that_fit_no_lines_are_errors(tmp_path: Path) -> None:
    for arguments, message in (
        ({"text": "x", "form": "tsv"}, "beside a text"),
        ({"form": "tsv"}, "read line by line, as jsonl or text; give what has the form tsv"),
        ({"path": Path("/dev/null"), "form": "tsv"}, "read line by line"),
        ({"options": {"lower": True}}, r"reader options \(lower\), of which lines have encoding"),
        ({"options": {"encoding": "latin-0"}}, "found no encoding 'latin-0'"),
    ):
        with pytest.raises(ConfigError, match=message):
            PredictionInputs.of(ToyTask, **arguments)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-8", "cp1252"])
def test_lines_may_have_another_encoding(encoding: str, tmp_path: Path, monkeypatch) -> None:
    texts = ["España", "", "Ċ" if encoding.startswith("utf") else "c", "Düsseldorf"]
    content = "\n".join(texts).encode(encoding)
    (tmp_path / "in.txt").write_bytes(content)
    options = {"options": {"encoding": encoding}, "form": "text"}
    given = PredictionInputs.of(ToyTask, path=tmp_path / "in.txt", **options)
    assert given.count() == 4
    assert [example.text for example in given.read()] == texts
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    assert [one.text for one in PredictionInputs.of(ToyTask, **options).read()] == texts
    with pytest.raises(DataError, match=r"in\.txt:2: input"), given.naming_lines():
        raise InputError("input", number=1)


def test_lines_in_a_wrong_encoding_are_named(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_bytes("a\nEspaña\n".encode("latin-1"))
    wrong = PredictionInputs.of(ToyTask, path=tmp_path / "in.txt")
    with pytest.raises(DataError, match=r"in\.txt:2: not UTF-8: .*--option encoding=latin-1"):
        list(wrong.read())
    ascii_only = {"encoding": "ascii"}
    wrong = PredictionInputs.of(ToyTask, path=tmp_path / "in.txt", options=ascii_only)
    with pytest.raises(DataError, match=r"in\.txt:2: not ascii: "):
        list(wrong.read())


def test_no_inputs_are_an_error_that_leaves_nothing(pipeline: Pipeline, job, tmp_path) -> None:
    with pytest.raises(DataError, match="no inputs"):
        predict_file(pipeline, examples=[], job=job)
    assert list(tmp_path.iterdir()) == []


def test_an_output_is_replaced_on_request_alone(pipeline: Pipeline, job) -> None:
    job.output.write_text("mine\n")
    with pytest.raises(ConfigError, match="already exists"):
        predict_file(pipeline, examples=[ClassifiedText(text="a")], job=job)
    predict_file(pipeline, examples=[ClassifiedText(text="a")], job=change(job, replace=True))
    assert json.loads(job.output.read_text())["text"] == "a"
