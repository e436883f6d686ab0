"""Showing how far the parts of a stage are, on standard error, when a person watches."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from openluke.artifacts import finished
from openluke.part_runner import PartDone
from openluke.wikipedia.part_progress import ParseProgress

_MB = 1e6


class StageProgress:
    """A line for each step of a stage."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}
        self._done = Counter[str]()
        self._started = time.monotonic()

    def parsed(self, progress: ParseProgress) -> None:
        """Show how far the parsing of a dump is: bytes done, pages and speed."""
        seconds = max(time.monotonic() - self._started, 1e-6)
        new_xml = progress.counts.get("xml_bytes", 0) - progress.counts_before.get("xml_bytes", 0)
        pages = progress.counts.get("pages", 0)
        told = f"{pages:,} pages, {new_xml / _MB / seconds:.1f} MB/s of XML"
        self._show("parse", done=progress.bytes, total=progress.n_bytes, told=told)

    def counted(self, step: str) -> Callable[[PartDone], None]:
        """Something to call with each part of a step that is done."""
        return partial(self.step_done, step)

    def step_done(self, step: str, part: PartDone) -> None:
        """Count a part of a step as done."""
        self._done[step] += 1
        done = self._done[step]
        self._show(step, done=done, total=part.n_parts, told=f"{done:,} of {part.n_parts:,} parts")

    def _show(self, step: str, *, done: int, total: int, told: str) -> None:
        if step not in self._tasks:
            self._tasks[step] = self._bars.add_task(step, total=total, told="")
        self._bars.update(self._tasks[step], completed=done, total=total, told=told)


@contextmanager
def stage_progress() -> Generator[StageProgress, None, None]:
    """Show progress while the block runs, and tell it where there is nothing to do."""
    tell_what_is_there()
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[told]}"),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        yield StageProgress(bars)


def tell_what_is_there() -> None:
    """Let a stage tell that what it would make is already there."""
    logging.getLogger(finished.__module__).setLevel(logging.INFO)
