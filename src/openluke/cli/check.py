"""``openluke check``: a look at a file of examples before anything is trained on it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console

from openluke.checkpoints.loading import load_bundle
from openluke.cli.compute import Compute
from openluke.cli.facts import print_facts
from openluke.cli.settings import read_settings
from openluke.cli.terminal_view import print_view
from openluke.config import to_mapping
from openluke.errors import DataError
from openluke.finetuning.checking import Lengths, check_examples, check_fit
from openluke.finetuning.start import options_of
from openluke.inference.example_files import find_form, read_file
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
        return read_file(file, task=kind, form=form, options=options)

    config = options_of(kind, values=read_settings(set or ()), where="--set")
    found = check_examples(read())
    if not found.examples:
        raise DataError("no examples", file=file)
    facts: dict[str, Any] = {}
    if file.is_file():
        facts["form"] = find_form(file, task=kind, name=form).name
    facts |= {
        "examples": found.examples,
        "labels": found.labels,
        "characters of texts": _said(found.text_characters),
        "characters of spans": _said(found.span_characters),
        "words of spans": _said(found.span_words),
    }
    if model is not None:
        facts |= _fit(read(), kind=kind, config=config, directory=compute.directory(model))
    print_facts(f"{kind.name}: {file}", facts=facts, as_json=json)
    if not json:
        _show(read(), number=examples)


def _fit(
    examples: Iterator[Any], *, kind: TaskType, config: Any, directory: Path
) -> dict[str, Any]:
    known = list(examples)
    labels = kind.labels_of(known, config=config)
    bundle = load_bundle(directory)
    fit = check_fit(known, task=kind(config, setup=bundle.task_setup(labels)))
    return {
        "inputs of the model": fit.inputs,
        "rows of inputs": _said(fit.rows),
        "examples of which nothing is read": fit.unread,
        "what is lost": list(fit.losses),
    }


def _said(lengths: Lengths) -> Any:
    return {name: round(value) for name, value in to_mapping(lengths).items()}


def _show(examples: Iterator[Any], *, number: int) -> None:
    console, colours = Console(), dict[str, int]()
    for example, _ in zip(examples, range(number), strict=False):
        console.print()
        print_view(view_of(example, example=example), console=console, colours=colours)
