"""Reports for Weights & Biases."""

import secrets
from collections.abc import Mapping
from typing import Any

from openluke.errors import MissingExtraError
from openluke.training.trackers.tracker import RunFacts

try:
    import wandb  # pyright: ignore[reportMissingImports] - an extra
except ImportError:
    wandb: Any = None

_ID = "wandb-id"


class WandbTracker:
    """Reports to a run of Weights & Biases, which is gone on with when this run is."""

    def __init__(self, *, project: str = "openluke") -> None:
        if wandb is None:
            raise MissingExtraError("tracking with Weights & Biases", extra="wandb")
        self._project = project
        self._run: Any = None

    def start(self, facts: RunFacts) -> None:
        """Begin or go on with the run; its id is kept in the run's directory."""
        kept = facts.run_dir / _ID
        if not kept.exists():
            kept.write_text(secrets.token_hex(8), encoding="utf-8")
        self._run = wandb.init(
            project=self._project,
            name=facts.run_dir.name,
            id=kept.read_text(encoding="utf-8"),
            resume="allow",
            config=dict(facts.options),
            dir=str(facts.run_dir),
        )

    def log(self, values: Mapping[str, float], *, step: int) -> None:
        """Report values; those of a step that was reported before are ignored there."""
        self._run.log(dict(values), step=step)

    def advance(self, step: int) -> None:
        """Nothing is reported of steps without a report."""

    def finish(self) -> None:
        """Send what is left."""
        if self._run is not None:
            self._run.finish()
