"""Files of vectors: three forms, the input's order, resumed after a kill, errors by line."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from openluke.errors import ConfigError, DataError
from openluke.inference import embed_file as module
from openluke.inference.embed_file import EmbedJob, count_lines, embed_file
from openluke.inference.passage_lines import read_lines
from openluke.inference.pipeline import Pipeline

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
    return EmbedJob(model="m", input=tmp_path / "in.jsonl", output=tmp_path / "out.jsonl")


def change(job: EmbedJob, **values) -> EmbedJob:
    fields = {name: getattr(job, name) for name in ("model", "input", "output", "form", "replace")}
    return EmbedJob(**fields | values)


@pytest.fixture
def one_text_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    def chunks(path: Path) -> Iterator[list]:
        return ([passage] for passage in read_lines(path))

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
    if form == "npz":  # the zip holds the time of day
        with np.load(job.output) as found, np.load(whole.output) as expected_arrays:
            assert all(np.array_equal(found[k], expected_arrays[k]) for k in expected_arrays)
    else:
        assert job.output.read_bytes() == whole.output.read_bytes()


@pytest.mark.usefixtures("one_text_a_part")
def test_parts_of_another_job_are_not_mixed_in(pipeline: Pipeline, job: EmbedJob) -> None:
    def kill(_: int) -> None:
        raise Killed

    with pytest.raises(Killed):
        embed_file(pipeline, job=job, on_texts=kill)
    with pytest.raises(ConfigError, match="another model"):
        embed_file(pipeline, job=change(job, model="other"))


def test_an_output_is_replaced_only_on_request(pipeline: Pipeline, job: EmbedJob) -> None:
    job.output.write_text("mine")
    with pytest.raises(ConfigError, match="already exists"):
        embed_file(pipeline, job=job)
    assert job.output.read_text() == "mine"
    embed_file(pipeline, job=change(job, replace=True))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not JSON"),
        ("[1]", 'expected an object with a "text"'),
        ('{"text": 3}', 'expected an object with a "text"'),
        ('{"text": "a \\ud800"}', "lone surrogate at character 2"),
        ('{"text": "a", "spans": [[0, 1]], "entities": []}', "one for each of the 1 spans"),
        ('{"text": "a", "spans": 3}', "'spans' is 3, expected a list"),
        ('{"text": "a", "spans": [[0, 5]]}', "outside|5"),
    ],
)
def test_a_bad_row_is_named_by_line(
    line: str, message: str, pipeline: Pipeline, job: EmbedJob
) -> None:
    job.input.write_text('{"text": "fine"}\n' + line + "\n")
    with pytest.raises(DataError, match=rf"in\.jsonl:2: .*({message})"):
        embed_file(pipeline, job=job)


def test_a_file_that_is_not_utf8_is_named(pipeline: Pipeline, job: EmbedJob) -> None:
    job.input.write_bytes('{"text": "Beyoncé"}'.encode("latin-1"))
    with pytest.raises(DataError, match="not UTF-8"):
        embed_file(pipeline, job=job)


def test_an_empty_or_missing_file_is_named(pipeline: Pipeline, job: EmbedJob) -> None:
    job.input.write_text("\n")
    with pytest.raises(DataError, match="no texts"):
        embed_file(pipeline, job=job)
    with pytest.raises(DataError, match="cannot be read"):
        count_lines(job.input.with_name("nothing"))
