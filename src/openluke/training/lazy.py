"""Lazy AdamW, for tables of which a step touches few rows, beside the AdamW of all else."""

import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

from openluke.training.distributed import local

logger = logging.getLogger(__name__)

_WATCHED = 10
"""Steps in which it is looked how many rows are touched."""


class LazyAdamW(torch.optim.Optimizer):
    """AdamW that changes only the rows whose gradient is not zero everywhere.

    Of a touched row it makes the step that AdamW makes: the decay, the means of gradients and of
    their squares, and the correction of both for having begun at zero. All other rows stay as they
    are, and so do their means. It differs from AdamW in this:

    - A row that is not touched does not move on by the means of its earlier gradients, nor decay,
      and the means do not fade. When it is touched again, they count as if no step had been
      between.
    - The correction counts the steps of the whole table, in which any row was touched, as
      ``torch.optim.SparseAdam`` does, and not those of each row. Where a row is first touched late,
      nothing is corrected: its first step is ``(1 - beta) / sqrt(1 - beta of squares)`` times as
      long as a row's in the first step of all, which is 3.2 times with the usual betas.

    Else it is the rule of ``SparseAdam``, which has no decay, with the decay of AdamW on the rows
    that are touched.

    Gradients are dense, with zeros where nothing was touched; of a parameter with one dimension
    each number is a row. Which rows are touched is found by reading the gradient once over; of the
    means, no more is read than these rows.
    """

    def __init__(
        self,
        groups: Iterable[dict[str, Any]],
        *,
        lr: float,
        betas: tuple[float, float],
        eps: float,
        bias_correction: bool = True,
        names: Mapping[nn.Parameter, str] | None = None,
    ) -> None:
        """Make an optimizer of groups of parameters.

        Args:
            groups: As ``torch.optim.AdamW`` takes them.
            lr: The learning rate.
            betas: How much of the means stays when a row is touched.
            eps: What is added to the root of the mean square.
            bias_correction: Whether the means make up for beginning at zero; without, the decay
                follows the step, as in ``UncorrectedAdamW``.
            names: What the parameters are called in messages.
        """
        super().__init__(groups, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": 0.0})
        self._corrects = bias_correction
        self._names = dict(names or {})

    @torch.no_grad()
    def step(self) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Change the touched rows of every parameter that has a gradient."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._change(parameter, group=group)

    def _change(self, parameter: nn.Parameter, *, group: Mapping[str, Any]) -> None:
        assert parameter.grad is not None
        state = self.state[parameter]
        if not state:
            state["step"] = torch.zeros(())
            state["exp_avg"] = torch.zeros_like(parameter)
            state["exp_avg_sq"] = torch.zeros_like(parameter)
        state["step"] += 1
        step = int(state["step"])
        gradient = local(parameter.grad)
        rows = touched_rows(gradient)
        if step <= _WATCHED:
            self._watch(parameter, n_touched=len(rows))
        if len(rows):
            _change_rows(
                local(parameter),
                rows=rows,
                gradient=gradient[rows],
                mean=local(state["exp_avg"]),
                square=local(state["exp_avg_sq"]),
                group=group,
                step=step if self._corrects else None,
            )

    def _watch(self, parameter: nn.Parameter, *, n_touched: int) -> None:
        """Warn once of a table whose gradient is dense, as it is under a full softmax."""
        if isinstance(parameter, DTensor):
            count = torch.tensor(n_touched, device=parameter.device)
            dist.all_reduce(count)
            n_touched = int(count)
        is_first = not dist.is_initialized() or dist.get_rank() == 0
        if is_first and parameter in self._names and 2 * n_touched > len(parameter):
            logger.warning(
                "%s: one step touched %d of %d rows; optimizer.lazy is for tables of which a step "
                "touches few, and costs more than it saves here. Leave this one out of it in a new "
                "run, as under a full softmax, which touches every row",
                self._names.pop(parameter),
                n_touched,
                len(parameter),
            )


class PartlyLazy(torch.optim.Optimizer):
    """Several optimizers of one model as one, which holds all that they remember."""

    def __init__(self, parts: Sequence[torch.optim.Optimizer]) -> None:
        groups = [group for part in parts for group in part.param_groups]
        # the groups themselves are shared: a rate that is set here is set there
        super().__init__(groups, dict(parts[0].defaults))
        for part in parts:
            part.state = self.state
        self._parts = tuple(parts)

    def step(self) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Make a step of each."""
        for part in self._parts:
            part.step()


def touched_rows(gradient: Tensor) -> Tensor:
    """The numbers of the rows of a gradient that are not zero everywhere. *Shape:* (rows,)."""
    flat = gradient.unsqueeze(1) if gradient.ndim == 1 else gradient.flatten(1)
    # on CPUs each of these reads as fast as memory can, and any() takes five times as long
    return ((flat.amax(1) != 0) | (flat.amin(1) != 0)).nonzero().squeeze(1)


def _change_rows(
    values: Tensor,
    *,
    rows: Tensor,
    gradient: Tensor,
    mean: Tensor,
    square: Tensor,
    group: Mapping[str, Any],
    step: int | None,
) -> None:
    """Make AdamW's step with some rows of a parameter and of its means.

    Args:
        values: *Shape:* (n, …). The parameter, changed in place.
        rows: *Shape:* (rows,). Which rows.
        gradient: *Shape:* (rows, …). Of these rows.
        mean: *Shape:* (n, …). The mean of gradients, changed in place.
        square: *Shape:* (n, …). The mean of their squares, changed in place.
        group: The rate, the decay and the other numbers.
        step: The number of the step, from 1, for the correction; ``None`` for none.
    """
    rate, decay, (beta_mean, beta_square) = group["lr"], group["weight_decay"], group["betas"]
    means = mean[rows].lerp_(gradient, 1 - beta_mean)
    squares = square[rows].mul_(beta_square).addcmul_(gradient, gradient, value=1 - beta_square)
    mean.index_copy_(0, rows, means)
    square.index_copy_(0, rows, squares)
    roots, chosen = squares.sqrt_(), values[rows]
    if step is None:
        chosen.addcdiv_(means, roots.add_(group["eps"]), value=-rate).mul_(1 - rate * decay)
    else:
        roots.div_(math.sqrt(1 - beta_square**step)).add_(group["eps"])
        length = rate / (1 - beta_mean**step)
        chosen.mul_(1 - rate * decay).addcdiv_(means, roots, value=-length)
    values.index_copy_(0, rows, chosen)
