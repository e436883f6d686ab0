"""``openluke check``: a look at a file of examples before anything is trained on it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console

from openluke.checkpoints.loading import load_bundle
from openluke.cli.compute import Compute
from openluke.cli.facts import print_facts
from openluke.cli.settings import read_settings
from openluke.cli.terminal_view import print_view
from openluke.finetuning.checking import check_fit
from openluke.finetuning.start import options_of
from openluke.formats.checks import ExamplesCheck, Spread, check_examples
from openluke.formats.detect import detect, named
from openluke.formats.reading import open_examples
from openluke.inference.views import view_of
from openluke.task import TaskType, load_task


def check(
    task: str,
    file: Path,
    *,
    form: str | None = None,
    option: Annotated[list[str] | None, Parameter(negative="")] = None,
    model: str | None = None,
    set: Annotated[list[str] | None, Parameter(negative="")] = None,  # noqa: A002
    examples: int = 3,
    json: Annotated[bool, Parameter(negative="")] = False,
    compute: Compute = Compute(),  # noqa: B008 - frozen
) -> None:
    """Read a file as training would: what is wrong with it, or what is in it.

    A row that cannot be read is named by file, line and field. Else the labels are counted, and
    with --model what of the examples does not fit the model's inputs.

    Args:
        task: What the file is for (see `openluke tasks`).
        file: The examples.
        form: Which form the file has; by default the one that it looks like.
        option: An option of the reader, such as encoding=latin-1; may be given several times.
        model: Directory or hub name of the model that is to be trained on it.
        set: An option of the task, such as max_span_pieces=30; may be given several times.
        examples: How many examples to show.
        json: Print one JSON object instead of a table.
        compute: Which model exactly.
    """
    kind = load_task(task)
    options = read_settings(option or ())

    def read() -> Iterator[Any]:
        return open_examples(file, forms=kind.forms, form=form, options=options)

    config = options_of(kind, values=read_settings(set or ()), where="--set")
    found = check_examples(read(), n_shown=examples)
    facts = _facts(found)
    if file.is_file():
        chosen = detect(file, forms=kind.forms) if form is None else named(form, forms=kind.forms)
        facts = {"form": chosen.name, **facts}
    if model is not None:
        facts |= _fit(read(), kind=kind, config=config, directory=compute.directory(model))
    print_facts(f"{kind.name}: {file}", facts=facts, as_json=json)
    if not json:
        _show(found.shown)


def _facts(found: ExamplesCheck) -> dict[str, Any]:
    duplicates = [
        f"example {one.index} asks what example {one.earlier} asks"
        + ("" if one.agrees else ", with another answer")
        for one in found.duplicates
    ]
    facts: dict[str, Any] = {
        "examples": found.n_examples,
        "without gold answers": found.n_unknown,
        "labels": found.labels,
        "lengths": {name: _spread(one) for name, one in found.lengths.items()},
        "duplicates": found.n_duplicates,
        "of these with another answer": found.n_contradictions,
    }
    return facts | ({"such as": duplicates} if duplicates else {})


def _fit(
    examples: Iterator[Any], *, kind: TaskType, config: Any, directory: Path
) -> dict[str, Any]:
    known = list(examples)
    labels = kind.labels_of(known, config=config)
    bundle = load_bundle(directory)
    fit = check_fit(known, task=kind(config, setup=bundle.task_setup(labels)))
    return {
        "inputs of the model": fit.inputs,
        "rows of an input": f"{fit.median_rows:g} (median), {fit.most_rows:,} (most)",
        "examples of which nothing is read": fit.unread,
        "what is lost": list(fit.losses),
    }


def _spread(spread: Spread) -> str:
    return (
        f"{spread.smallest:g} to {spread.largest:g}, median {spread.median:g}, 95 % up to "
        f"{spread.percentile_95:g} ({spread.count:,} in all)"
    )


def _show(examples: Sequence[Any]) -> None:
    console, colours = Console(), dict[str, int]()
    for example in examples:
        console.print()
        print_view(view_of(example, example=example), console=console, colours=colours)
