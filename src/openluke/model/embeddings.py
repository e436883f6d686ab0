"""What enters the first layer: embeddings of words and of entities."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from openluke.model.batch import Batch
from openluke.model.config import EncoderConfig
from openluke.model.linear import Linear


def _table(n_rows: int, *, size: int, padding_idx: int | None = None) -> nn.Embedding:
    """An embedding table whose values are left to ``initialize`` or to a checkpoint."""
    return nn.Embedding(n_rows, size, padding_idx=padding_idx, _weight=torch.empty(n_rows, size))


class WordEmbeddings(nn.Module):
    """Sum of token, position and type embeddings, normalised.

    The first word stands at row ``word_pad_id + 1`` of the position table.
    """

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        pad, size = config.word_pad_id, config.hidden_size
        self.tokens = _table(config.n_words, size=size, padding_idx=pad)
        self.positions = _table(config.n_positions, size=size, padding_idx=pad)
        self.types = _table(config.n_word_types, size=size)
        self.norm = nn.LayerNorm(size, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout)
        self.first_position = pad + 1

    def forward(self, batch: Batch) -> Tensor:
        """Embed the words of a batch. *Shape:* (W, D)."""
        rows = self.tokens(batch.word_ids)
        rows = rows + self.positions(batch.word_positions + self.first_position)
        rows = rows + self.types(batch.word_types)
        return self.dropout(self.norm(rows))


class EntityEmbeddings(nn.Module):
    """Sum of entity, position and type embeddings, normalised.

    The position of an entity is the mean over the words of its mention, in a table of its own that
    begins with the first word at row 0; an entity without a place has a zero position.
    """

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        size = config.hidden_size
        self.table = _table(
            config.n_entities, size=config.entity_size, padding_idx=config.entity_pad_id
        )
        self.projection = (
            None if config.entity_size == size else Linear(config.entity_size, size, bias=False)
        )
        self.positions = _table(config.n_positions, size=size)
        self.types = _table(config.n_entity_types, size=size)
        self.norm = nn.LayerNorm(size, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout)

    def forward(self, batch: Batch) -> Tensor:
        """Embed the entities of a batch. *Shape:* (E, D)."""
        rows = self.table(batch.entity_ids)
        if self.projection is not None:
            rows = self.projection(rows)
        rows = rows + functional.embedding_bag(
            batch.mention_positions, self.positions.weight, batch.mention_offsets, mode="mean"
        )
        rows = rows + self.types(batch.entity_types)
        return self.dropout(self.norm(rows))
