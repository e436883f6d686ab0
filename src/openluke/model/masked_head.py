"""The pretraining head: which word and which entity stands where the input has a mask."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from openluke.model.activations import Activation
from openluke.model.batch import Batch
from openluke.model.config import HeadConfig
from openluke.model.encoder import Encoder, EncoderOutput, LastRows
from openluke.model.linear import Linear, activated


class MaskedScores(NamedTuple):
    """Scores over the whole vocabularies, of the rows asked for."""

    words: Tensor
    """*Shape:* (rows, n_words)."""
    entities: Tensor | None
    """*Shape:* (rows, n_entities); ``None`` when the encoder has no entities."""


class Prediction(nn.Module):
    """A transformation, then a score for every row of an embedding table.

    The table is the encoder's own when the head is tied. It is not a part of this module, so it is
    saved once, with the encoder.
    """

    def __init__(
        self,
        *,
        hidden_size: int,
        table: nn.Embedding,
        tied: bool,
        activation: Activation,
        layer_norm_eps: float,
    ) -> None:
        super().__init__()
        n_rows, size = table.weight.shape
        self.dense = Linear(hidden_size, size)
        self.norm = nn.LayerNorm(size, eps=layer_norm_eps)
        self.bias = nn.Parameter(torch.zeros(n_rows))
        self.decoder = None if tied else Linear(size, n_rows, bias=False)
        self.activation: Activation = activation
        # A tuple hides the encoder's module from the parameters of this one.
        self._table = (table,)

    @property
    def table(self) -> Tensor:
        """*Shape:* (n, H). The embeddings that are scored."""
        return self._table[0].weight if self.decoder is None else self.decoder.weight

    def transform(self, states: Tensor) -> Tensor:
        """Bring states (rows, D) into the space of the embeddings (rows, H)."""
        return self.norm(activated(self.dense, rows=states, activation=self.activation))

    def forward(self, states: Tensor) -> Tensor:
        """Score all embeddings. *Shape:* (rows, D) to (rows, n)."""
        return functional.linear(self.transform(states), self.table, self.bias)


class MaskedHead(nn.Module):
    """Scores of masked words and masked entities.

    A tied head belongs to its encoder. Copied or pickled together, in one module or one call, the
    copies are tied as they were; a copy of the head alone takes a table of its own along. Keep the
    head alone as its ``state_dict``, and build it again with ``build_head``.
    """

    last_rows: LastRows = "all"

    def __init__(self, config: HeadConfig, *, encoder: Encoder) -> None:
        super().__init__()
        sizes = encoder.config
        self.config = config
        self.words = Prediction(
            hidden_size=sizes.hidden_size,
            table=encoder.words.tokens,
            tied=config.tied,
            # Every released checkpoint was trained with gelu here, whatever its layers have.
            activation="gelu",
            layer_norm_eps=sizes.layer_norm_eps,
        )
        self.entities = None
        if sizes.n_entities:
            self.entities = Prediction(
                hidden_size=sizes.hidden_size,
                table=encoder.entities.table,
                tied=config.tied,
                activation=sizes.activation,
                layer_norm_eps=sizes.layer_norm_eps,
            )

    @property
    def n_words(self) -> int:
        """How many words are scored."""
        return len(self.words.bias)

    @property
    def n_entities(self) -> int:
        """How many entities are scored; 0 when the encoder has none."""
        return 0 if self.entities is None else len(self.entities.bias)

    def forward(
        self,
        output: EncoderOutput,
        batch: Batch,  # noqa: ARG002 - all heads are called alike
        *,
        word_rows: Tensor | None = None,
        entity_rows: Tensor | None = None,
    ) -> MaskedScores:
        """Score the vocabularies for some rows.

        Args:
            output: What the encoder gave.
            batch: What the encoder was given.
            word_rows: Indices of, or a boolean mask over, the words to score. All by default,
                which takes memory for W * n_words scores.
            entity_rows: The same for entities.
        """
        words = output.words if word_rows is None else output.words[word_rows]
        if self.entities is None:
            return MaskedScores(self.words(words), None)
        entities = output.entities if entity_rows is None else output.entities[entity_rows]
        return MaskedScores(self.words(words), self.entities(entities))
