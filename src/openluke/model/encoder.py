"""The LUKE encoder: words and entities of a packed batch through one stack of layers."""

from dataclasses import dataclass
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from openluke.errors import ConfigError
from openluke.model.batch import Batch
from openluke.model.config import EncoderConfig
from openluke.model.embeddings import EntityEmbeddings, WordEmbeddings
from openluke.model.initialization import initialize
from openluke.model.layers import Layer
from openluke.model.layout import Layout
from openluke.model.linear import Linear

LastRows = Literal["all", "entities"]


@dataclass(frozen=True, kw_only=True, eq=False)
class EncoderOutput:
    """States of the last layer, packed like the batch."""

    batch: Batch
    entities: Tensor
    """*Shape:* (E, D). Without rows when only the words were read."""
    all_words: Tensor | None
    """*Shape:* (W, D). ``None`` when the last layer was computed for entities only."""
    hidden_states: tuple[Tensor, ...] = ()
    """*Shape of each:* (W + E, D). The embeddings, then the states after each layer, when asked
    for; the last has the entity rows only if the last layer was computed for entities only."""
    pooler: nn.Linear | None = None

    @property
    def words(self) -> Tensor:
        """*Shape:* (W, D)."""
        if self.all_words is None:
            raise ConfigError(
                "the last layer was computed for entities only, so there are no word states; "
                'call the encoder with last_rows="all"'
            )
        return self.all_words

    def padded_words(self) -> Tensor:
        """*Shape:* (B, L, D). Zeros where there is no word."""
        return self.batch.pad_words(self.words)

    def padded_entities(self) -> Tensor:
        """*Shape:* (B, M, D). Zeros where there is no entity."""
        return self.batch.pad_entities(self.entities)

    def pooled(self) -> Tensor:
        """*Shape:* (B, D). One vector of each whole input, made from its first word."""
        if self.pooler is None:
            raise ConfigError(
                "the encoder has no pooler; build it with EncoderConfig(pooler=True), or take the "
                "state of the first word: output.words[batch.first_words()]"
            )
        return torch.tanh(self.pooler(self.words[self.batch.first_words()]))


class Encoder(nn.Module):
    """Embeddings and layers; weights are drawn at random until a checkpoint is read into it.

    Make it under ``torch.device("meta")`` when its weights will be assigned anyway.

    A training step gives a gradient to every parameter, but to the pooler's when the head does not
    read pooled states, and to those of entities when the batch has none. Data-parallel training
    must be told of either (``find_unused_parameters``), or the pooler be left out
    (``EncoderConfig.pooler``).
    """

    def __init__(self, config: EncoderConfig, *, generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.config = config
        self.words = WordEmbeddings(config)
        if config.n_entities:
            self.entities = EntityEmbeddings(config)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.n_layers))
        self.pooler = Linear(config.hidden_size, config.hidden_size) if config.pooler else None
        self.gradient_checkpointing = False
        """Compute the layers a second time in the backward pass instead of keeping them."""
        initialize(self, std=config.initializer_range, generator=generator)

    def forward(
        self,
        batch: Batch,
        *,
        hidden_states: bool = False,
        last_rows: LastRows = "all",
        words_only: bool = False,
        n_layers: int | None = None,
    ) -> EncoderOutput:
        """Encode a batch.

        Args:
            batch: The inputs, on the device of the encoder.
            hidden_states: Keep the states before and after every layer.
            last_rows: With ``"entities"``, the last layer leaves the words out. It costs less, and
                gives the same entities. In training it is computed whole all the same, so that
                each of its parameters has a gradient, as data-parallel training needs.
            words_only: Read the words as if the batch had no entities: what a model without
                entities makes of them. The batch still says where its mentions stand.
            n_layers: How many of the first layers to compute; all by default.
        """
        batch.check(self.config, words_only=words_only)
        layout = batch.layout.without_entities() if words_only else batch.layout
        rows = self._embed(batch, layout=layout)
        only_entities = (
            last_rows == "entities" and layout.n_entities > 0 and not self._is_learning()
        )
        kept = [rows]
        layers = self.layers[:n_layers]
        for i, layer in enumerate(layers):
            last = i == len(layers) - 1
            rows = self._run(layer, rows=rows, layout=layout, only_entities=only_entities and last)
            if hidden_states:
                kept.append(rows)
        words, entities = None, rows
        if not only_entities:
            words, entities = rows.split([layout.n_words, layout.n_entities])
        return EncoderOutput(
            batch=batch,
            # Also where they were computed: what is asked for does not depend on the mode.
            all_words=words if last_rows == "all" else None,
            entities=entities,
            hidden_states=tuple(kept) if hidden_states else (),
            pooler=self.pooler,
        )

    def _is_learning(self) -> bool:
        return self.training and torch.is_grad_enabled()

    def _embed(self, batch: Batch, *, layout: Layout) -> Tensor:
        words = self.words(batch)
        return torch.cat([words, self.entities(batch)]) if layout.n_entities else words

    def _run(
        self, layer: nn.Module, *, rows: Tensor, layout: Layout, only_entities: bool
    ) -> Tensor:
        if self.gradient_checkpointing and torch.is_grad_enabled():
            again: Any = checkpoint(
                layer,
                rows,
                layout=layout,
                only_entities=only_entities,
                use_reentrant=False,
            )
            return cast("Tensor", again)
        return layer(rows, layout=layout, only_entities=only_entities)
