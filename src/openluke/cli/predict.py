"""``openluke predict``: what a model finds in texts."""

import dataclasses
import json
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console

from openluke.cli.compute import Compute
from openluke.cli.html_page import write_page
from openluke.cli.progress import progress_of
from openluke.cli.settings import read_settings
from openluke.cli.terminal_view import print_view
from openluke.errors import ConfigError, DataError
from openluke.inference.input_forms import LINES
from openluke.inference.model_identity import model_identity
from openluke.inference.output_files import check_outputs
from openluke.inference.pipeline import Pipeline
from openluke.inference.predict_file import PredictJob, predict_file
from openluke.inference.prediction_inputs import PredictionInputs
from openluke.inference.prediction_json import prediction_line
from openluke.inference.views import View, view_of
from openluke.records import from_json


def predict(
    model: str,
    text: str | None = None,
    *,
    input: Path | None = None,  # noqa: A002 - the name of the option
    form: str | None = None,
    option: Annotated[list[str] | None, Parameter(negative="")] = None,
    output: Path | None = None,
    html: Path | None = None,
    head: str | None = None,
    set: Annotated[list[str] | None, Parameter(negative="")] = None,  # noqa: A002 - the same
    replace: Annotated[bool, Parameter(negative="")] = False,
    workers: int = 1,
    compute: Compute = Compute(),  # noqa: B008 - frozen
) -> None:
    """Find in texts what the model was trained to find: entities, types, relations, answers.

    For each input there is a line of JSON, in the order of the inputs, also for an empty line of a
    file of texts; offsets count characters. On a terminal they are shown in colour. A job with
    --output that is killed goes on where it was when the same command is given again, without
    --replace.

    Args:
        model: Directory or hub name of the model.
        text: A text. Without it and without --input, lines are read from standard input.
        input: A file: JSON lines with the fields of what the task reads, such as {"text": …} or
            {"question": …, "context": …}; any other form that the task reads (see `openluke
            tasks`), such as CoNLL columns; or a text on each line.
        form: What the file is: jsonl, text, or a form that the task reads. By default the one that
            it looks like, and text if it looks like none.
        option: An option of the reader, such as encoding=latin-1; may be given several times.
        output: The file to write; by default standard output.
        html: A page to write, which shows what was found.
        head: The name of the head, where the model has several.
        set: An option of the task, such as temperature=1.5; may be given several times.
        replace: Replace outputs that are already there, and discard unfinished work.
        workers: How many processes compute.
        compute: Which model exactly, and how it computes.
    """
    if text is not None and input is not None:
        raise ConfigError("found a text and --input; give one of them")
    if text is not None and _is_file(text):
        raise ConfigError(
            f"found {text!r} as a text, which is the name of a file; give --input {text} for what "
            f"is in it, or the name on standard input (echo {text} | …) if that is the text"
        )
    outputs = [path for path in (output, html) if path is not None]
    check_outputs(outputs, replace=replace, inputs=[] if input is None else [input])
    job = PredictJob(
        model="",
        output=output or Path("-"),
        head=head,
        workers=workers,
        batch_rows=compute.batch_rows,
        replace=replace,
    )
    pipeline = compute.open(model)
    if set:
        pipeline = pipeline.with_options(head, options=read_settings(set))
    task = type(pipeline.task(head).task)
    options = read_settings(option or ())
    inputs = PredictionInputs.of(task, text=text, path=input, form=form, options=options)
    if html is not None and output is not None and inputs.is_stream:
        raise ConfigError("--html with --output reads its input twice; give a file with --input")
    if form is None and inputs.form not in (None, *LINES):
        note = f"{input}: read as {inputs.form}; --form text would read a text on each line"
        print(note, file=sys.stderr)
    with inputs.naming_lines():
        if output is None:
            _show(pipeline, inputs=inputs, job=job, html=html)
        else:
            job = dataclasses.replace(job, model=model_identity(compute.directory(model)))
            _write(pipeline, inputs=inputs, job=job, html=html)


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except OSError:  # too long for a name
        return False


def _show(
    pipeline: Pipeline, *, inputs: PredictionInputs, job: PredictJob, html: Path | None
) -> None:
    """Print predictions as they are made, and write the page."""
    views = _printed(pipeline, inputs=inputs, job=job)
    if html is None:
        deque(views, maxlen=0)
    else:
        write_page(views, path=html)


def _printed(pipeline: Pipeline, *, inputs: PredictionInputs, job: PredictJob) -> Iterator[View]:
    console, colours = Console(), dict[str, int]()
    task = pipeline.task(job.head).task
    for example, prediction in _pairs(pipeline, inputs=inputs, job=job):
        view = view_of(prediction, example=example)
        if sys.stdout.isatty():  # FORCE_COLOR makes a terminal of every console
            print_view(view, console=console, colours=colours)
        else:
            sys.stdout.write(prediction_line(prediction, task=task))
        yield view


def _pairs(
    pipeline: Pipeline, *, inputs: PredictionInputs, job: PredictJob
) -> Iterator[tuple[Any, Any]]:
    """Each example with what is predicted of it."""
    if inputs.text is None and inputs.path is None and sys.stdin.isatty():
        # a person who types wants an answer after each line
        print("type a text and press Enter; Ctrl-D ends", file=sys.stderr)
        for example in inputs.read():
            yield example, pipeline.predict(example, head=job.head, batch_rows=job.batch_rows)
        return
    read: deque[Any] = deque()
    n_done = 0

    def watched() -> Iterator[Any]:
        for example in inputs.read():
            read.append(example)
            yield example

    for prediction in pipeline.predict_stream(
        watched(), head=job.head, workers=job.workers, batch_rows=job.batch_rows
    ):
        n_done += 1
        yield read.popleft(), prediction
    if not n_done:
        raise DataError("no inputs; expected at least one", file=inputs.path)


def _write(
    pipeline: Pipeline, *, inputs: PredictionInputs, job: PredictJob, html: Path | None
) -> None:
    """Write predictions to a file, then the page from the file."""
    with progress_of(inputs.count(), unit="inputs") as advance:
        number = predict_file(pipeline, examples=inputs.read(), job=job, on_inputs=advance)
    print(f"{job.output}: predictions of {number:,} {'input' if number == 1 else 'inputs'}")
    if html is not None:
        write_page(_views(inputs, output=job.output), path=html)
        print(f"{html}: a page that shows them")


def _views(inputs: PredictionInputs, *, output: Path) -> Iterator[View]:
    kind: Any = inputs.task.prediction_type
    with output.open(encoding="utf-8") as lines:
        for example, line in zip(inputs.read(), lines, strict=True):
            yield view_of(from_json(kind, values=json.loads(line)), example=example)
