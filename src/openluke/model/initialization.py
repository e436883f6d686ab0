"""First values of weights that no checkpoint gives."""

import torch
from torch import nn


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
