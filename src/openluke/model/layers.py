"""One transformer layer: attention, then a feed-forward network, each normalised after its sum."""

from torch import Tensor, nn

from openluke.model.activations import Activation
from openluke.model.attention import Attention
from openluke.model.config import EncoderConfig
from openluke.model.layout import Layout
from openluke.model.linear import Linear, activated


class FeedForward(nn.Module):
    """Two linear layers with an activation between them, applied to each row."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.inner = Linear(config.hidden_size, config.feed_forward_size)
        self.outer = Linear(config.feed_forward_size, config.hidden_size)
        self.activation: Activation = config.activation
        self.dropout = nn.Dropout(config.hidden_dropout)

    def forward(self, rows: Tensor) -> Tensor:
        """Transform the rows and add the result to them. *Shape:* (R, D)."""
        inner = activated(self.inner, rows=rows, activation=self.activation)
        if self.training:
            return rows + self.dropout(self.outer(inner))
        return self.outer(inner, add=rows)


class Layer(nn.Module):
    """One layer of the encoder."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.attention = Attention(config)
        self.attention_norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.feed_forward = FeedForward(config)
        self.feed_forward_norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)

    def forward(self, rows: Tensor, *, layout: Layout, only_entities: bool = False) -> Tensor:
        """Compute the next states of all rows, or of the entities only.

        Args:
            rows: *Shape:* (W + E, D). All words, then all entities.
            layout: Which rows belong together.
            only_entities: Leave out what only the words need.

        Returns:
            *Shape:* (W + E, D), or (E, D) with ``only_entities``.
        """
        rows = self.attention(rows, layout=layout, only_entities=only_entities)
        rows = self.attention_norm(rows)
        return self.feed_forward_norm(self.feed_forward(rows))
