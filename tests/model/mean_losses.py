"""Losses as transformers gives them: the sums of ours over how many labels there are."""

from typing import NamedTuple

import torch

from openluke.model.labels import IGNORE
from openluke.model.losses import answer_sums, classification_sum, masked_sums


class MaskedLoss(NamedTuple):
    total: torch.Tensor
    words: torch.Tensor
    entities: torch.Tensor


def classification_loss(scores, *, labels, problem):
    known = ~labels.isnan() if problem == "regression" else labels != IGNORE
    return mean(classification_sum(scores, labels=labels, problem=problem), known=known)


def single_label_loss(scores, *, labels):
    return classification_loss(scores, labels=labels, problem="single_label")


def multi_label_loss(scores, *, labels):
    return classification_loss(scores, labels=labels, problem="multi_label")


def regression_loss(scores, *, labels):
    return classification_loss(scores, labels=labels, problem="regression")


def answer_loss(scores, *, batch, start, end):
    counts = torch.tensor(batch.layout.word_counts)
    sums = answer_sums(scores, batch=batch, start=start, end=end)
    known = [(place >= 0) & (place < counts) for place in (start, end)]
    return (mean(sums.start, known=known[0]) + mean(sums.end, known=known[1])) / 2


def masked_loss(head, *, output, word_labels, entity_labels):
    sums = masked_sums(head, output=output, word_labels=word_labels, entity_labels=entity_labels)
    words = mean(sums.words, known=word_labels != IGNORE)
    entities = mean(sums.entities, known=entity_labels != IGNORE)
    return MaskedLoss(words + entities, words, entities)


def mean(total, *, known):
    return total / known.sum().clamp(min=1)
