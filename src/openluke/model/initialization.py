"""First values of weights that no checkpoint gives."""

import torch
from torch import nn

from openluke.model.attention import EXTRA_QUERIES, Attention


@torch.no_grad()
def initialize(module: nn.Module, *, std: float, generator: torch.Generator | None = None) -> None:
    """Give every layer inside a module its first values.

    Weights are drawn from a normal distribution; biases and padding rows are zero; the scale of
    a normalisation is one.

    Args:
        module: What is filled, in place.
        std: Standard deviation of the weights.
        generator: Source of the random numbers; the global one of torch by default.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Linear | nn.Embedding):
            layer.weight.normal_(0.0, std, generator=generator)
        if isinstance(layer, nn.LayerNorm):
            layer.reset_parameters()
        if isinstance(layer, nn.Linear) and layer.bias is not None:
            layer.bias.zero_()
        if isinstance(layer, nn.Embedding) and layer.padding_idx is not None:
            layer.weight[layer.padding_idx].zero_()


@torch.no_grad()
def copy_queries(attention: Attention, *, missing: frozenset[str] | None = None) -> None:
    """Begin the entity-aware queries as copies of the word-to-word query.

    With all of them equal, entity-aware attention computes what plain attention computes: this is
    how a model that was pretrained with plain attention becomes an entity-aware one.

    Args:
        attention: The layer, changed in place; nothing happens when its attention is plain.
        missing: Names of the parameters to fill, for example ``word_to_entity_query.bias``; all
            by default.
    """
    if not attention.entity_aware:
        return
    for name in EXTRA_QUERIES:
        for kind in ("weight", "bias"):
            if missing is None or f"{name}.{kind}" in missing:
                target = getattr(attention.get_submodule(name), kind)
                target.copy_(getattr(attention.query, kind))
