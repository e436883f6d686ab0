"""Losses; rows without a label do not count, and without any label a loss is zero, never NaN."""

from typing import NamedTuple, get_args

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from openluke.errors import ConfigError
from openluke.model.batch import Batch
from openluke.model.config import Problem
from openluke.model.encoder import EncoderOutput
from openluke.model.heads import AnswerScores
from openluke.model.labels import IGNORE, check_shape, checked_classes, checked_switches
from openluke.model.masked_head import MaskedHead


class MaskedLoss(NamedTuple):
    """Losses of the pretraining head; each is the mean over its labelled rows."""

    total: Tensor
    words: Tensor
    entities: Tensor


def classification_loss(scores: Tensor, *, labels: Tensor, problem: Problem) -> Tensor:
    """The loss that belongs to a kind of labels.

    Args:
        scores: *Shape:* (rows, C), or (rows,) for regression.
        labels: *Shape:* (rows,) classes; (rows, C) zeros and ones for ``multi_label``; numbers in
            the shape of the scores for ``regression``.
        problem: What the labels are.
    """
    if problem == "single_label":
        return single_label_loss(scores, labels=labels)
    if problem == "multi_label":
        return multi_label_loss(scores, labels=labels)
    if problem == "regression":
        return regression_loss(scores, labels=labels)
    raise ConfigError(f"problem is {problem!r}, expected one of {get_args(Problem)}")


def single_label_loss(scores: Tensor, *, labels: Tensor) -> Tensor:
    """Mean cross entropy over the rows whose label is not ``IGNORE``.

    Args:
        scores: *Shape:* (rows, C).
        labels: *Shape:* (rows,). Whole numbers from 0 to C - 1, or ``IGNORE``.
    """
    n_rows, n_classes = scores.shape
    labels = checked_classes(labels, shape=(n_rows,), name="labels", n_classes=n_classes)
    total = functional.cross_entropy(scores.float(), labels, ignore_index=IGNORE, reduction="sum")
    return total / (labels != IGNORE).sum().clamp(min=1)


def multi_label_loss(scores: Tensor, *, labels: Tensor) -> Tensor:
    """Mean binary cross entropy over the labels that are not ``IGNORE``. *Shape:* (rows, C)."""
    labels = checked_switches(labels, shape=tuple(scores.shape), name="labels")
    known = labels != IGNORE
    each = functional.binary_cross_entropy_with_logits(
        scores.float(), torch.where(known, labels, 0).float(), reduction="none"
    )
    return torch.where(known, each, 0.0).sum() / known.sum().clamp(min=1)


def regression_loss(scores: Tensor, *, labels: Tensor) -> Tensor:
    """Mean squared error over the labels that are not NaN.

    Args:
        scores: *Shape:* (rows, C), or (rows,).
        labels: In the shape of the scores; (rows,) will do for scores (rows, 1).
    """
    if labels.ndim < scores.ndim:
        labels = labels.unsqueeze(-1)
    check_shape(labels, shape=tuple(scores.shape), name="labels")
    known = ~labels.isnan()
    errors = scores.float() - torch.where(known, labels, 0.0).float()
    return torch.where(known, errors.square(), 0.0).sum() / known.sum().clamp(min=1)


def answer_loss(scores: AnswerScores, *, batch: Batch, start: Tensor, end: Tensor) -> Tensor:
    """Mean of the cross entropies of the answer's first and last word.

    The softmax runs over the words of each sequence, padding excluded.

    Args:
        scores: What the head gave.
        batch: What the encoder was given.
        start: *Shape:* (B,). Index of the answer's first word among the words that the batch has of
            its sequence; one outside of the sequence means that the answer is not there, and does
            not count. Of a padded input, only words that its mask keeps are counted: the index is
            the column where the padding is on the right and the mask has no holes, and less than
            it elsewhere.
        end: *Shape:* (B,). Index of the last word (inclusive), counted alike.
    """
    start = checked_classes(start, shape=(len(batch),), name="start")
    end = checked_classes(end, shape=(len(batch),), name="end")
    counts = torch.tensor(batch.layout.word_counts, device=start.device)
    lowest = float("-inf")
    losses: list[Tensor] = []
    for of_words, place in ((scores.start, start), (scores.end, end)):
        table = _by_sequence(of_words, batch=batch, fill=lowest)
        inside = (place >= 0) & (place < counts)
        losses.append(single_label_loss(table, labels=torch.where(inside, place, IGNORE)))
    return (losses[0] + losses[1]) / 2


def masked_loss(
    head: MaskedHead, *, output: EncoderOutput, word_labels: Tensor, entity_labels: Tensor
) -> MaskedLoss:
    """Loss of the pretraining head, computed for labelled rows only.

    Args:
        head: The head.
        output: What the encoder gave.
        word_labels: *Shape:* (W,). The word of each row, or ``IGNORE``.
        entity_labels: *Shape:* (E,). The entity of each row, or ``IGNORE``.
    """
    word_labels = checked_classes(
        word_labels, shape=(len(output.words),), name="word_labels", n_classes=head.n_words
    )
    entity_labels = checked_classes(
        entity_labels,
        shape=(len(output.entities),),
        name="entity_labels",
        n_classes=head.n_entities,
    )
    word_rows = (word_labels != IGNORE).nonzero().squeeze(-1)
    entity_rows = (entity_labels != IGNORE).nonzero().squeeze(-1)
    scores = head(output, output.batch, word_rows=word_rows, entity_rows=entity_rows)
    words = single_label_loss(scores.words, labels=word_labels[word_rows])
    if scores.entities is None:
        return MaskedLoss(words, words, torch.zeros_like(words))
    entities = single_label_loss(scores.entities, labels=entity_labels[entity_rows])
    return MaskedLoss(words + entities, words, entities)


def _by_sequence(rows: Tensor, *, batch: Batch, fill: float) -> Tensor:
    """Word rows (W,) as a table (B, longest sequence), without the holes that a mask may leave."""
    parts = rows.split(batch.layout.word_counts)
    return pad_sequence(list(parts), batch_first=True, padding_value=fill)
