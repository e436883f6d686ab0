"""Cross entropy over a whole vocabulary, which never holds the scores of all targets at once."""

from typing import Any, NamedTuple, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.torch_version import TorchVersion

from openluke.errors import TrainingError


class SoftmaxSums(NamedTuple):
    """A loss and two measures; each is the sum over the targets."""

    loss: Tensor
    accuracy: Tensor
    """How many targets nothing else scores above."""
    reciprocal_rank: Tensor
    """The rank is 1 for a target that nothing else scores above, 2 if one thing does, and so on."""


def full_softmax(
    states: Tensor, *, table: Tensor, bias: Tensor, labels: Tensor, n_rows: int
) -> SoftmaxSums:
    """Score every row of a table for some states, and compare with what was right.

    Gradients are computed along with the loss, while the scores are there. All is in float32; under
    autocast only the products of matrices take their factors in its type, and only on a GPU.

    Args:
        states: *Shape:* (N, H).
        table: *Shape:* (n, H).
        bias: *Shape:* (n,). What is added to the scores.
        labels: *Shape:* (N,). The row that is right.
        n_rows: How many states are scored at once; each takes memory for n scores.
    """
    if not torch.is_grad_enabled():
        # what needs a gradient does not depend on the mode, so autograd would have them computed
        states, table, bias = states.detach(), table.detach(), bias.detach()
    found = cast("Any", _FullSoftmax.apply(states, table, bias, labels, n_rows))
    return SoftmaxSums(*found)


class _Gradients(NamedTuple):
    """Of the loss; ``None`` for what needs none."""

    states: Tensor | None
    table: Tensor | None
    bias: Tensor | None


class _FullSoftmax(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, states: Tensor, table: Tensor, bias: Tensor, labels: Tensor, n_rows: int
    ) -> tuple[Tensor, ...]:
        wide = torch.promote_types(states.dtype, torch.float32)
        gradients = _Gradients(
            *(
                torch.zeros_like(x, dtype=wide) if is_needed else None
                for x, is_needed in zip((states, table, bias), ctx.needs_input_grad, strict=False)
            )
        )
        dtype = _product_type(states)
        sums = states.new_zeros(3, dtype=wide)
        with torch.autocast(states.device.type, enabled=False):
            rounded, weights = states.to(dtype), table.to(dtype)
            for first in range(0, len(states), n_rows):
                rows = slice(first, first + n_rows)
                sums += _add_rows(
                    rounded[rows],
                    weights=weights,
                    bias=bias.to(wide),
                    labels=labels[rows],
                    into=gradients,
                    first=first,
                )
        ctx.gradients = gradients
        ctx.dtypes = states.dtype, table.dtype, bias.dtype
        loss, accuracy, reciprocal_rank = sums.unbind()
        ctx.mark_non_differentiable(accuracy, reciprocal_rank)
        return loss, accuracy, reciprocal_rank

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride] - the decorator's
        ctx: Any, *grad_outputs: Tensor
    ) -> tuple[Tensor | None, ...]:
        # handed on, not held: autograd then adds to the table's gradient without copying it
        gradients, ctx.gradients = ctx.gradients, None
        if gradients is None:
            raise TrainingError(
                "the gradients of a full softmax were taken twice, but are there for once; compute "
                "the loss again for a second backward pass"
            )
        return (
            *(
                None if gradient is None else gradient.mul_(grad_outputs[0]).to(dtype)
                for gradient, dtype in zip(gradients, ctx.dtypes, strict=True)
            ),
            None,
            None,
        )


def _add_rows(
    states: Tensor, *, weights: Tensor, bias: Tensor, labels: Tensor, into: _Gradients, first: int
) -> Tensor:
    """Sums of some rows; what they add to the gradients is added. *Shape:* (3,).

    Args:
        states: *Shape:* (rows, H). In the type of the weights.
        weights: *Shape:* (n, H).
        bias: *Shape:* (n,).
        labels: *Shape:* (rows,).
        into: The gradients of all rows.
        first: Which of them the first of these is.
    """
    scores = _product(states, weights.T).add_(bias)
    of_label = scores.gather(1, labels[:, None])
    highest = scores.amax(1, keepdim=True)
    powers = (scores - highest).exp_()
    total = powers.sum(1, keepdim=True)
    # in the place of the scores, as numbers: sums of truth values are slow on CPUs
    ranks = scores.gt_(of_label).sum(1) + 1
    del scores
    rows = _Rows(states, powers, total.reciprocal(), labels)
    if into.states is not None:
        into.states[first : first + len(states)] = rows.of_states(weights)
    if into.table is not None:
        rows.add_to_table(into.table)
    if into.bias is not None:
        rows.add_to_bias(into.bias)
    loss = (total.log() + highest - of_label).sum()
    return torch.stack([loss, (ranks == 1).sum().to(loss.dtype), ranks.reciprocal().sum()])


class _Rows(NamedTuple):
    """Some targets, and how probable each row of the table is to each of them."""

    states: Tensor
    """*Shape:* (rows, H)."""
    powers: Tensor
    """*Shape:* (rows, n). Probabilities before they are divided by their sums."""
    inverse: Tensor
    """*Shape:* (rows, 1). One by the sums."""
    labels: Tensor
    """*Shape:* (rows,)."""

    def of_states(self, weights: Tensor) -> Tensor:
        """The gradient of the states. *Shape:* (rows, H)."""
        expected = _product(self.powers.to(weights.dtype), weights) * self.inverse
        return expected - weights[self.labels]

    def add_to_table(self, gradient: Tensor) -> None:
        """Add to the gradient of the table. *Shape:* (n, H)."""
        # dividing the few states costs less than dividing the powers of all rows
        states = self.states * self.inverse
        if self.states.dtype == gradient.dtype:
            gradient.addmm_(self.powers.T, states)
        else:
            dtype = self.states.dtype
            gradient += _product(self.powers.to(dtype).T, states.to(dtype))
        gradient.index_add_(0, self.labels, self.states.to(gradient.dtype), alpha=-1)

    def add_to_bias(self, gradient: Tensor) -> None:
        """Add to the gradient of the bias. *Shape:* (n,)."""
        gradient.addmv_(self.powers.T, self.inverse[:, 0])
        gradient.index_add_(0, self.labels, torch.ones_like(self.inverse[:, 0]), alpha=-1)


def _product(rows: Tensor, columns: Tensor) -> Tensor:
    """The product of two matrices of one type, in float32 where theirs is shorter."""
    if rows.dtype in (torch.float32, torch.float64):
        return rows @ columns
    if rows.device.type == "cuda" and _HAS_LONG_SUMS:
        return torch.mm(rows, columns, out_dtype=torch.float32)
    return (rows @ columns).float()


def _product_type(states: Tensor) -> torch.dtype:
    """What the factors of products are rounded to: nothing but on GPUs under autocast.

    CPUs that know no short numbers multiply them more slowly than long ones.
    """
    kind = states.device.type
    if kind == "cpu" or not torch.is_autocast_enabled(kind):
        return torch.promote_types(states.dtype, torch.float32)
    return torch.get_autocast_dtype(kind)


_HAS_LONG_SUMS = TorchVersion(torch.__version__) >= "2.8"
"""Whether products of short numbers can be had in float32: rounded, many scores would be equal."""
