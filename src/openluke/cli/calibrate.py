"""``openluke calibrate``: probabilities that mean what they say."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, cast

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from openluke.artifacts import check_place
from openluke.checkpoints.card_notes import read_notes, with_section
from openluke.checkpoints.completeness import KIND
from openluke.checkpoints.model_card import CardNotes
from openluke.checkpoints.saving import save_bundle
from openluke.cli.compute import Compute
from openluke.cli.evaluate import print_scores
from openluke.cli.settings import read_settings
from openluke.inference.calibration import Calibration, HeldOut
from openluke.inference.calibration import calibrate as find_options
from openluke.inference.gold import read_gold


def calibrate(
    model: str,
    dev: Path,
    *,
    output: Path | None = None,
    thresholds: Annotated[bool, Parameter(negative="")] = False,
    form: str | None = None,
    option: Annotated[list[str] | None, Parameter(negative="")] = None,
    head: str | None = None,
    replace: Annotated[bool, Parameter(negative="")] = False,
    compute: Compute = Compute(),  # noqa: B008 - frozen
) -> None:
    """Find the temperature under which a model's probabilities fit what is right and wrong.

    Give examples that the model was neither trained on nor will be tested on. The expected
    calibration error is the mean distance between how likely predictions are said to be and how
    often they are right. Thresholds that the model has go along with the temperature, so that the
    same labels hold.

    Args:
        model: Directory or hub name of the model.
        dev: Held-out examples with gold answers, in a form that the task reads.
        output: Where to save the model with what was found; by default nothing is saved.
        thresholds: Find a threshold for each label, too, where any number of labels may hold.
        form: Which form the file has; by default the one that it looks like.
        option: An option of the reader, such as encoding=latin-1; may be given several times.
        head: The name of the head, where the model has several.
        replace: Replace a model that is already at the output.
        compute: Which model exactly, and how it computes.
    """
    if output is not None:
        check_place(output, kind=KIND, replace=replace)
    pipeline = compute.open(model)
    task = pipeline.task(head, batch_rows=compute.batch_rows)
    examples = read_gold(dev, task=task.task, form=form, options=read_settings(option or ()))
    found = find_options(HeldOut(task, examples=examples), thresholds=thresholds)
    console = Console()
    console.print(Text(f"calibration on {dev.name}", style="italic"))
    console.print(_table(found))
    counts = found.before.counts
    console.print(Text(" · ".join(f"{name} {n:,}" for name, n in counts.items()), style="dim"))
    if found.scores_before is not None and found.scores_after is not None:
        primary = task.task.primary_metric
        for title, scores in (("before", found.scores_before), ("after", found.scores_after)):
            print_scores(scores, title=f"scores {title}", as_json=False, primary=primary)
    if output is not None:
        bundle = pipeline.bundle.with_options(head, options=found.options)
        notes = read_notes(compute.directory(model)) or CardNotes(title="A LUKE model")
        notes = with_section(notes, name="Calibration", text=_section(found, dev=dev))
        save_bundle(bundle, directory=output, replace=replace, notes=notes)
        print(f"{output}: the model with these options")


def _rows(found: Calibration) -> Iterator[tuple[str, str, str]]:
    """What was found, before and after; for all but the accuracy less is better."""
    for name, value in found.options.items():
        yield name, _text(found.options_before[name]), _text(value)
    for name, value in found.before.values.items():
        yield name.replace("_", " "), _text(value), _text(found.after.values[name])


def _text(value: Any) -> str:
    if isinstance(value, dict):
        values = cast("dict[str, float]", value)
        return ", ".join(f"{label} {one:g}" for label, one in values.items()) or "0.5 each"
    return f"{value:.4f}"


def _table(found: Calibration) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("", style="cyan", no_wrap=True)
    for name in ("before", "after"):
        table.add_column(name, justify="right")
    for row in _rows(found):
        table.add_row(*map(Text, row))
    return table


def _section(found: Calibration, *, dev: Path) -> str:
    """What the card of a calibrated model says of it."""
    rows = "\n".join(f"| {' | '.join(row)} |" for row in _rows(found))
    number = found.before.counts["predictions"]
    return (
        f"Fitted to `{dev.name}`, of which {number:,} predictions were judged; scores above are of "
        f"the model before.\n\n| | before | after |\n|---|---|---|\n{rows}"
    )
