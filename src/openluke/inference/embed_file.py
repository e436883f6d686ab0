"""Vectors of a whole file of texts: a long job that survives being killed."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openluke import __version__
from openluke.errors import ConfigError, DataError
from openluke.inference.embed_parts import Parts, open_parts
from openluke.inference.output_files import check_outputs
from openluke.inference.passage_lines import PassageLine, read_lines
from openluke.inference.pipeline import Pipeline
from openluke.inference.scheduling import chunks_of_texts
from openluke.inference.tally import Tally
from openluke.inference.vector_files import FORMS, VectorForm

logger = logging.getLogger(__name__)

_FORMAT = 2
"""Counted up whenever texts are put into parts in another way or parts have another form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedJob:
    """What is to be embedded, by which model, and where to."""

    model: str
    """What tells the model from others (``model_identity``); a job is only resumed with the same
    model."""
    input: Path
    """JSON lines; see ``passage_lines.read_lines``."""
    output: Path
    form: VectorForm = "jsonl"
    """Form of the output."""
    replace: bool = False
    """Whether an output that is already there may be replaced, and the parts of an unfinished job
    with another model or form discarded."""


def check_job(job: EmbedJob) -> None:
    """Raise if the output cannot be written, so that it is known before the work is done.

    A name that says another form than the job is a slip in one of the two.
    """
    said = job.output.suffix.lower().removeprefix(".")
    if said in FORMS and said != job.form:
        raise ConfigError(
            f"{job.output}: named as {said}, but the format is {job.form}; give --format {said}, "
            "or choose another name"
        )
    check_outputs([job.output], replace=job.replace, inputs=[job.input])


def embed_file(
    pipeline: Pipeline, *, job: EmbedJob, on_texts: Callable[[int], None] = lambda _: None
) -> int:
    """Write the vectors of every text of a file, in its order; return the number of texts.

    The work is kept in parts beside the output; a job that was killed, or stopped by a row that
    was wrong and is now right, goes on after its last finished part. The output appears when it is
    complete. What could not be read as it was given is told in warnings at the end.

    Args:
        pipeline: The model.
        job: What to do.
        on_texts: Called with the number of texts that are done, also of those done before.
    """
    check_job(job)
    done: list[Path] = []
    tally = Tally()
    n_texts = 0
    identity = _identity(job, pipeline=pipeline)
    with open_parts(job.output, form=job.form, identity=identity, replace=job.replace) as parts:
        for chunk in _chunks(job.input, pipeline=pipeline):
            done.append(_finish(chunk, number=len(done), pipeline=pipeline, parts=parts))
            tally.add(parts.read_tally(done[-1]), lines=[line.number for line in chunk])
            n_texts += len(chunk)
            on_texts(n_texts)
        if not done:
            raise DataError("no texts; expected one JSON object a line", file=job.input)
        parts.join(done, output=job.output)
    for message in tally.messages():
        logger.warning("%s: %s", job.input, message)
    return n_texts


def _finish(chunk: list[PassageLine], *, number: int, pipeline: Pipeline, parts: Parts) -> Path:
    """The part of a chunk, made now unless an earlier run has made it."""
    path = parts.path(chunk, number=number)
    if not path.exists():
        texts = list(pipeline.encode_stream([line.passage for line in chunk]))
        parts.write(texts, path=path)
    return path


def _chunks(path: Path, *, pipeline: Pipeline) -> Iterator[list[PassageLine]]:
    n_types = pipeline.bundle.encoder.config.n_entity_types
    lines = read_lines(path, n_entity_types=n_types)
    return chunks_of_texts(lines, size=lambda line: len(line.passage.text))


def _identity(job: EmbedJob, *, pipeline: Pipeline) -> dict[str, Any]:
    """What the parts of a job have in common."""
    return {
        "model": job.model,
        "head": [head.entry.config.kind for head in pipeline.bundle.heads],
        "form": job.form,
        "dtype": str(next(pipeline.bundle.encoder.parameters()).dtype),
        "openluke version": f"{__version__}, format {_FORMAT}",
    }
