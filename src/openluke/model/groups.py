"""What a batch is told of its groups, pairs of entities and choices of questions, checked."""

from collections.abc import Sequence
from numbers import Integral

import torch
from torch import Tensor

from openluke.errors import DataError


def check_pairs(pairs: Tensor, *, n_entities: int) -> None:
    """Raise unless each row names two entities of the batch; devices are not waited for."""
    if pairs.ndim != 2 or pairs.shape[1] != 2 or pairs.dtype not in (torch.int64, torch.int32):
        raise DataError(
            f"pairs has shape {tuple(pairs.shape)} and type {pairs.dtype}, expected two entity "
            "indices in each row: (P, 2) of torch.int64"
        )
    if pairs.device.type != "cpu" or not pairs.numel():
        return
    lowest, highest = (int(x) for x in pairs.aminmax())
    if lowest < 0 or highest >= n_entities:
        raise DataError(
            f"pairs reach from entity {lowest} to {highest}, the batch has {n_entities} entities; "
            "entities are counted from 0 through the whole batch"
        )


def check_choices(choices: Sequence[int], *, n_sequences: int) -> None:
    """Raise unless the choices of all questions are the sequences of the batch."""
    if not all(isinstance(n, Integral) and n >= 1 for n in choices):
        raise DataError(
            f"choices are {tuple(choices)}, expected a whole number of at least 1 for each question"
        )
    if choices and sum(choices) != n_sequences:
        raise DataError(
            f"choices {tuple(choices)} count {sum(choices)} sequences, the batch has "
            f"{n_sequences}; give the number of choices of each question"
        )
