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
"""Spans of this many pieces or more share one vector of length."""
_PRIOR = -5.0
"""What a logit is before anything is learnt: one span in 150 is a mention, as in most texts."""
_GAIN = 5.0
"""What both layers are multiplied by, so that they learn in few steps at the rates that suit an
encoder; without it a span proposer takes ten times the rate."""


class SpanProposer(nn.Module):
    """How likely each span of words is a mention, told from states of the first layers.

    A small network looks at a span's first word, its last word, the mean of its words and its
    length. Its first layer is computed once for each word, not for each span.

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
        self.last = Linear(encoder.hidden_size, config.inner_size, bias=False)
        self.inside = Linear(encoder.hidden_size, config.inner_size, bias=False)
        self.length = nn.Embedding(_MOST_PIECES + 1, config.inner_size)
        self.output = Linear(config.inner_size, 1)

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
        lengths = last - first + 1
        spans = (
            self.first(words)[first]
            + self.last(words)[last]
            + _means(self.inside(words), first=first, lengths=lengths)
            + self.length(lengths.clamp(max=_MOST_PIECES))
        )
        return _PRIOR + _GAIN * self.output(functional.gelu(_GAIN * spans)).squeeze(-1)


def _means(rows: Tensor, *, first: Tensor, lengths: Tensor) -> Tensor:
    """Means of neighbouring rows. *Shape:* (K, H).

    Differences of running sums would be faster, but what they give for a span would depend on all
    that stands before it in the batch.
    """
    ends = lengths.cumsum(0)
    starts = ends - lengths
    within = torch.arange(int(lengths.sum()), device=rows.device)
    places = within + (first - starts).repeat_interleave(lengths)
    return functional.embedding_bag(places, rows, starts, mode="mean")
