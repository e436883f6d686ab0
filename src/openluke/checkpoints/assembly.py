"""Putting tensors into modules, and naming all that is missing, unexpected or of another shape."""

from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor, nn

from openluke.errors import CheckpointError
from openluke.model.config import EncoderConfig, HeadConfig
from openluke.model.encoder import Encoder
from openluke.model.heads import build_head

_NAMED = 6
NameInFile = Callable[[str], str]
"""Gives the name that a tensor of ours has in the file that is read, for messages."""


def _as_it_is(name: str) -> str:
    return name


def assemble_encoder(
    config: EncoderConfig,
    *,
    tensors: Mapping[str, Tensor],
    where: str,
    names: NameInFile = _as_it_is,
) -> Encoder:
    """An encoder that owns the given tensors (ours by name), without initialising it first."""
    with torch.device("meta"):
        encoder = Encoder(config)
    fill(encoder, tensors=tensors, where=where, names=names)
    return encoder


def assemble_head(
    config: HeadConfig,
    *,
    encoder: Encoder,
    tensors: Mapping[str, Tensor],
    where: str,
    names: NameInFile = _as_it_is,
) -> nn.Module:
    """A head on an encoder that owns the given tensors (ours by name)."""
    with torch.device("meta"):
        head = build_head(config, encoder=encoder)
    fill(head, tensors=tensors, where=where, names=names)
    return head


def check_tables(
    tensors: Mapping[str, Tensor],
    *,
    tables: Iterable[str],
    where: str,
    names: NameInFile = _as_it_is,
) -> None:
    """Refuse a checkpoint that lacks a table, or has something else under its name."""
    tables = tuple(tables)
    missing = _listed("missing", [names(name) for name in tables if name not in tensors])
    wrong = [
        f"{names(name)} is {tuple(tensors[name].shape)} {tensors[name].dtype}, expected rows of "
        "numbers"
        for name in tables
        if name in tensors and not _is_table(tensors[name])
    ]
    if missing or wrong:
        raise CheckpointError(f"{where}: no LUKE can be made of it: " + "; ".join(missing + wrong))


def fill(
    module: nn.Module,
    *,
    tensors: Mapping[str, Tensor],
    where: str,
    names: NameInFile = _as_it_is,
) -> None:
    """Give a module its tensors, or raise a ``CheckpointError`` that names every difference."""
    expected = module.state_dict()
    problems = [
        *_listed("missing", map(names, expected.keys() - tensors.keys())),
        *_listed("unexpected", map(names, tensors.keys() - expected.keys())),
        *_shapes(expected, tensors=tensors, names=names),
        *_dtypes(expected, tensors=tensors, names=names),
    ]
    if problems:
        raise CheckpointError(f"{where}: the weights do not fit the model: " + "; ".join(problems))
    module.load_state_dict(dict(tensors), strict=True, assign=True)
    for parameter in module.parameters():
        parameter.requires_grad_(parameter.is_floating_point())


def _listed(what: str, names: Iterable[str]) -> list[str]:
    ordered = sorted(names)
    if not ordered:
        return []
    more = f" and {len(ordered) - _NAMED} more" if len(ordered) > _NAMED else ""
    return [f"{what}: {', '.join(ordered[:_NAMED])}{more}"]


def _shapes(
    expected: Mapping[str, Tensor], *, tensors: Mapping[str, Tensor], names: NameInFile
) -> list[str]:
    wrong = [
        f"{names(name)} is {tuple(tensors[name].shape)}, the configuration says "
        f"{tuple(value.shape)}"
        for name, value in expected.items()
        if name in tensors and tensors[name].shape != value.shape
    ]
    return wrong[:_NAMED]


def _dtypes(
    expected: Mapping[str, Tensor], *, tensors: Mapping[str, Tensor], names: NameInFile
) -> list[str]:
    wrong = [
        f"{names(name)} is of {tensors[name].dtype}, expected numbers with a fraction"
        for name, value in expected.items()
        if name in tensors and value.is_floating_point() != tensors[name].is_floating_point()
    ]
    return wrong[:_NAMED]


def _is_table(tensor: Tensor) -> bool:
    return tensor.dim() == 2 and tensor.is_floating_point()
