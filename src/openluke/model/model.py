"""An encoder with the heads that are used, or trained, together."""

from collections.abc import Mapping
from typing import Any, cast

from torch import nn

from openluke.model.batch import Batch
from openluke.model.encoder import Encoder
from openluke.model.heads import Head


class Model(nn.Module):
    """One encoder and any number of heads on it, by name."""

    def __init__(self, encoder: Encoder, *, heads: Mapping[str, Head]) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = nn.ModuleDict(heads)

    def head(self, name: str) -> Head:
        """The head of that name."""
        return cast("Head", self.heads[name])

    def scores(self, batch: Batch, *, head: str, words_only: bool = False) -> Any:
        """What one head says of a batch, for which no more is computed than it reads.

        Args:
            batch: The inputs.
            head: The head's name.
            words_only: Whether the encoder leaves the batch's entities out.
        """
        module = self.head(head)
        output = self.encoder(batch, last_rows=module.last_rows, words_only=words_only)
        return module(output, batch)
