"""Choosing the spans that are worth being read as entities, from the words alone."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from openluke.errors import ConfigError
from openluke.model.batch import Batch
from openluke.model.config import EncoderConfig, HeadConfig
from openluke.model.encoder import EncoderOutput, LastRows
from openluke.model.linear import Linear

_MOST_PIECES = 32
"""Spans of this many pieces or more share one score of length."""


class SpanProposer(nn.Module):
    """How likely each mention of a batch is worth reading, told from states of the first layers.

    A span's score is the sum of what its first word, its last word, the two together and its length
    say. What is said of single words is computed once for all spans.

    Call the encoder for it with ``words_only=True`` and ``n_layers=head.n_layers``.
    """

    last_rows: LastRows = "all"

    def __init__(self, config: HeadConfig, *, encoder: EncoderConfig) -> None:
        super().__init__()
        if not 0 <= config.n_layers <= encoder.n_layers:
            raise ConfigError(
                f"the span proposer reads the words after {config.n_layers} layers, the encoder "
                f"has {encoder.n_layers}; set n_layers from 0 to that"
            )
        self.config = config
        self.n_layers = config.n_layers
        """How many layers of the encoder it needs."""
        self.dropout = nn.Dropout(config.dropout)
        self.first = Linear(encoder.hidden_size, config.inner_size)
        self.last = Linear(encoder.hidden_size, config.inner_size)
        self.first_score = Linear(config.inner_size, 1)
        self.last_score = Linear(config.inner_size, 1, bias=False)
        self.length_score = nn.Embedding(_MOST_PIECES + 1, 1)

    def forward(self, output: EncoderOutput, batch: Batch) -> Tensor:
        """Logits of all mentions of the batch. *Shape:* (E,)."""
        return self.score(output.words, first=batch.entity_first, last=batch.entity_last)

    def score(self, words: Tensor, *, first: Tensor, last: Tensor) -> Tensor:
        """Logits of spans of words. *Shape:* (K,).

        Args:
            words: States of the words of a batch. *Shape:* (W, D).
            first: The row of each span's first word. *Shape:* (K,).
            last: The row of its last word, in the same input. *Shape:* (K,).
        """
        words = self.dropout(words)
        firsts = functional.gelu(self.first(words))
        lasts = functional.gelu(self.last(words))
        begins = self.first_score(firsts).squeeze(-1)
        ends = self.last_score(lasts).squeeze(-1)
        together = (firsts[first] * lasts[last]).sum(-1) * firsts.shape[-1] ** -0.5
        length = torch.clamp(last - first + 1, max=_MOST_PIECES)
        return begins[first] + ends[last] + together + self.length_score(length).squeeze(-1)
