"""Learning rates over time: pure functions of the number of the step."""

import math
from typing import Literal

Schedule = Literal["warmup_linear", "warmup_constant", "cosine"]


def rate_factor(step: int, *, n_steps: int, n_warmup: int, schedule: Schedule) -> float:
    """The share of the learning rate that is used in a step.

    It rises by equal amounts in the first ``n_warmup`` steps; then it stays (``warmup_constant``),
    or falls to what would be zero after the last step, along a line (``warmup_linear``) or half a
    wave (``cosine``). No step has the rate zero, which would be a step for nothing.

    Args:
        step: Counted from 0.
        n_steps: How many steps there are in all.
        n_warmup: For how many of them the rate rises.
        schedule: What follows.
    """
    if step < n_warmup:
        return (step + 1) / (n_warmup + 1)
    if schedule == "warmup_constant":
        return 1.0
    left = max(n_steps - step, 0) / max(n_steps - n_warmup, 1)
    return left if schedule == "warmup_linear" else (1 - math.cos(math.pi * left)) / 2
