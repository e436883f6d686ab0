"""The activations that an encoder can be configured with."""

from typing import Literal

from torch import Tensor
from torch.nn import functional

Activation = Literal["gelu", "gelu_tanh", "relu", "silu"]


def activate(x: Tensor, *, kind: Activation) -> Tensor:
    """Apply an activation by its name."""
    match kind:
        case "gelu":
            return functional.gelu(x)
        case "gelu_tanh":
            return functional.gelu(x, approximate="tanh")
        case "relu":
            return functional.relu(x)
        case "silu":
            return functional.silu(x)
