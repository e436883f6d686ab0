"""Random numbers of each place in the data, whatever was drawn before."""

import numpy as np
import torch

_DATA, _DROPOUT = 0, 1


def data_rng(seed: int, *, position: int) -> np.random.Generator:
    """The generator for what is drawn when the micro-batch at a position is collated."""
    return np.random.default_rng([seed, _DATA, position])


def seed_dropout(seed: int, *, position: int) -> None:
    """Let torch draw, from now on, what belongs to the micro-batch at a position.

    The position alone says it, so that dropout does not depend on which process reads what.
    """
    state = np.random.SeedSequence([seed, _DROPOUT, position]).generate_state(1, np.uint64)
    torch.manual_seed(int(state[0] >> np.uint64(1)))
