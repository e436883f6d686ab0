"""Losses; rows without a label do not count, and without any label a loss is zero, never NaN.

Each is the sum over what is labelled: a step that is cut into batches adds them up, and divides
them by how many labels it has in all.
"""

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


class MaskedSums(NamedTuple):
    """Losses of the pretraining head; each is the sum over its labelled rows."""

    words: Tensor
    entities: Tensor


class AnswerSums(NamedTuple):
    """Losses of an answer's first and last word; each is the sum over the sequences with one."""

    start: Tensor
    end: Tensor


def classification_sum(scores: Tensor, *, labels: Tensor, problem: Problem) -> Tensor:
    """The loss that belongs to a kind of labels, summed.

    Args:
        scores: *Shape:* (rows, C), or (rows,) for regression.
        labels: *Shape:* (rows,) classes; (rows, C) zeros and ones for ``multi_label``; numbers in
            the shape of the scores for ``regression``.
        problem: What the labels are.
    """
    if problem == "single_label":
        return single_label_sum(scores, labels=labels)
    if problem == "multi_label":
        return multi_label_sum(scores, labels=labels)
    if problem == "regression":
        return regression_sum(scores, labels=labels)
    raise ConfigError(f"problem is {problem!r}, expected one of {get_args(Problem)}")


def single_label_sum(scores: Tensor, *, labels: Tensor) -> Tensor:
    """Sum of the cross entropies of the rows whose label is not ``IGNORE``.

    Args:
        scores: *Shape:* (rows, C).
        labels: *Shape:* (rows,). Whole numbers from 0 to C - 1, or ``IGNORE``.
    """
    n_rows, n_classes = scores.shape
    labels = checked_classes(labels, shape=(n_rows,), name="labels", n_classes=n_classes)
    return functional.cross_entropy(scores.float(), labels, ignore_index=IGNORE, reduction="sum")


def multi_label_sum(scores: Tensor, *, labels: Tensor) -> Tensor:
    """Sum of the binary cross entropies of the labels that are not ``IGNORE``.

    *Shape of both:* (rows, C).
    """
    labels = checked_switches(labels, shape=tuple(scores.shape), name="labels")
    known = labels != IGNORE
    each = functional.binary_cross_entropy_with_logits(
        scores.float(), torch.where(known, labels, 0).float(), reduction="none"
    )
    return torch.where(known, each, 0.0).sum()


def regression_sum(scores: Tensor, *, labels: Tensor) -> Tensor:
    """Sum of the squared errors of the labels that are not NaN.

    Args:
        scores: *Shape:* (rows, C), or (rows,).
        labels: In the shape of the scores; (rows,) will do for scores (rows, 1).
    """
    if labels.ndim < scores.ndim:
        labels = labels.unsqueeze(-1)
    check_shape(labels, shape=tuple(scores.shape), name="labels")
    known = ~labels.isnan()
    errors = scores.float() - torch.where(known, labels, 0.0).float()
    return torch.where(known, errors.square(), 0.0).sum()


def answer_sums(scores: AnswerScores, *, batch: Batch, start: Tensor, end: Tensor) -> AnswerSums:
    """Sums of the cross entropies of the answers' first and last words.

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
    sums = [
        single_label_sum(_by_sequence(of_words, batch=batch), labels=places)
        for of_words, places in zip(scores, _places(batch, start=start, end=end), strict=True)
    ]
    return AnswerSums(*sums)


def masked_sums(
    head: MaskedHead, *, output: EncoderOutput, word_labels: Tensor, entity_labels: Tensor
) -> MaskedSums:
    """Losses of the pretraining head, summed and computed for labelled rows only.

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
    words = single_label_sum(scores.words, labels=word_labels[word_rows])
    if scores.entities is None:
        return MaskedSums(words, torch.zeros_like(words))
    return MaskedSums(words, single_label_sum(scores.entities, labels=entity_labels[entity_rows]))


def _places(batch: Batch, *, start: Tensor, end: Tensor) -> tuple[Tensor, Tensor]:
    """First and last words, ``IGNORE`` where they are not in their sequence. *Shapes:* (B,)."""
    start = checked_classes(start, shape=(len(batch),), name="start")
    end = checked_classes(end, shape=(len(batch),), name="end")
    counts = torch.tensor(batch.layout.word_counts, device=start.device)
    first, last = (
        torch.where((place >= 0) & (place < counts), place, IGNORE) for place in (start, end)
    )
    return first, last


def _by_sequence(rows: Tensor, *, batch: Batch) -> Tensor:
    """Word rows (W,) as a table (B, longest sequence), without the holes that a mask may leave."""
    parts = rows.split(batch.layout.word_counts)
    return pad_sequence(list(parts), batch_first=True, padding_value=float("-inf"))
