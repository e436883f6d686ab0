"""How much is dropped while a model is pretrained, whatever it drops when it is fine-tuned."""

from torch import nn

from openluke.model.attention import Attention


def set_dropout(model: nn.Module, *, share: float) -> None:
    """Let a model drop a share of its states and of its attention in training.

    Its configuration stays, by which it is saved: a model that is loaded drops as before.
    """
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = share
        elif isinstance(module, Attention):
            module.dropout = share
