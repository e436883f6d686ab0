"""How fast a run is."""

from dataclasses import dataclass

from openluke.training.step import StepReport


@dataclass(slots=True, kw_only=True)
class Pace:
    """Work and time since the last report."""

    peak: float | None = None
    """What the devices could compute in a second, where it is asked how much of it is used."""
    n_instances: int = 0
    n_rows: int = 0
    n_words: int = 0
    flops: float = 0.0
    seconds: float = 0.0

    def add(self, report: StepReport, *, seconds: float) -> None:
        """Count a step."""
        self.n_instances += report.n_instances
        self.n_rows += report.n_rows
        self.n_words += report.n_words
        self.flops += report.flops
        self.seconds += seconds

    def take(self) -> dict[str, float]:
        """What was done in a second since the last report; the next begins."""
        seconds = max(self.seconds, 1e-9)
        found = {
            "instances_per_second": self.n_instances / seconds,
            "rows_per_second": self.n_rows / seconds,
            "words_per_second": self.n_words / seconds,
        }
        if self.peak is not None:
            found["utilisation"] = self.flops / seconds / self.peak
        self.n_instances, self.n_rows, self.n_words = 0, 0, 0
        self.flops, self.seconds = 0.0, 0.0
        return found
