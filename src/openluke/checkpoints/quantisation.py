"""Weights as bytes: each row of a matrix as int8 with one scale, a quarter of the size."""

from collections.abc import Mapping

import torch
from torch import Tensor

from openluke.errors import CheckpointError

FILE = "model.int8.safetensors"
SCALE = ".scale"
_STEPS = 127


def quantise_rows(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Store every matrix as int8 rows with a float32 scale each; vectors stay as they are.

    A row is ``scale * bytes``, with the row's largest absolute value at 127, so the error of a
    weight is at most half a step: ``max(abs(row)) / 254``.
    """
    stored: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if tensor.dim() != 2 or not tensor.is_floating_point():
            stored[name] = tensor
            continue
        rows = tensor.float()
        scale = rows.abs().amax(dim=1) / _STEPS
        steps = rows / scale.clamp(min=torch.finfo(torch.float32).tiny).unsqueeze(1)
        stored[name] = steps.round().to(torch.int8)
        stored[name + SCALE] = scale
    return stored


def dequantise_rows(stored: Mapping[str, Tensor], *, where: str) -> dict[str, Tensor]:
    """The float32 tensors that int8 rows and scales stand for, exactly ``scale * bytes``."""
    tensors: dict[str, Tensor] = {}
    for name, tensor in stored.items():
        if name.endswith(SCALE):
            continue
        if tensor.dtype is not torch.int8:
            tensors[name] = tensor
            continue
        scale = stored.get(name + SCALE)
        if scale is None or scale.shape != tensor.shape[:1]:
            raise CheckpointError(
                f"{where}: {name} has {len(tensor)} rows of bytes but "
                f"{'no scales' if scale is None else f'{len(scale)} scales'}; the file is damaged"
            )
        tensors[name] = tensor.float() * scale.float().unsqueeze(1)
    return tensors


def join_parts(parts: Mapping[str, Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """One mapping of all parts' tensors, each name after its part and a slash."""
    return {f"{part}/{name}": t for part, tensors in parts.items() for name, t in tensors.items()}


def take_part(tensors: Mapping[str, Tensor], *, part: str) -> dict[str, Tensor]:
    """The tensors of one part, by their own names."""
    prefix = f"{part}/"
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
