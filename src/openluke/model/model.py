"""An encoder with the heads that are used, or trained, together."""

from collections.abc import Mapping

from torch import nn

from openluke.model.encoder import Encoder
from openluke.model.heads import Head


class Model(nn.Module):
    """One encoder and any number of heads on it, by name."""

    def __init__(self, encoder: Encoder, *, heads: Mapping[str, Head]) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = nn.ModuleDict(heads)
