"""Self-attention over packed words and entities, plain or with a query for each pair of kinds."""

from torch import Tensor, nn

from openluke.model.config import EncoderConfig
from openluke.model.layout import Layout
from openluke.model.linear import Linear
from openluke.model.merged_attention import Queries, can_merge, merged_attention
from openluke.model.padded_attention import doubled_attention, plain_attention

EXTRA_QUERIES = ("word_to_entity_query", "entity_to_word_query", "entity_to_entity_query")
"""The layers that only entity-aware attention has; ``query`` is the one from words to words."""


class Attention(nn.Module):
    """Self-attention of words and entities, with its output layer.

    Every row attends to all words and entities of its own sequence. Entity-aware attention
    (section 3.2 of https://aclanthology.org/2020.emnlp-main.523) takes another query matrix for
    each pair of kinds (attending, attended); keys and values are shared.
    """

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        size = config.hidden_size
        self.n_heads = config.n_heads
        self.dropout = config.attention_dropout
        self.entity_aware = config.entity_aware and config.n_entities > 0
        self.query = Linear(size, size)
        self.key = Linear(size, size)
        self.value = Linear(size, size)
        if self.entity_aware:
            self.word_to_entity_query = Linear(size, size)
            self.entity_to_word_query = Linear(size, size)
            self.entity_to_entity_query = Linear(size, size)
        self.output = Linear(size, size)
        self.output_dropout = nn.Dropout(config.hidden_dropout)

    def forward(self, rows: Tensor, *, layout: Layout, only_entities: bool = False) -> Tensor:
        """Attend, and add what was found to the rows.

        Args:
            rows: *Shape:* (W + E, D). All words, then all entities.
            layout: Which rows belong together.
            only_entities: Compute the entity rows only; they still attend to all rows.

        Returns:
            *Shape:* (W + E, D), or (E, D) with ``only_entities``.
        """
        keys, values = self._heads(self.key(rows)), self._heads(self.value(rows))
        dropout = self.dropout if self.training else 0.0
        attending = rows[layout.n_words :] if only_entities else rows
        if not (self.entity_aware and layout.n_entities):
            query = self._heads(self.query(attending))
            found = plain_attention(query, keys=keys, values=values, layout=layout, dropout=dropout)
        else:
            queries = self._queries(rows, n_words=layout.n_words, only_entities=only_entities)
            if can_merge(keys, dropout=dropout):
                found = merged_attention(queries, keys=keys, values=values, layout=layout)
            else:
                found = doubled_attention(
                    queries, keys=keys, values=values, layout=layout, dropout=dropout
                )
        found = found.flatten(1)
        if self.training:
            return attending + self.output_dropout(self.output(found))
        return self.output(found, add=attending)

    def _queries(self, rows: Tensor, *, n_words: int, only_entities: bool) -> Queries:
        words, entities = rows.split([n_words, len(rows) - n_words])
        return Queries(
            None if only_entities else self._heads(self.query(words)),
            None if only_entities else self._heads(self.word_to_entity_query(words)),
            self._heads(self.entity_to_word_query(entities)),
            self._heads(self.entity_to_entity_query(entities)),
        )

    def _heads(self, rows: Tensor) -> Tensor:
        return rows.unflatten(-1, (self.n_heads, -1))
