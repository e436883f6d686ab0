"""How fast a run is."""

from dataclasses import dataclass

from openluke.training.step import StepReport


@dataclass(slots=True, kw_only=True)
class Pace:
    """Work and time since the last report."""

    n_instances: int = 0
    n_rows: int = 0
    seconds: float = 0.0

    def add(self, report: StepReport, *, seconds: float) -> None:
        """Count a step."""
        self.n_instances += report.n_instances
        self.n_rows += report.n_rows
        self.seconds += seconds

    def take(self) -> dict[str, float]:
        """What was done in a second since the last report; the next begins."""
        seconds = max(self.seconds, 1e-9)
        found = {
            "instances_per_second": self.n_instances / seconds,
            "rows_per_second": self.n_rows / seconds,
        }
        self.n_instances, self.n_rows, self.seconds = 0, 0, 0.0
        return found
