"""What every tracker is, and what it is told."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What a tracker is told when a run begins, or goes on."""

    run_dir: Path
    """The directory of the run; its name is that of the run."""
    options: Mapping[str, Any]
    """All options, as plain values."""
    step: int
    """The steps made before, in earlier lives of the run."""
    n_steps: int
    """How many there are in all, unless it stops early."""


class Tracker(Protocol):
    """A place that a run reports to; only its first process does.

    Values have the names ``loss``, ``loss/NAME`` where there are several, ``measure/LOSS/NAME`` for
    what is measured beside a loss, ``learning_rate``, ``gradient_norm``, ``epoch``,
    ``instances_per_second``, ``rows_per_second``, ``words_per_second``, and ``utilisation`` where
    it is asked for; and ``score/NAME`` after an evaluation. A measure may be no number.
    """

    def start(self, facts: RunFacts) -> None:
        """A run begins or goes on; what was reported for later steps does not count."""
        ...

    def log(self, values: Mapping[str, float], *, step: int) -> None:
        """Values after a number of steps."""
        ...

    def advance(self, step: int) -> None:
        """A step was made, whether or not it is reported."""
        ...

    def finish(self) -> None:
        """The run is over, or an error ended it."""
        ...


@contextmanager
def tracking(trackers: Sequence[Tracker], *, facts: RunFacts) -> Generator[None, None, None]:
    """Start trackers, and finish them when the block ends, however it ends."""
    with ExitStack() as stack:
        for tracker in trackers:
            stack.callback(tracker.finish)
            tracker.start(facts)
        yield
