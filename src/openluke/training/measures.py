"""What is only reported of a step: sums beside the losses, such as how many answers were right."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from openluke.errors import TrainingError

T = TypeVar("T")
_MARK = "/"


def split_sums(
    sums: Mapping[str, T], *, losses: Iterable[str]
) -> tuple[dict[str, T], dict[str, T]]:
    """What an objective gives: losses, which are minimised, and measures, which are not.

    Args:
        sums: By name. That of a measure is the name of a loss, a slash and its own.
        losses: The names of the losses: those whose targets are counted.
    """
    names = set(losses)
    measures = {name: total for name, total in sums.items() if name not in names}
    for name in measures:
        if _loss_of(name) not in names:
            raise TrainingError(
                f"the objective gives a sum named {name!r}, which is neither a loss that n_targets "
                f"counts ({', '.join(sorted(names))}) nor a measure of one, named LOSS/MEASURE; "
                "count its targets in collate, or name it after a loss"
            )
    return {name: total for name, total in sums.items() if name in names}, measures


def means_of(measures: Mapping[str, float], *, n_targets: Mapping[str, float]) -> dict[str, float]:
    """Each measure as the mean over the targets of its loss; without targets there is none.

    Args:
        measures: The sums of a whole step.
        n_targets: How many targets each loss has in it.
    """
    counts = {name: n_targets.get(_loss_of(name), 0) for name in measures}
    return {name: total / counts[name] for name, total in measures.items() if counts[name]}


def _loss_of(name: str) -> str:
    return name.rpartition(_MARK)[0]
