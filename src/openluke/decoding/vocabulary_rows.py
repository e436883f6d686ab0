"""The likeliest rows of a vocabulary, such as words for a gap, and how likely they are."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from openluke.instances import Outputs

Array = npt.NDArray[Any]

_AT_ONCE = 64
"""Of how many states the whole vocabulary's scores lie in memory at a time."""
_WIDTH = 1 / 16
"""Of a level: rows whose log-probabilities differ by less are counted together."""
_N_LEVELS = 1024
"""The last one holds all that is less likely."""


@torch.no_grad()
def likeliest_rows(
    prediction: Callable[[Tensor], Tensor],
    *,
    states: Tensor,
    n_ids: int,
    n_best: int,
    sizes: Sequence[int],
    levels: bool = True,
) -> list[Outputs]:
    """The best rows of a vocabulary for each state, some states to each of the outputs.

    These are ``ids`` and ``scores``, their probabilities, best first. *Shapes:* (states, k) each.
    ``levels`` tell how the probabilities of the whole vocabulary are spread, so that a temperature
    can be put on them later. *Shape:* (states, 2, levels): how many rows are at each level, and the
    mean of their log-probabilities.

    Args:
        prediction: Scores the vocabulary. *Shape:* (rows, D) to (rows, n).
        states: *Shape:* (rows, D).
        n_ids: Rows from this one on stand for nothing.
        n_best: How many are wanted.
        sizes: How many states each of the outputs has.
        levels: Whether ``levels`` are wanted.
    """
    names = ("ids", "scores", "levels") if levels else ("ids", "scores")
    parts: dict[str, list[Tensor]] = {name: [] for name in names}
    for some in states.split(_AT_ONCE):
        logs = torch.log_softmax(prediction(some).float(), dim=-1)
        best = logs[:, :n_ids].topk(min(n_best, n_ids))
        parts["ids"].append(best.indices.cpu())
        parts["scores"].append(best.values.exp().cpu())
        if levels:
            parts["levels"].append(_levels(logs).cpu())
    columns = (torch.cat(parts[name]).split(list(sizes)) for name in names)
    return [
        {name: tensor.numpy() for name, tensor in zip(names, of_one, strict=True)}
        for of_one in zip(*columns, strict=True)
    ]


def probabilities_at(temperature: float, *, output: Outputs) -> Array:
    """Probabilities of the best rows, the scores of all rows divided by a temperature.

    Rows of a level count as alike, which changes a probability by less than a hundredth of it, but
    at temperatures below 0.1 and among scores that are hundreds apart.

    Args:
        temperature: What they are divided by; 1 changes nothing.
        output: What ``likeliest_rows`` says.
    """
    if temperature == 1.0:
        return output["scores"]
    numbers, means = np.moveaxis(output["levels"].astype(np.float64), 1, 0)
    with np.errstate(divide="ignore"):  # nothing is as likely as that
        numbers, logs = np.log(numbers), np.log(output["scores"].astype(np.float64))
    total = _log_sum(numbers + means / temperature) - _log_sum(numbers + means)
    return np.minimum(np.exp(logs / temperature - total), 1.0)


def _levels(logs: Tensor) -> Tensor:
    places = (logs / -_WIDTH).clamp(min=0, max=_N_LEVELS - 1).long()
    empty = logs.new_zeros(len(logs), _N_LEVELS)
    numbers = empty.scatter_add(1, places, torch.ones_like(logs))
    sums = empty.scatter_add(1, places, logs)
    return torch.stack([numbers, sums / numbers.clamp(min=1)], dim=1)


def _log_sum(logs: Array) -> Array:
    """*Shape:* (rows, n) to (rows, 1)."""
    return np.logaddexp.reduce(logs, axis=-1, keepdims=True)
