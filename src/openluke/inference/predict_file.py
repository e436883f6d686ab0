"""Predictions for a whole file: a long job that survives being killed."""

import hashlib
import json
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from openluke import __version__
from openluke.config import to_mapping
from openluke.errors import DataError
from openluke.file_lock import locked
from openluke.inference.output_files import check_outputs, writing
from openluke.inference.pipeline import Pipeline
from openluke.inference.prediction_json import prediction_line
from openluke.inference.task_pipeline import InputError
from openluke.inference.unfinished_predictions import (
    GrowingFile,
    Progress,
    UnfinishedPredictions,
)
from openluke.records import to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictJob:
    """What is to be predicted, by which model, and where to."""

    model: str
    """What tells the model from others (``model_identity``); a job is only resumed with the same
    model."""
    output: Path
    """JSON lines, one for each input, in their order."""
    head: str | None = None
    """The name of the task's head, where the model has several."""
    workers: int = 1
    """How many processes compute."""
    batch_rows: int | None = None
    """Word and entity rows of one batch; by default what suits the device."""
    replace: bool = False
    """Whether an output that is already there may be replaced; the work of an unfinished job is
    discarded."""


def predict_file(
    pipeline: Pipeline,
    *,
    examples: Iterable[Any],
    job: PredictJob,
    on_inputs: Callable[[int], None] = lambda _: None,
) -> int:
    """Write what is predicted of every example, in their order; return how many there were.

    The work is kept beside the output; a job that was killed, or stopped by an input that was
    wrong and is now right, goes on where it was, unless it is to replace an output. The output
    appears when it is complete.

    Args:
        pipeline: The model.
        examples: The inputs, from their beginning also when a job goes on.
        job: What to do.
        on_inputs: Called with the number of inputs that are done, also of those done before.
    """
    check_outputs([job.output], replace=job.replace)
    work = UnfinishedPredictions(job.output)
    lock = job.output.with_name(f".{job.output.name}.lock")
    with writing(job.output), locked(lock, what=str(job.output)):
        if job.replace:
            work.discard()
        progress = work.progress(_identity(pipeline, job=job))
        with work.opened(progress) as file, _counting(progress.inputs):
            for now in _work(pipeline, examples, job=job, progress=progress, file=file):
                progress = now
                work.save(progress)
                on_inputs(progress.inputs)
        if not progress.inputs:
            work.discard()
            raise DataError("no inputs; expected at least one")
        work.finish()
    return progress.inputs


def _work(
    pipeline: Pipeline,
    examples: Iterable[Any],
    *,
    job: PredictJob,
    progress: Progress,
    file: GrowingFile,
) -> Iterator[Progress]:
    """Write chunk after chunk; give how far the job is after each."""
    inputs = iter(examples)
    hasher = _skip(inputs, progress=progress)
    task = pipeline.task(job.head).task
    read: deque[str] = deque()

    def watched() -> Iterator[Any]:
        for example in inputs:
            hasher.update(_bytes(example))
            read.append(hasher.hexdigest())
            yield example

    done = progress.inputs
    chunks = pipeline.predict_chunks(
        watched(),
        head=job.head,
        batch_rows=job.batch_rows,
        workers=job.workers,
        is_rest=done > 0,
    )
    if done:
        yield progress
    for predictions in chunks:
        file.add("".join(prediction_line(prediction, task=task) for prediction in predictions))
        done += len(predictions)
        yield Progress(
            identity=progress.identity,
            inputs=done,
            size=file.size,
            digest=[read.popleft() for _ in predictions][-1],
            written=file.digest,
        )


@contextmanager
def _counting(done: int) -> Generator[None, None, None]:
    """Let errors count the inputs that an earlier run has done."""
    try:
        yield
    except InputError as error:
        raise InputError(error.message, number=error.number + done) from error


def _skip(inputs: Iterator[Any], *, progress: Progress) -> "hashlib._Hash":
    """Pass over the inputs that are done, if they are still the same."""
    hasher = hashlib.sha256()
    for example in islice(inputs, progress.inputs):
        hasher.update(_bytes(example))
    if hasher.hexdigest() != progress.digest:
        raise DataError(
            f"the first {progress.inputs:,} inputs are done, but they are no longer what they "
            "were; give the same inputs, or discard the work (--replace)"
        )
    return hasher


def _bytes(example: Any) -> bytes:
    return json.dumps(to_json(example)).encode()


def _identity(pipeline: Pipeline, *, job: PredictJob) -> dict[str, Any]:
    """What all predictions of a job have in common."""
    task = pipeline.task(job.head).task
    return {
        "model": job.model,
        "head": job.head,
        "options": json.loads(json.dumps(to_mapping(task.config))),
        "dtype": str(pipeline.bundle.dtype),
        "openluke version": __version__,
    }
