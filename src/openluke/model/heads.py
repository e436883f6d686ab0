"""What stands on the encoder: scores for words, entities, pairs, spans, texts and answers."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from openluke.errors import ConfigError, DataError
from openluke.model.batch import Batch
from openluke.model.config import HeadConfig, HeadKind
from openluke.model.encoder import Encoder, EncoderOutput, LastRows
from openluke.model.initialization import initialize
from openluke.model.linear import Linear
from openluke.model.masked_head import MaskedHead
from openluke.model.span_proposer import SpanProposer


class AnswerScores(NamedTuple):
    """How likely an answer begins and ends at each word."""

    start: Tensor
    """*Shape:* (W,)."""
    end: Tensor
    """*Shape:* (W,)."""


class _Reading(NamedTuple):
    """What a kind of head asks of the encoder, and how wide its linear layer is."""

    inputs: int
    """How many states are read side by side."""
    read: Callable[[EncoderOutput, Batch], Tensor]
    """The states that are scored. *Shape:* (rows, inputs * D)."""
    last_rows: LastRows = "all"
    n_labels: int | None = None
    """The number of scores, where the kind fixes it."""
    drops: bool = True
    """Whether some of what is read is dropped in training, as ``HeadConfig.dropout`` says."""


def _read_pairs(output: EncoderOutput, batch: Batch) -> Tensor:
    return output.entities[batch.pair_entities()].flatten(1)


def _read_pair_words(output: EncoderOutput, batch: Batch) -> Tensor:
    return output.words[batch.entity_first[batch.pair_entities()]].flatten(1)


def _read_span_words(output: EncoderOutput, batch: Batch) -> Tensor:
    return torch.cat([output.words[batch.entity_first], output.words[batch.entity_last]], dim=1)


def _read_spans(output: EncoderOutput, batch: Batch) -> Tensor:
    return torch.cat([_read_span_words(output, batch), output.entities], dim=1)


_READINGS: dict[HeadKind, _Reading] = {
    "entity": _Reading(1, lambda output, _: output.entities, "entities"),
    "entity_pair": _Reading(2, _read_pairs, "entities"),
    "entity_span": _Reading(3, _read_spans),
    "mention_word": _Reading(1, lambda output, batch: output.words[batch.entity_first]),
    "pair_words": _Reading(2, _read_pair_words),
    "span_words": _Reading(2, _read_span_words),
    "token": _Reading(1, lambda output, _: output.words),
    "sequence": _Reading(1, lambda output, _: output.pooled()),
    "multiple_choice": _Reading(1, lambda output, _: output.pooled(), n_labels=1),
    "extractive_qa": _Reading(1, lambda output, _: output.words, n_labels=2, drops=False),
}
_OF_ENTITIES: tuple[HeadKind, ...] = ("entity", "entity_pair", "entity_span", "mention_vector")


class _Classifier(nn.Module):
    """Dropout and one linear layer over what the head reads."""

    def __init__(self, config: HeadConfig, *, hidden_size: int) -> None:
        super().__init__()
        reading = _READINGS[config.kind]
        self.config = config
        self.last_rows: LastRows = reading.last_rows
        """What the encoder must compute: ``encoder(batch, last_rows=head.last_rows)``."""
        self.dropout = nn.Dropout(config.dropout if reading.drops else 0.0)
        self.classifier = nn.Linear(
            reading.inputs * hidden_size, reading.n_labels or config.n_labels, bias=config.bias
        )

    def score(self, output: EncoderOutput, *, batch: Batch) -> Tensor:
        states = _READINGS[self.config.kind].read(output, batch)
        return self.classifier(self.dropout(states))


class ClassifierHead(_Classifier):
    """Scores of each entity, pair, span, word or input, by the kind of the head.

    ==============  ==========================================  =========
    kind            what is read                                scores
    ==============  ==========================================  =========
    entity          each entity                                 (E, C)
    entity_pair     both entities of each pair                  (P, C)
    entity_span     first word, last word, entity               (E, C)
    mention_word    first word of each mention                  (E, C)
    pair_words      first words of both mentions of each pair   (P, C)
    span_words      first word, last word                       (E, C)
    token           each word                                   (W, C)
    sequence        the pooled state of each input              (B, C)
    ==============  ==========================================  =========
    """

    def forward(self, output: EncoderOutput, batch: Batch) -> Tensor:
        """Score every row that the head reads. *Shape:* (rows, C)."""
        return self.score(output, batch=batch)


class MultipleChoiceHead(_Classifier):
    """Scores of the choices of each question."""

    def forward(self, output: EncoderOutput, batch: Batch) -> Tensor:
        """Score the choices. *Shape:* (Q, C), C the most choices that a question has.

        A choice that is not there has the score minus infinity.
        """
        if not batch.choices:
            raise DataError(
                "the batch does not say which inputs are the choices of one question; give their "
                "numbers to Batch.collate, for example choices=(4, 4)"
            )
        scores = self.score(output, batch=batch).squeeze(-1).split(batch.choices)
        return pad_sequence(list(scores), batch_first=True, padding_value=float("-inf"))


class AnswerHead(_Classifier):
    """Scores of each word as the first and as the last of an answer.

    It drops nothing in training, whatever ``HeadConfig.dropout`` says.
    """

    def forward(self, output: EncoderOutput, batch: Batch) -> AnswerScores:
        """Score every word twice."""
        return AnswerScores(*self.score(output, batch=batch).unbind(-1))


class MentionVectorHead(nn.Module):
    """A vector of each entity made for comparing mentions, as in UCTopic."""

    last_rows: LastRows = "entities"

    def __init__(self, config: HeadConfig, *, hidden_size: int) -> None:
        super().__init__()
        self.config = config
        self.dense = Linear(hidden_size, hidden_size)

    def forward(self, output: EncoderOutput, batch: Batch) -> Tensor:  # noqa: ARG002
        """One vector of each entity. *Shape:* (E, D)."""
        return torch.tanh(self.dense(output.entities))


Head = (
    MaskedHead | ClassifierHead | MultipleChoiceHead | AnswerHead | MentionVectorHead | SpanProposer
)


def build_head(
    config: HeadConfig, *, encoder: Encoder, generator: torch.Generator | None = None
) -> Head:
    """Make a head for an encoder, with weights drawn at random.

    Args:
        config: What the head is.
        encoder: What it will read; a ``masked`` head scores with its tables.
        generator: Source of the random numbers; the global one of torch by default.
    """
    head = _make(config, encoder=encoder)
    initialize(head, std=encoder.config.initializer_range, generator=generator)
    return head


def _make(config: HeadConfig, *, encoder: Encoder) -> Head:
    if config.kind == "masked":
        return MaskedHead(config, encoder=encoder)
    sizes = encoder.config
    if config.kind in _OF_ENTITIES and not sizes.n_entities:
        raise ConfigError(
            f"a head of kind {config.kind!r} reads entities, the encoder has none (n_entities = 0)"
        )
    if config.kind in ("sequence", "multiple_choice") and not sizes.pooler:
        raise ConfigError(
            f"a head of kind {config.kind!r} reads the pooled state, the encoder has no pooler; "
            "build it with EncoderConfig(pooler=True)"
        )
    if config.kind == "span_proposer":
        return SpanProposer(config, encoder=sizes)
    if config.kind == "mention_vector":
        return MentionVectorHead(config, hidden_size=sizes.hidden_size)
    if config.kind == "multiple_choice":
        return MultipleChoiceHead(config, hidden_size=sizes.hidden_size)
    if config.kind == "extractive_qa":
        return AnswerHead(config, hidden_size=sizes.hidden_size)
    return ClassifierHead(config, hidden_size=sizes.hidden_size)
