"""A bundle: one encoder with its tokenizer, entity vocabulary, ways of input and any heads."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import nn

from openluke.checkpoints.bundle_config import HeadEntry
from openluke.checkpoints.word_side import Base
from openluke.entities.vocab import EntityVocab
from openluke.errors import ConfigError
from openluke.model.config import HeadConfig
from openluke.model.encoder import Encoder
from openluke.model.heads import build_head
from openluke.tokenization.entity_inputs import EntityInputs, EntityInputsConfig
from openluke.tokenization.tokenizer import WordTokenizer


@dataclass(frozen=True, slots=True)
class BundleHead:
    """A head and what it is for."""

    entry: HeadEntry
    module: nn.Module


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Everything that one saved model directory holds.

    Its modules are put in evaluation mode; who trains them says so.
    """

    encoder: Encoder
    tokenizer: WordTokenizer
    entities: EntityVocab
    inputs: EntityInputsConfig = field(default_factory=EntityInputsConfig)
    heads: tuple[BundleHead, ...] = ()
    """The first lies beside the encoder when saved, where transformers finds it."""
    source: str | None = None
    """Where the weights came from, in words."""
    base: Base = "roberta"
    """Whose word side it was made of, which the original project's form tells apart."""
    left_out: tuple[str, ...] = ()
    """Tensors of the checkpoint that have no place in a bundle, by name."""

    def __post_init__(self) -> None:
        config = self.encoder.config
        for module in (self.encoder, *(head.module for head in self.heads)):
            module.eval()
        if self.inputs.max_words > config.max_words:
            raise ConfigError(
                f"inputs may have {self.inputs.max_words} word pieces but the encoder reads "
                f"{config.max_words} at most; set max_words of the inputs to that or less"
            )
        if config.n_words < self.tokenizer.n_words:
            raise ConfigError(
                f"the tokenizer has {self.tokenizer.n_words} pieces but the model's word table "
                f"has {config.n_words} rows: they do not belong together"
            )
        if 0 < config.n_entities < self.entities.n_ids:
            raise ConfigError(
                f"the entity vocabulary has {self.entities.n_ids} ids but the model's entity table "
                f"has {config.n_entities} rows: they do not belong together"
            )

    @property
    def dtype(self) -> torch.dtype:
        """The type of the encoder's numbers."""
        return self.encoder.words.tokens.weight.dtype

    def head(self, name: str) -> BundleHead:
        """The head of that name."""
        for head in self.heads:
            if head.entry.name == name:
                return head
        known = ", ".join(head.entry.name for head in self.heads) or "none"
        raise ConfigError(f"no head named {name!r}; this bundle's heads: {known}")

    def entity_inputs(self) -> EntityInputs:
        """What turns texts and spans into inputs of this model."""
        return EntityInputs(self.tokenizer, self.entities, self.inputs)

    def with_head(
        self,
        name: str,
        *,
        config: HeadConfig,
        task: str | None = None,
        labels: tuple[str, ...] = (),
        decoding: Mapping[str, Any] | None = None,
    ) -> "Bundle":
        """The same bundle with one more head, freshly initialised, on the same encoder."""
        entry = HeadEntry(
            name=name, config=config, task=task, labels=labels, decoding=dict(decoding or {})
        )
        if any(head.entry.name == name for head in self.heads):
            raise ConfigError(f"this bundle already has a head named {name!r}")
        head = BundleHead(entry, build_head(config, encoder=self.encoder))
        return replace(self, heads=(*self.heads, head))
