"""The head that says, from the first word of a text, whose page it is from."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from openluke.model.config import EncoderConfig
from openluke.model.initialization import initialize
from openluke.model.linear import Linear


class PageEntityHead(nn.Module):
    """Makes the embedding of an entity, as it stands in the entity table, of a word's state."""

    def __init__(self, config: EncoderConfig, *, generator: torch.Generator | None = None) -> None:
        """Make the head.

        Args:
            config: The sizes of the encoder.
            generator: Source of the first weights; the global one of torch by default.
        """
        super().__init__()
        self.decoder = Linear(config.hidden_size, config.entity_size, bias=False)
        self.bias = nn.Parameter(torch.zeros(config.entity_size))
        initialize(self, std=config.initializer_range, generator=generator)

    def forward(self, states: Tensor) -> Tensor:
        """Guess embeddings. *Shape:* (rows, D) to (rows, H)."""
        return self.decoder(states) + self.bias


def page_entity_sum(guessed: Tensor, *, embeddings: Tensor) -> Tensor:
    """Mean squared errors of embeddings, summed over the inputs. *Shape of both:* (rows, H)."""
    errors = functional.mse_loss(guessed.float(), embeddings.float(), reduction="none")
    return errors.mean(1).sum()
