"""Putting tensors into modules, and naming all that is missing, unexpected or of another shape."""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from openluke.errors import CheckpointError
from openluke.model.config import EncoderConfig, HeadConfig
from openluke.model.encoder import Encoder
from openluke.model.heads import build_head

_NAMED = 6


def assemble_encoder(
    config: EncoderConfig, *, tensors: Mapping[str, Tensor], where: str
) -> Encoder:
    """An encoder that owns the given tensors (ours by name), without initialising it first."""
    with torch.device("meta"):
        encoder = Encoder(config)
    fill(encoder, tensors=tensors, where=where)
    return encoder


def assemble_head(
    config: HeadConfig, *, encoder: Encoder, tensors: Mapping[str, Tensor], where: str
) -> nn.Module:
    """A head on an encoder that owns the given tensors (ours by name)."""
    with torch.device("meta"):
        head = build_head(config, encoder=encoder)
    fill(head, tensors=tensors, where=where)
    return head


def fill(module: nn.Module, *, tensors: Mapping[str, Tensor], where: str) -> None:
    """Give a module its tensors, or raise a ``CheckpointError`` that names every difference."""
    expected = module.state_dict()
    problems = [
        *_names("missing", expected.keys() - tensors.keys()),
        *_names("unexpected", tensors.keys() - expected.keys()),
        *_shapes(expected, tensors=tensors),
    ]
    if problems:
        raise CheckpointError(f"{where}: the weights do not fit the model: " + "; ".join(problems))
    module.load_state_dict(dict(tensors), strict=True, assign=True)
    for parameter in module.parameters():
        parameter.requires_grad_(parameter.is_floating_point())


def _names(what: str, names: Iterable[str]) -> list[str]:
    ordered = sorted(names)
    if not ordered:
        return []
    more = f" and {len(ordered) - _NAMED} more" if len(ordered) > _NAMED else ""
    return [f"{what}: {', '.join(ordered[:_NAMED])}{more}"]


def _shapes(expected: Mapping[str, Tensor], *, tensors: Mapping[str, Tensor]) -> list[str]:
    wrong = [
        f"{name} is {tuple(tensors[name].shape)}, the configuration says {tuple(value.shape)}"
        for name, value in expected.items()
        if name in tensors and tensors[name].shape != value.shape
    ]
    return wrong[:_NAMED]
