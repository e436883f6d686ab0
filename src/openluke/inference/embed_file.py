"""Vectors of a whole file of texts: a long job that survives being killed."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from openluke.artifacts import atomic_file, fingerprint
from openluke.errors import ConfigError, DataError
from openluke.inference.passage_lines import read_lines
from openluke.inference.pipeline import Pipeline
from openluke.inference.scheduling import chunks_of_texts
from openluke.inference.vector_files import FORMS, VectorForm
from openluke.tokenization.passages import Passage

_JOB = "job.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedJob:
    """What is to be embedded, by which model, and where to."""

    model: str
    """What tells the model from others; a job is only resumed with the same."""
    input: Path
    """JSON lines; see ``passage_lines.read_lines``."""
    output: Path
    form: VectorForm = "jsonl"
    """Form of the output."""
    replace: bool = False
    """Whether an output that is already there may be replaced."""


def embed_file(
    pipeline: Pipeline, *, job: EmbedJob, on_texts: Callable[[int], None] = lambda _: None
) -> int:
    """Write the vectors of every text of a file, in its order; return the number of texts.

    The work is kept in parts beside the output; a job that was killed goes on after its last
    finished part. The output appears when it is complete.

    Args:
        pipeline: The model.
        job: What to do.
        on_texts: Called with the number of texts that are done, also of those done before.
    """
    if job.output.exists() and not job.replace:
        raise ConfigError(
            f"{job.output}: already exists; choose another output, or replace it (--replace)"
        )
    parts = job.output.with_name(f".{job.output.name}.parts")
    _open_parts(parts, job=job, pipeline=pipeline)
    done: list[Path] = []
    n_texts = 0
    for number, chunk in enumerate(_chunks(job.input)):
        part = parts / f"{number:06d}"
        if not part.exists():
            encoded = list(pipeline.encode_stream(chunk))
            with atomic_file(part) as temporary:
                FORMS[job.form].write(encoded, temporary)
        done.append(part)
        n_texts += len(chunk)
        on_texts(n_texts)
    if not done:
        raise DataError("no texts; expected one JSON object a line", file=job.input)
    with atomic_file(job.output) as temporary:
        FORMS[job.form].join(done, temporary)
    shutil.rmtree(parts)
    return n_texts


def count_lines(path: Path) -> int:
    """Number of lines that hold a text, for showing progress."""
    try:
        with path.open("rb") as stream:
            return sum(1 for line in stream if not line.isspace())
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", file=path) from error


def _chunks(path: Path) -> Iterator[list[Passage]]:
    return chunks_of_texts(read_lines(path), size=lambda passage: len(passage.text))


def _open_parts(parts: Path, *, job: EmbedJob, pipeline: Pipeline) -> None:
    """Make the directory of parts, or check that the one there is of the same job."""
    dtype = next(pipeline.bundle.encoder.parameters()).dtype
    identity = {
        "model": job.model,
        "input": fingerprint(job.input),
        "form": job.form,
        "dtype": str(dtype),
    }
    file = parts / _JOB
    if not file.exists():
        with atomic_file(file) as temporary:
            temporary.write_text(json.dumps(identity), encoding="utf-8")
        return
    found = json.loads(file.read_text(encoding="utf-8"))
    changed = [key for key, value in identity.items() if found.get(key) != value]
    if changed:
        raise ConfigError(
            f"{parts}: left by an unfinished job with another {' and '.join(changed)}; finish that "
            "one, or delete the directory"
        )
