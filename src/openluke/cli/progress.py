"""Showing how far a long job is, on standard error, when a person watches."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def progress_of(total: int | None, *, unit: str) -> Generator[Callable[[int], None], None, None]:
    """Give a function that takes how many are done so far; the total may not be known."""
    console = Console(stderr=True)
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task(unit, total=total)

        def advance(done: int) -> None:
            progress.update(bar, completed=done)

        yield advance
