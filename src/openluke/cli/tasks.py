"""``openluke tasks``: what can be learnt and predicted, and from which files."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from openluke.cli.field_notes import argument_notes, field_notes
from openluke.formats.form import Form
from openluke.task import load_task, task_names

_OPTIONS = (
    "options (--set NAME=VALUE)\n(in finetune: --set options.NAME=VALUE, or [options] of a recipe)"
)


def tasks(task: str | None = None) -> None:
    """List the tasks, or say all about one: its options, and the forms of files that it reads.

    Args:
        task: The name of one.
    """
    console = Console()
    if task is None:
        rows = [(name, load_task(name).summary) for name in task_names()]
        _print(console, rows=rows)
        console.print("\nopenluke tasks NAME says all about one.")
        return
    kind = load_task(task)
    console.print(Text(f"{kind.name}: {kind.summary}", style="bold"))
    console.print(f"reads {kind.example_type.__name__}, predicts {kind.prediction_type.__name__}")
    console.print(Text(f"\n{_OPTIONS}", style="bold"))
    notes = field_notes(kind.config_type)
    _print(console, rows=[(f"{note.name} = {note.default}", note.note) for note in notes])
    console.print(Text("\nforms of files (--form NAME)", style="bold"))
    rows = [row for form in kind.forms for row in _rows(form)]
    _print(console, rows=rows)
    if any(argument_notes(form.read) for form in kind.forms):
        console.print("\nWhat is indented is an option of its form: --option NAME=VALUE.")


def _rows(form: Form) -> Iterator[tuple[str, str]]:
    """A form, and below it the options that it is read with."""
    yield form.name, form.summary
    for note in argument_notes(form.read):
        yield f"  {note.name} = {note.default}", note.note


def _print(console: Console, *, rows: list[tuple[str, str]]) -> None:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column()
    for name, text in rows:
        table.add_row(Text(name), Text(text))
    console.print(table)
