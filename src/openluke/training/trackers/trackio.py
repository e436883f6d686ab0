"""Reports for Trackio, which keeps them on this machine."""

from collections.abc import Mapping
from typing import Any

from openluke.errors import MissingExtraError
from openluke.training.trackers.tracker import RunFacts

try:
    import trackio  # pyright: ignore[reportMissingImports] - an extra
except ImportError:
    trackio: Any = None


class TrackioTracker:
    """Reports to a Trackio project; show it with ``trackio show``."""

    def __init__(self, *, project: str = "openluke") -> None:
        if trackio is None:
            raise MissingExtraError("tracking with Trackio", extra="trackio")
        self._project = project
        self._run: Any = None

    def start(self, facts: RunFacts) -> None:
        """Begin the run, or go on with the one of this name."""
        self._run = trackio.init(
            project=self._project,
            name=facts.run_dir.name,
            resume="allow",
            config=dict(facts.options),
        )

    def log(self, values: Mapping[str, float], *, step: int) -> None:
        """Report values."""
        trackio.log(dict(values), step=step)

    def advance(self, step: int) -> None:
        """Nothing is reported of steps without a report."""

    def finish(self) -> None:
        """Write what is left."""
        if self._run is not None:
            trackio.finish()
