"""Gradients of a step: how long they are, which there are, and shortening them."""

from collections.abc import Iterable

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.tensor import DTensor

from openluke.training.distributed import local


def take_norm(parameters: Iterable[nn.Parameter]) -> float:
    """The length of all gradients together; parameters without any are left without.

    A gradient that is zero everywhere belongs to a parameter that nothing in the step used. It is
    taken away, so that the parameter stays as it is, decay and momentum included, in whatever way
    the step was cut.
    """
    graded = [parameter for parameter in parameters if parameter.grad is not None]
    if not graded:
        return 0.0
    parts = [local(parameter.grad) for parameter in graded if parameter.grad is not None]
    # one call for all, as torch's own clipping does
    norms = torch._foreach_norm(parts)  # noqa: SLF001 # pyright: ignore[reportPrivateImportUsage]
    squares = torch.stack(norms).square()
    if any(isinstance(parameter, DTensor) for parameter in graded):
        dist.all_reduce(squares)
    for parameter, square in zip(graded, squares.tolist(), strict=True):
        if square == 0:
            parameter.grad = None
    return squares.sum().sqrt().item()


def shorten(parameters: Iterable[nn.Parameter], *, norm: float, longest: float) -> None:
    """Multiply all gradients by one number, so that they are no longer than ``longest``."""
    if norm > longest:
        parts = [local(p.grad) for p in parameters if p.grad is not None]
        scale = longest / norm
        torch._foreach_mul_(parts, scale)  # pyright: ignore[reportPrivateImportUsage]
