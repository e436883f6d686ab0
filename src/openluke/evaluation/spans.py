"""Scores of labelled spans, in tag sequences and in documents, as conlleval and seqeval give them.

A span is found if one with the same limits and label was predicted: spans are compared as sets. All
that is right counts, also what a model could never have predicted, such as names longer than its
limit: leaving those out would raise the recall.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from openluke.errors import DataError
from openluke.evaluation.counts import (
    count_labels,
    label_scores,
    macro,
    micro,
    share,
    total,
    weighted,
)
from openluke.evaluation.flat_conll import flat_gold, flat_predicted
from openluke.evaluation.pairing import check_paired
from openluke.evaluation.tags import UNTYPED, lenient_spans, strict_spans
from openluke.records import Document, Mention, Scores
from openluke.records.tags import Scheme, WordRange

Spans = set[tuple[int, int, str]]


def score_tags(
    gold: Sequence[Sequence[str]],
    *,
    predicted: Sequence[Sequence[str]],
    strict: Scheme | None = None,
    flat: bool = False,
) -> Scores:
    """Scores of the spans that tags mark: F1, precision, recall, their averages, tag accuracy.

    Args:
        gold: The tags of each sentence, in any scheme.
        predicted: As many for as many sentences.
        strict: Only spans that are well formed in this scheme count, as in seqeval's strict mode.
            Without it sequences are read as conlleval reads them, as seqeval does by default.
        flat: All sentences are read as one sequence, as LUKE was scored until November 2021.
    """
    _check_tags(gold, predicted=predicted)
    n_sentences = len(gold)
    pairs = list(zip(chain(*gold), chain(*predicted), strict=True))
    if flat:
        gold, predicted = [list(chain(*gold))], [list(chain(*predicted))]
    scores = _score(
        [set(_tagged(tags, strict=strict)) for tags in gold],
        predicted=[set(_tagged(tags, strict=strict)) for tags in predicted],
        examples={"sentences": n_sentences},
    )
    accuracy = share(sum(one == other for one, other in pairs), of=len(pairs))
    return replace(scores, values={**scores.values, "accuracy": accuracy})


def score_mentions(
    gold: Sequence[Document], *, predicted: Sequence[Document], flat: bool = False
) -> Scores:
    """Scores of the mentions of documents: F1, precision, recall and their averages.

    Mentions may be nested and may have several labels, each of which counts by itself.

    Args:
        gold: Documents with the mentions that are right.
        predicted: The same documents with the mentions that were found.
        flat: All documents are read as one sequence of tags, as LUKE was scored until November
            2021; see ``flat_conll``.
    """
    check_paired(gold, predicted=predicted, what="documents")
    examples = {"documents": len(gold)}
    if flat:
        right, found = set(flat_gold(gold)), set(flat_predicted(predicted))
        return _score([right], predicted=[found], examples=examples)
    found = [_labelled(one) for one in predicted]
    return _score([_labelled(one) for one in gold], predicted=found, examples=examples)


def mention_counts(gold: Sequence[Document], *, predicted: Sequence[Document]) -> npt.NDArray[Any]:
    """Of each document how many mentions are correct, predicted and right.

    *Shape:* (documents, 3) int64, for ``bootstrap_interval`` with ``f1_of_counts``.
    """
    check_paired(gold, predicted=predicted, what="documents")
    pairs = [(_labelled(one), _labelled(other)) for one, other in zip(gold, predicted, strict=True)]
    rows = [(len(right & found), len(found), len(right)) for right, found in pairs]
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def _score(
    gold: Sequence[Spans] | Sequence[set[WordRange]],
    *,
    predicted: Sequence[Spans] | Sequence[set[WordRange]],
    examples: dict[str, int],
) -> Scores:
    common = [right & found for right, found in zip(gold, predicted, strict=True)]
    counts = count_labels(_labels(gold), predicted=_labels(predicted), correct=_labels(common))
    values = micro(counts).named()
    values |= macro(counts).named("macro_")
    values |= weighted(counts).named("weighted_")
    everything = total(counts)
    return Scores(
        values=values,
        labels=label_scores(counts),
        counts={
            **examples,
            "gold": everything.gold,
            "predicted": everything.predicted,
            "correct": everything.correct,
        },
    )


def _labels(spans: Iterable[Iterable[tuple[int, int, str]]]) -> Iterable[str]:
    return (label for some in spans for _, _, label in some)


def _tagged(tags: Sequence[str], *, strict: Scheme | None) -> list[WordRange]:
    return lenient_spans(tags) if strict is None else strict_spans(tags, scheme=strict)


def _labelled(document: Document) -> Spans:
    return {
        (mention.start, mention.end, label)
        for mention in document.mentions
        for label in _labels_of(mention)
    }


def _labels_of(mention: Mention) -> set[str]:
    if mention.labels is None:
        return {mention.label or UNTYPED}
    own = {mention.label} if mention.label else set[str]()
    return own | {one.label for one in mention.labels}


def _check_tags(gold: Sequence[Sequence[str]], *, predicted: Sequence[Sequence[str]]) -> None:
    check_paired(gold, predicted=predicted, what="sentences")
    for number, (right, found) in enumerate(zip(gold, predicted, strict=True)):
        if len(right) != len(found):
            raise DataError(
                f"sentence {number} has {len(found)} predicted tags for {len(right)} words; "
                "expected one for each word"
            )
