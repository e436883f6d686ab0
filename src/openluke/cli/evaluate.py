"""``openluke evaluate``: how well a model, or somebody's predictions, do on a file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from openluke.artifacts import atomic_file
from openluke.cli.compute import Compute
from openluke.cli.facts import print_facts
from openluke.cli.progress import progress_of
from openluke.cli.settings import read_settings
from openluke.cli.visible_text import visible
from openluke.config import to_mapping
from openluke.inference.given_predictions import read_predictions
from openluke.inference.gold import read_gold
from openluke.inference.output_files import check_outputs
from openluke.inference.pipeline import Pipeline
from openluke.inference.prediction_json import prediction_line
from openluke.records import LabelScores, Scores


def evaluate(
    model: str,
    file: Path,
    *,
    form: str | None = None,
    option: Annotated[list[str] | None, Parameter(negative="")] = None,
    predictions: Path | None = None,
    output: Path | None = None,
    head: str | None = None,
    set: Annotated[list[str] | None, Parameter(negative="")] = None,  # noqa: A002
    json: Annotated[bool, Parameter(negative="")] = False,
    replace: Annotated[bool, Parameter(negative="")] = False,
    workers: int = 1,
    compute: Compute = Compute(),  # noqa: B008 - frozen
) -> None:
    """Score a model on a file of examples with gold answers, as the official scorer does.

    Args:
        model: Directory or hub name of the model.
        file: The examples, in a form that the task reads (see `openluke tasks`).
        form: Which form that is; by default the one that the file looks like.
        option: An option of the reader, such as encoding=latin-1; may be given several times.
        predictions: Score these instead: JSON lines, one for each example, by their ids where all
            have one, else in the order of the examples.
        output: A file to write the model's predictions to, as JSON lines.
        head: The name of the head, where the model has several.
        set: An option of the task, such as temperature=1.5; may be given several times.
        json: Print one JSON object instead of a table.
        replace: Replace an output that is already there.
        workers: How many processes compute.
        compute: Which model exactly, and how it computes.
    """
    outputs = [] if output is None else [output]
    inputs = [file] if predictions is None else [file, predictions]
    check_outputs(outputs, replace=replace, inputs=inputs)
    pipeline = compute.open(model)
    if set:
        pipeline = pipeline.with_options(head, options=read_settings(set))
    task = pipeline.task(head).task
    gold = read_gold(file, task=task, form=form, options=read_settings(option or ()))
    if predictions is None:
        found = _predict(
            pipeline, gold=gold, head=head, workers=workers, batch_rows=compute.batch_rows
        )
    else:
        found = read_predictions(predictions, kind=task.prediction_type, gold=gold)
    scores = task.score(gold, predicted=found)
    if output is not None:
        with atomic_file(output) as temporary, temporary.open("w", encoding="utf-8") as stream:
            stream.writelines(prediction_line(one, task=task) for one in found)
    title = f"{task.name} on {file.name}"
    print_scores(scores, title=title, as_json=json, primary=task.primary_metric)


def print_scores(scores: Scores, *, title: str, as_json: bool, primary: str | None = None) -> None:
    """Print scores as tables, or as a JSON object.

    Args:
        scores: What to print.
        title: What stands above.
        as_json: Whether to print a JSON object.
        primary: The score that counts; by default the first.
    """
    if as_json:
        print_facts(title, facts=to_mapping(scores), as_json=True)
        return
    console = Console()
    console.print(Text(title, style="italic"))
    console.print(_values(scores, primary=primary or next(iter(scores.values), "")))
    if scores.counts:
        counts = (f"{name} {number:,}" for name, number in scores.counts.items())
        console.print(Text(" · ".join(counts), style="dim"))
    if scores.labels:
        console.print()
        console.print(_labels(scores.labels))


def _values(scores: Scores, *, primary: str) -> Table:
    """The scores, the one that counts first."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right")
    table.add_column(style="dim")
    for name in sorted(scores.values, key=lambda name: name != primary):
        counts = name == primary
        note = "the score that counts" if counts and len(scores.values) > 1 else ""
        style = "bold cyan" if counts else "cyan"
        table.add_row(Text(name, style=style), f"{scores.values[name]:.4f}", note)
    return table


def _labels(labels: Mapping[str, LabelScores]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("label", style="cyan", no_wrap=True)
    for name in ("f1", "precision", "recall", "support"):
        table.add_column(name, justify="right")
    for label, one in labels.items():
        shares = (f"{value:.4f}" for value in (one.f1, one.precision, one.recall))
        table.add_row(Text(visible(label)), *shares, f"{one.support:,}")
    return table


def _predict(
    pipeline: Pipeline,
    *,
    gold: list[Any],
    head: str | None,
    workers: int,
    batch_rows: int | None,
) -> list[Any]:
    found: list[Any] = []
    with progress_of(len(gold), unit="examples") as advance:
        for chunk in pipeline.predict_chunks(
            gold, head=head, workers=workers, batch_rows=batch_rows
        ):
            found += chunk
            advance(len(found))
    return found
