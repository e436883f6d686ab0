"""``openluke tasks``: what can be learnt and predicted, and from which files."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from openluke.cli.field_notes import field_notes
from openluke.formats.reading import option_names
from openluke.task import TaskType, load_task, task_names


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
    console.print(Text("\noptions (--set NAME=VALUE, or [options] of a recipe)", style="bold"))
    notes = field_notes(kind.config_type)
    _print(console, rows=[(f"{note.name} = {note.default}", note.note) for note in notes])
    console.print(Text("\nforms of files (--form NAME)", style="bold"))
    _print(console, rows=_forms(kind))


def _forms(kind: TaskType) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for form in kind.forms:
        options = option_names(form)
        said = f" Options (--option NAME=VALUE): {', '.join(options)}." if options else ""
        rows.append((form.name, f"{form.summary}{said}"))
    return rows


def _print(console: Console, *, rows: list[tuple[str, str]]) -> None:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column()
    for name, text in rows:
        table.add_row(Text(name), Text(text))
    console.print(table)
