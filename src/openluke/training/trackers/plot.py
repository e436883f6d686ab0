"""``training.png``: the loss and the scores of a run over its steps."""

import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openluke.artifacts import atomic_file
from openluke.training.trackers.metrics_file import METRICS, read_metrics
from openluke.training.trackers.tracker import RunFacts

try:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
except ImportError:
    FigureCanvasAgg = None
    Figure = None

logger = logging.getLogger(__name__)

PLOT = "training.png"
_MOST_SCORES = 6
_INTERVAL = 60.0
"""Seconds between drawings at least: one takes about a second, which steps would wait for."""


class PlotTracker:
    """Draws the run after evaluations, not oftener than each minute, and at its end.

    What is drawn is read from ``metrics.jsonl``.
    """

    def __init__(self) -> None:
        self._run_dir = Path()
        self._drawn = 0.0

    def start(self, facts: RunFacts) -> None:
        """Say once if nothing can be drawn."""
        self._run_dir = facts.run_dir
        self._drawn = time.monotonic()
        if Figure is None:
            logger.warning(
                "%s is not drawn: it needs optional packages: pip install 'openluke[plots]'",
                facts.run_dir / PLOT,
            )

    def log(self, values: Mapping[str, float], *, step: int) -> None:  # noqa: ARG002
        """Draw anew when there are new scores, and the last drawing is old."""
        is_old = time.monotonic() - self._drawn > _INTERVAL
        if is_old and any(name.startswith("score/") for name in values):
            draw(self._run_dir)
            self._drawn = time.monotonic()

    def advance(self, step: int) -> None:
        """Nothing is drawn of steps without a report."""

    def finish(self) -> None:
        """Draw the run as it ended."""
        draw(self._run_dir)


def draw(run_dir: Path) -> None:
    """Draw the metrics of a run, where matplotlib is installed and there is something to draw."""
    lines = list(read_metrics(run_dir / METRICS))
    losses = [(line["step"], line["loss"]) for line in lines if "loss" in line]
    if Figure is None or FigureCanvasAgg is None or not losses:
        return
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes: Any = figure.subplots()
    axes.plot(*zip(*losses, strict=True), color="tab:blue", label="loss")
    axes.set_xlabel("step")
    axes.set_ylabel("loss")
    axes.set_title(run_dir.resolve().name)
    scored = [line for line in lines if any(name.startswith("score/") for name in line)]
    if scored:
        _draw_scores(axes.twinx(), lines=scored)
    with atomic_file(run_dir / PLOT) as draft:
        canvas.print_png(str(draft))


def _draw_scores(axes: Any, *, lines: list[dict[str, Any]]) -> None:
    names = [name for name in lines[-1] if name.startswith("score/")][:_MOST_SCORES]
    colors = ("tab:orange", "tab:green", "tab:red", "tab:purple", "tab:brown", "tab:gray")
    for name, color in zip(names, colors, strict=False):
        points = [(line["step"], line[name]) for line in lines if name in line]
        label = name.removeprefix("score/")
        axes.plot(*zip(*points, strict=True), marker="o", color=color, label=label)
    axes.set_ylabel("score")
    axes.legend(loc="lower right")
