"""Files of vectors: three forms, the input's order, resumed after a kill, errors by line."""

import json
import signal
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from openluke.errors import ConfigError, DataError, OpenLukeError
from openluke.file_lock import locked
from openluke.inference import embed_file as module
from openluke.inference import jsonl_vectors
from openluke.inference.embed_file import EmbedJob, embed_file
from openluke.inference.jsonl_vectors import write_jsonl
from openluke.inference.passage_lines import read_lines
from openluke.inference.pipeline import Pipeline
from openluke.inference.vectors import EncodedText, SpanVectors

ROWS = [
    {"text": "Beyoncé lives in Los Angeles.", "spans": [[0, 7], [17, 28]]},
    {"text": ""},
    {"text": "Tokyo is the capital of Japan. " * 150, "spans": [[0, 5]], "entities": [None]},
    {"text": "東京 🙂", "id": 7},
]


@pytest.fixture
def job(tmp_path: Path) -> EmbedJob:
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS)
    (tmp_path / "in.jsonl").write_text(lines + "\n\n", encoding="utf-8")
    return EmbedJob(model="m", input=tmp_path / "in.jsonl", output=tmp_path / "out")


def change(job: EmbedJob, **values) -> EmbedJob:
    fields = {name: getattr(job, name) for name in ("model", "input", "output", "form", "replace")}
    return EmbedJob(**fields | values)


@pytest.fixture
def one_text_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    def chunks(path: Path, *, pipeline: Pipeline) -> Iterator[list]:
        return ([line] for line in read_lines(path))

    monkeypatch.setattr(module, "_chunks", chunks)


def expected(pipeline: Pipeline) -> list:
    return pipeline.encode(
        [row["text"] for row in ROWS], spans=[row.get("spans", []) for row in ROWS]
    )


def test_json_lines_have_the_form_that_is_promised(pipeline: Pipeline, job: EmbedJob) -> None:
    assert embed_file(pipeline, job=job) == len(ROWS)
    rows = [json.loads(line) for line in job.output.read_text(encoding="utf-8").splitlines()]
    for row, text in zip(rows, expected(pipeline), strict=True):
        assert list(row) == ["text", "pieces", "mentions", "text_vector"]
        assert row["text"] == text.text
        assert [[p["start"], p["end"]] for p in row["pieces"]] == text.pieces.spans.tolist()
        assert [[m["start"], m["end"]] for m in row["mentions"]] == text.mentions.spans.tolist()
        np.testing.assert_allclose(row["text_vector"], text.text_vector, atol=1e-5)
        for mention, vector in zip(row["mentions"], text.mentions.vectors, strict=True):
            np.testing.assert_allclose(mention["vector"], vector, atol=1e-5)


@pytest.mark.usefixtures("one_text_a_part")
def test_parquet_holds_the_same(pipeline: Pipeline, job: EmbedJob) -> None:
    embed_file(pipeline, job=change(job, form="parquet"))
    rows = pq.read_table(job.output).to_pylist()
    for row, text in zip(rows, expected(pipeline), strict=True):
        assert row["text"] == text.text
        assert [p["end"] for p in row["pieces"]] == text.pieces.spans[:, 1].tolist()
        np.testing.assert_allclose(row["text_vector"], text.text_vector, atol=1e-5)
        for piece, vector in zip(row["pieces"], text.pieces.vectors, strict=True):
            np.testing.assert_allclose(piece["vector"], vector, atol=1e-5)


@pytest.mark.usefixtures("one_text_a_part")
def test_npz_holds_the_same(pipeline: Pipeline, job: EmbedJob) -> None:
    embed_file(pipeline, job=change(job, form="npz"))
    texts = expected(pipeline)
    with np.load(job.output) as arrays:
        assert arrays["piece_counts"].tolist() == [len(text.pieces) for text in texts]
        assert arrays["mention_counts"].tolist() == [2, 0, 1, 0]
        pieces = np.concatenate([text.pieces.vectors for text in texts])
        np.testing.assert_allclose(arrays["piece_vectors"], pieces, atol=1e-5)
        assert arrays["mention_spans"].tolist() == [[0, 7], [17, 28], [0, 5]]
        vectors = np.stack([text.text_vector for text in texts])
        np.testing.assert_allclose(arrays["text_vectors"], vectors, atol=1e-5)


