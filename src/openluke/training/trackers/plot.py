"""``training.png``: the loss, the scores and the measures of a run over its steps."""

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
_COLORS = ("tab:orange", "tab:green", "tab:red", "tab:purple", "tab:brown", "tab:gray")
_Points = list[tuple[int, float]]
"""Steps, and a value after each."""
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
    measured, scored = _named(lines, kind="measure"), _named(lines, kind="score")
    n_panels = 2 if measured else 1
    figure = Figure(figsize=(8, 1 + 3.5 * n_panels), layout="constrained")
    canvas = FigureCanvasAgg(figure)
    panels: Any = figure.subplots(n_panels, sharex=True, squeeze=False)[:, 0]
    axes = panels[0]
    axes.plot(*zip(*losses, strict=True), color="tab:blue", label="loss")
    axes.set_ylabel("loss")
    axes.set_title(run_dir.resolve().name)
    if measured:
        shares = {name: scored.pop(name) for name in list(scored) if _are_shares(scored[name])}
        _draw_measures(panels[1], measured=measured, scored=shares)
    if scored:
        # what is left beside measures are losses, which fall, and else most scores rise
        place = "upper right" if measured else "lower right"
        _draw_scores(axes.twinx(), scored=scored, place=place)
    panels[-1].set_xlabel("step")
    with atomic_file(run_dir / PLOT) as draft:
        canvas.print_png(str(draft))


def _named(lines: list[dict[str, Any]], *, kind: str) -> dict[str, _Points]:
    """All values of a kind, by the names that stand after it."""
    found: dict[str, _Points] = {}
    for line in lines:
        for name, value in line.items():
            before, _, label = name.partition("/")
            if before == kind:
                found.setdefault(label, []).append((line["step"], value))
    return found


def _are_shares(points: _Points) -> bool:
    return all(0 <= value <= 1 for _, value in points)


def _draw_scores(axes: Any, *, scored: dict[str, _Points], place: str) -> None:
    for (label, points), color in zip(scored.items(), _COLORS, strict=False):
        axes.plot(*zip(*points, strict=True), marker="o", color=color, label=label)
    axes.set_ylabel("score")
    axes.legend(loc=place)


def _draw_measures(axes: Any, *, measured: dict[str, _Points], scored: dict[str, _Points]) -> None:
    """Draw what is measured in steps, and scores that are shares too: dashed, in equal colours."""
    names = dict.fromkeys([*measured, *scored])
    for name, color in zip(names, _COLORS, strict=False):
        # what is no number leaves a gap
        if name in measured:
            axes.plot(*zip(*measured[name], strict=True), color=color, label=name)
        if name in scored:
            points, label = scored[name], f"{name} (score)"
            axes.plot(*zip(*points, strict=True), "--o", color=color, label=label)
    axes.set_ylabel("measure")
    axes.grid(alpha=0.3)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.15), fontsize="small", ncols=3)
