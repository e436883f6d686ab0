"""Reports for TensorBoard, in the directory ``tensorboard`` of the run."""

from collections.abc import Mapping
from typing import Any

from openluke.errors import MissingExtraError
from openluke.training.trackers.tracker import RunFacts

try:
    from torch.utils.tensorboard.writer import SummaryWriter
except ImportError:
    SummaryWriter = None


class TensorBoardTracker:
    """Writes event files; show them with ``tensorboard --logdir RUN``."""

    def __init__(self) -> None:
        if SummaryWriter is None:
            raise MissingExtraError("tracking with TensorBoard", extra="tensorboard")
        self._writer: Any = None

    def start(self, facts: RunFacts) -> None:
        """Open a file; what was written of later steps is hidden."""
        assert SummaryWriter is not None
        self._writer = SummaryWriter(
            str(facts.run_dir / "tensorboard"), purge_step=facts.step + 1 if facts.step else None
        )

    def log(self, values: Mapping[str, float], *, step: int) -> None:
        """Write each value under its name."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def advance(self, step: int) -> None:
        """Nothing is written of steps without a report."""

    def finish(self) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()
