"""``openluke check``: a look at a file of examples before anything is trained on it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console

from openluke.checkpoints.hub import resolve
from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.stored_model import ReadOptions
from openluke.cli.excerpts import excerpt
from openluke.cli.facts import print_facts
from openluke.cli.settings import read_settings
from openluke.cli.terminal_view import print_view
from openluke.config import to_mapping
from openluke.errors import ConfigError, ExampleError
from openluke.finetuning.checking import check_fit, check_scorable, labels_to_learn
from openluke.finetuning.start import options_of
from openluke.formats.checks import ExamplesCheck, Spread, check_examples
from openluke.formats.reading import form_in, open_examples, placing
from openluke.inference.views import view_of
from openluke.model.config import HeadKind
from openluke.task import Task, TaskType, load_task, settled


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
    kind: HeadKind | None = None,
    revision: str | None = None,
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
        kind: What the head of a foreign checkpoint is, where that does not say so.
        revision: Branch, tag or commit of the model on the hub.
    """
    if model is None and (kind or revision):
        raise ConfigError("found --kind or --revision without --model, which they say more of")
    if examples < 0:
        raise ConfigError(f"--examples is {examples}, expected 0 or more")
    task_type = load_task(task)
    forms = task_type.forms
    options = read_settings(option or ())
    said = options_of(task_type, values=read_settings(set or ()), where="--set")
    known = list(open_examples(file, forms=forms, form=form, options=options))
    found = check_examples(known, n_shown=examples)
    facts = _facts(found)
    if file.is_file():
        chosen = form_in(file, forms=forms, form=form, options=options)
        facts = {"form": chosen.name, **facts}
    config = settled(task_type, config=said, examples=known)
    facts |= _decided(config, said=said) | _unscorable(known, kind=task_type, config=config)
    with placing(file, forms=forms, form=form, options=options):
        labels = labels_to_learn(known, kind=task_type, config=config)
        if model is not None:
            bundle = load_bundle(resolve(model, revision=revision), options=ReadOptions(head=kind))
            facts |= _fit(known, task=task_type(config, setup=bundle.task_setup(labels)))
    print_facts(f"{task_type.name}: {file}", facts=facts, as_json=json)
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
    facts |= {"such as": duplicates} if duplicates else {}
    numbered = [kind for kind, counts in found.labels.items() if all(map(str.isdecimal, counts))]
    if any(found.labels[kind] for kind in numbered):
        facts["names are missing"] = (
            f"each {' and '.join(numbered)} is a number, and that is what will be predicted; write "
            "names in the file to have those"
        )
    return facts


def _decided(config: Any, *, said: Any) -> dict[str, Any]:
    """The options that the data decides."""
    before, after = to_mapping(said), to_mapping(config)
    decided = {name: value for name, value in after.items() if value != before[name]}
    return {"options that the data decides": decided} if decided else {}


def _unscorable(examples: Sequence[Any], *, kind: TaskType, config: Any) -> dict[str, str]:
    """Why the file serves to learn from alone, if it does."""
    try:
        check_scorable(examples, kind=kind, config=config)
    except ExampleError as error:
        return {"serves neither dev nor test": str(error)}
    return {}


def _fit(examples: Sequence[Any], *, task: Task[Any, Any]) -> dict[str, Any]:
    fit = check_fit(examples, task=task)
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
        print_view(excerpt(view_of(example, example=example)), console=console, colours=colours)
