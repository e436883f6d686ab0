"""What comes of a training run."""

from dataclasses import dataclass
from typing import Literal

from openluke.records import Scores
from openluke.training.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingResult:
    """What came of a run; the weights are in the model."""

    steps: int
    """Steps that were made."""
    why: str
    """Why there were no more."""
    best_step: int | None
    """After which step the weights are from: that of the best score, or the last if those are kept;
    ``None`` means the last, without any evaluation."""
    scores: Scores | None
    """What the evaluation of these weights found."""
    seconds: float
    """Time spent in steps, over all lives of the run."""
    n_instances: int
    """Instances that were learnt from."""


def result_of(progress: Progress, *, keep: Literal["best", "last"]) -> TrainingResult:
    """The result of a run that is over, and ends with its best weights or its last."""
    is_last = keep == "last" and progress.last_scores is not None
    return TrainingResult(
        steps=progress.step,
        why=progress.finished,
        best_step=progress.step if is_last else progress.best_step,
        scores=progress.last_scores if is_last else progress.best_scores,
        seconds=progress.seconds,
        n_instances=progress.n_instances,
    )
