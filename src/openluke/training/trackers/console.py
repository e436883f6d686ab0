"""Progress on the terminal: loss, rate and the time left."""

from collections.abc import Mapping
from itertools import islice

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from openluke.training.trackers.tracker import RunFacts

_SCORES = 3
"""How many scores of an evaluation are shown; the first is that which counts."""
_SHOWN = {"loss": "loss {:.4f}", "learning_rate": "rate {:.2e}", "instances_per_second": "{:.1f}/s"}


class ConsoleTracker:
    """A bar where a person watches; elsewhere a line for each report."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._bar = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._n_steps = 0

    def start(self, facts: RunFacts) -> None:
        """Show the bar, and whether the run goes on."""
        self._n_steps = facts.n_steps
        if facts.step:
            self._console.print(
                f"{facts.run_dir}: goes on after step {facts.step} of {facts.n_steps}",
                highlight=False,
                soft_wrap=True,
            )
        self._bar.add_task("", total=facts.n_steps, completed=facts.step)
        self._bar.start()

    def log(self, values: Mapping[str, float], *, step: int) -> None:
        """Show the loss beside the bar; the first scores get a line that stays."""
        shown = [form.format(values[name]) for name, form in _SHOWN.items() if name in values]
        scores = {
            name.removeprefix("score/"): value
            for name, value in values.items()
            if name.startswith("score/")
        }
        told = [f"{name} {value:.4f}" for name, value in islice(scores.items(), _SCORES)]
        for task in self._bar.tasks:
            if shown:
                self._bar.update(task.id, description=", ".join(shown))
        if told or not self._console.is_terminal:
            place = f"step {step} of {self._n_steps}, epoch {values.get('epoch', 0):.2f}"
            # a log has lines of any length
            self._console.print(
                f"{place}: {', '.join(shown + told)}",
                highlight=False,
                soft_wrap=not self._console.is_terminal,
            )

    def advance(self, step: int) -> None:
        """Move the bar."""
        for task in self._bar.tasks:
            self._bar.update(task.id, completed=step)

    def finish(self) -> None:
        """Leave the terminal as it was."""
        self._bar.stop()
