"""How far a run is: all that a checkpoint knows besides weights and the optimizer's memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from openluke.errors import ConfigError
from openluke.records import Scores


@dataclass(slots=True, kw_only=True)
class Progress:
    """What changes while a model is trained."""

    step_size: int
    """Micro-batches of each step, in all processes."""
    world_size: int
    """Processes that made the last steps."""
    step: int = 0
    """Steps that were made."""
    best_step: int | None = None
    """After which step the score was best."""
    best_metric: float | None = None
    """The score that was best."""
    best_scores: Scores | None = None
    """All scores of that evaluation."""
    last_scores: Scores | None = None
    """All scores of the last evaluation."""
    n_worse: int = 0
    """Evaluations since the best score was first reached."""
    finished: str = ""
    """Why the run is over; empty while it goes on."""
    seconds: float = 0.0
    """Time spent in steps, over all lives of the run."""
    n_instances: int = 0
    """Instances that were learnt from."""
    sums: dict[str, tuple[float, int]] = field(default_factory=dict[str, tuple[float, int]])
    """Of what is reported as a mean: the sum over the steps since the last report, and how many
    steps had such a value."""

    @property
    def position(self) -> int:
        """The position in the data of the next step's first micro-batch."""
        return self.step * self.step_size

    def share(self, size: int) -> None:
        """Go on with a number of processes; steps keep their size."""
        if self.step_size % size:
            raise ConfigError(
                f"each step of this run has {self.step_size} micro-batches, which {size} processes "
                "cannot share equally; start a number of processes that divides it"
            )
        self.world_size = size

    def add(self, values: Mapping[str, float]) -> None:
        """Add what one step found to the sums."""
        for name, value in values.items():
            total, n = self.sums.get(name, (0.0, 0))
            self.sums[name] = (total + value, n + 1)

    def take_means(self) -> dict[str, float]:
        """The means since the last report; the next begins."""
        means = {name: total / n for name, (total, n) in self.sums.items()}
        self.sums = {}
        return means

    def judge(self, scores: Scores, *, metric: str) -> None:
        """Remember the scores of the weights as they are now, if none before were better.

        Of equally good ones the last are kept, which have learnt for longer; patience wears on.
        """
        value, best = scores[metric], self.best_metric
        self.last_scores = scores
        self.n_worse = 0 if best is None or value > best else self.n_worse + 1
        if best is None or value >= best:
            self.best_step, self.best_metric, self.best_scores = self.step, value, scores