class Killed(BaseException):
    """Stands for a process that is ended."""


@pytest.mark.parametrize("form", ["jsonl", "parquet", "npz"])
@pytest.mark.usefixtures("one_text_a_part")
def test_a_killed_job_goes_on_where_it_was(
    form, pipeline: Pipeline, job: EmbedJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = change(job, form=form, output=job.output.with_name("whole"))
    embed_file(pipeline, job=whole)
    job = change(job, form=form)

    def kill(n_texts: int) -> None:
        if n_texts == 2:
            raise Killed

    with pytest.raises(Killed):
        embed_file(pipeline, job=job, on_texts=kill)
    assert not job.output.exists()
    texts: list[str] = []
    encode = pipeline.encode_stream
    monkeypatch.setattr(
        pipeline,
        "encode_stream",
        lambda chunk: (texts.extend(p.text for p in chunk), encode(chunk))[1],
    )
    embed_file(pipeline, job=job)
    assert texts == [row["text"] for row in ROWS[2:]]
    assert not list(job.output.parent.glob(".out*"))
    assert job.output.read_bytes() == whole.output.read_bytes()


@pytest.mark.usefixtures("one_text_a_part")
def test_parts_of_another_job_are_not_mixed_in(pipeline: Pipeline, job: EmbedJob) -> None:
    def kill(_: int) -> None:
        raise Killed

    with pytest.raises(Killed):
        embed_file(pipeline, job=job, on_texts=kill)
    with pytest.raises(ConfigError, match=r"another model; .*discard its work \(--replace\)"):
        embed_file(pipeline, job=change(job, model="other"))
    with pytest.raises(ConfigError, match="another form"):
        embed_file(pipeline, job=change(job, form="npz"))
    embed_file(pipeline, job=change(job, model="other", replace=True))
    assert not list(job.output.parent.glob(".out*"))


@pytest.mark.usefixtures("one_text_a_part")
def test_a_row_that_is_put_right_lets_the_job_go_on(
    pipeline: Pipeline, job: EmbedJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = job.input.read_text(encoding="utf-8")
    job.input.write_text(right.replace("[0, 5]", "[0, -5]"), encoding="utf-8")
    with pytest.raises(DataError, match=r"in\.jsonl:3"):
        embed_file(pipeline, job=job)
    job.input.write_text(right, encoding="utf-8")
    texts: list[str] = []
    encode = pipeline.encode_stream
    monkeypatch.setattr(
        pipeline,
        "encode_stream",
        lambda chunk: (texts.extend(p.text for p in chunk), encode(chunk))[1],
    )
    assert embed_file(pipeline, job=job) == len(ROWS)
    assert texts == [row["text"] for row in ROWS[2:]]


@pytest.mark.usefixtures("one_text_a_part")
def test_a_changed_text_is_made_anew(pipeline: Pipeline, job: EmbedJob) -> None:
    embed_file(pipeline, job=change(job, output=job.output.with_name("whole")))
    right = job.input.read_text(encoding="utf-8")
    job.input.write_text(right.replace("Beyoncé", "Shakira"), encoding="utf-8")

    def kill(n_texts: int) -> None:
        if n_texts == 3:
            raise Killed

    with pytest.raises(Killed):
        embed_file(pipeline, job=job, on_texts=kill)
    job.input.write_text(right, encoding="utf-8")
    embed_file(pipeline, job=job)
    assert job.output.read_bytes() == job.output.with_name("whole").read_bytes()


def test_a_job_that_fails_at_once_leaves_nothing(pipeline: Pipeline, job: EmbedJob) -> None:
    job.input.write_text("{\n")
    with pytest.raises(DataError):
        embed_file(pipeline, job=job)
    assert [file.name for file in job.output.parent.iterdir()] == ["in.jsonl"]


def test_two_jobs_do_not_write_one_output(pipeline: Pipeline, job: EmbedJob) -> None:
    lock = job.output.with_name(".out.lock")
    with (
        locked(lock, what="out"),
        pytest.raises(ConfigError, match="another process is writing it"),
    ):
        embed_file(pipeline, job=job)
    lock.write_text("left by a process that was killed")
    assert embed_file(pipeline, job=job) == len(ROWS)


@pytest.mark.parametrize("name", ["in.jsonl/x.jsonl", "in.jsonl/deep/x.jsonl", ".", "x" * 252])
def test_an_output_that_cannot_be_is_refused(name, pipeline: Pipeline, job: EmbedJob) -> None:
    output = job.output.parent / name
    with pytest.raises(ConfigError, match=r"cannot be written|is a directory|is no directory"):
        embed_file(pipeline, job=change(job, output=output, replace=True))
    with pytest.raises(ConfigError, match="is the input"):
        embed_file(pipeline, job=change(job, output=job.input, replace=True))
    assert [file.name for file in job.output.parent.iterdir()] == ["in.jsonl"]


@pytest.mark.parametrize("form", ["jsonl", "parquet", "npz"])
def test_a_full_disk_is_told_in_a_line(
    form, pipeline: Pipeline, job: EmbedJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    signals = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(OpenLukeError, match=r"File too large|cannot be written"):
            embed_file(pipeline, job=change(job, form=form))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, signals)
    assert not job.output.exists()


def test_what_could_not_be_read_as_given_is_told(
    pipeline: Pipeline, job: EmbedJob, caplog: pytest.LogCaptureFixture
) -> None:
    lines = ['{"text": "Tokyo", "spans": [[0, 5]], "entities": ["No such title"]}', ""] * 9
    lines.append(json.dumps({"text": "Tokyo " * 50, "spans": [[0, 299]]}))
    job.input.write_text("\n".join(lines))

    def kill(_: int) -> None:
        raise Killed

    with pytest.raises(Killed):  # parts of an earlier run count as well
        embed_file(pipeline, job=job, on_texts=kill)
    assert not caplog.messages
    embed_file(pipeline, job=job)
    unknown, long = caplog.messages
    assert "mentions with a title that the entity vocabulary does not have" in unknown
    assert unknown.endswith(": 9 (first on lines 1, 3, 5, 7, 9)")
    assert "mentions of more pieces than max_mention_length" in long
    assert long.endswith(": 1 (first on lines 19)")


def test_wide_vectors_are_counted_with_64_bits(pipeline: Pipeline, job: EmbedJob) -> None:
    embed_file(pipeline, job=change(job, form="parquet"))
    schema = pq.read_schema(job.output)
    pieces = schema.field("pieces").type
    assert pa.types.is_large_list(pieces)
    assert pa.types.is_large_list(pieces.value_type.field("vector").type)


def test_json_of_a_long_text_is_never_in_memory_whole(
    job: EmbedJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jsonl_vectors, "_BLOCK", 64)
    n_pieces, width = 8_000, 32
    spans = SpanVectors(
        spans=np.zeros((n_pieces, 2), np.int32), vectors=np.ones((n_pieces, width), np.float32)
    )
    text = EncodedText(
        text="a", pieces=spans, mentions=spans[:0], text_vector=np.zeros(width, np.float32)
    )
    tracemalloc.start()
    write_jsonl([text], path=job.output)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < spans.vectors.nbytes / 2
    assert len(json.loads(job.output.read_text())["pieces"]) == n_pieces


def test_an_output_is_replaced_only_on_request(pipeline: Pipeline, job: EmbedJob) -> None:
    job.output.write_text("mine")
    with pytest.raises(ConfigError, match="already exists"):
        embed_file(pipeline, job=job)
    assert job.output.read_text() == "mine"
    embed_file(pipeline, job=change(job, replace=True))
