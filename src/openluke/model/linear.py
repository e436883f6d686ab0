"""Linear layers that can take an activation or an addition along, in one step where CPUs can."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from openluke.model.activations import Activation, activate

_FUSED: dict[Activation | None, tuple[str, str]] = {
    None: ("none", ""),
    "gelu": ("gelu", "none"),
    "gelu_tanh": ("gelu", "tanh"),
    "relu": ("relu", ""),
    "silu": ("swish", ""),
}
"""Our activations in the words of oneDNN: its name and its variant."""


class Linear(nn.Linear):
    """A linear layer; ``activation`` is applied to, and ``add`` added to, its output."""

    def forward(
        self,
        input: Tensor,  # noqa: A002 - the name that nn.Linear gives it
        *,
        activation: Activation | None = None,
        add: Tensor | None = None,
    ) -> Tensor:
        """Compute ``activation(input @ weight.T + bias) + add``.

        Args:
            input: *Shape:* (…, in).
            activation: What is applied to the output.
            add: *Shape:* (…, out). What is added last.
        """
        if _can_fuse(input, weight=self.weight) and (activation is None or add is None):
            return _fused(input, layer=self, activation=activation, add=add)
        found = functional.linear(input, self.weight, self.bias)
        if activation is not None:
            found = activate(found, kind=activation)
        return found if add is None else found + add


def _can_fuse(rows: Tensor, *, weight: Tensor) -> bool:
    """Whether oneDNN's fused layer applies: float32 inference on a CPU, in eager mode."""
    return (
        _HAS_FUSED
        and not torch.is_grad_enabled()
        and rows.device.type == "cpu"
        and rows.dtype == weight.dtype == torch.float32
        and rows.numel() > 0
        and not torch.is_autocast_enabled("cpu")
        and not torch.compiler.is_compiling()
    )


def _fused(
    rows: Tensor, *, layer: nn.Linear, activation: Activation | None, add: Tensor | None
) -> Tensor:
    fused: Any = getattr(torch.ops.mkldnn, "_linear_pointwise")  # noqa: B009 - private, probed
    if add is not None:
        return fused.binary(rows, add, layer.weight, layer.bias, "add")
    name, variant = _FUSED[activation]
    return fused(rows, layer.weight, layer.bias, name, [], variant)


def _probe() -> bool:
    """Whether this build of torch has the private fused layer, and it computes what we expect."""
    if not torch.backends.mkldnn.is_available():
        return False
    layer = nn.Linear(2, 2, device="cpu", dtype=torch.float32)
    rows = torch.tensor([[0.5, -1.0]])
    try:
        with torch.no_grad():
            expected = layer(rows)
            plain = _fused(rows, layer=layer, activation=None, add=None)
            added = _fused(rows, layer=layer, activation=None, add=rows)
            gelu = _fused(rows, layer=layer, activation="gelu", add=None)
            return (
                torch.allclose(plain, expected, atol=1e-6)
                and torch.allclose(added, expected + rows, atol=1e-6)
                and torch.allclose(gelu, functional.gelu(expected), atol=1e-6)
            )
    except (AttributeError, RuntimeError, TypeError):
        return False


_HAS_FUSED = _probe()
