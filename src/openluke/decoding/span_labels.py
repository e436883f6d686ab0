"""The labels of a document's mentions, as what a head is to say of spans."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from openluke.decoding.label_sets import LabelSet
from openluke.errors import DataError, ExampleError
from openluke.instances import Array
from openluke.records import Document, Mention, Span
from openluke.tokenization.span_inputs import SpansOfText

UNKNOWN = -100
"""The target of a span whose label the head does not have; the losses pass over it."""


class LabelledSpan(NamedTuple):
    """What stands at a place."""

    span: Span
    label: str


def labelled_spans(document: Document) -> Iterator[LabelledSpan]:
    """Every label of every mention."""
    for mention in document.mentions:
        for label in labels_of_mention(mention):
            yield LabelledSpan(mention.span, label)


def labels_of_mention(mention: Mention) -> tuple[str, ...]:
    """The labels of a mention, whether it has one or any number."""
    if mention.labels is not None:
        return tuple(label.label for label in mention.labels)
    return () if mention.label is None else (mention.label,)


def labels_to_learn(examples: Iterable[Document], *, outside: str | None) -> set[str]:
    """The labels of all mentions; it is an error if one has none, or if there is no mention.

    Args:
        examples: What is learnt from.
        outside: The label of spans that are no mentions, which none may have; ``None`` if there is
            no such label.
    """
    found: set[str] = set()
    for number, example in enumerate(examples):
        for mention in example.mentions:
            labels = labels_of_mention(mention)
            where = f"the mention at characters {mention.start} to {mention.end}"
            if not labels and mention.labels is None:
                message = f"{where} has no label; expected one to learn from"
                raise ExampleError(message, number=number)
            if outside is not None and outside in labels:
                raise ExampleError(
                    f"{where} has the label {outside!r}, which says of spans that they are none; "
                    "name it otherwise, or leave such mentions out",
                    number=number,
                )
            found.update(labels)
    if not found:
        raise DataError("no mention was found to learn from; expected mentions with labels")
    return found


@dataclass(kw_only=True)
class SpanTargets:
    """Turns mentions into targets, and counts those that cannot be found."""

    labels: LabelSet
    """Where one label is chosen, the first is that of spans that are no mentions."""
    n_mentions: int = 0
    """How many were met."""
    faults: Counter[str] = field(default_factory=Counter[str])
    """Why mentions are no targets, and how many for each reason."""
    example: str = ""
    """One of these mentions, in words."""

    def of(self, document: Document, *, read: SpansOfText) -> list[Array]:
        """The targets of the spans of each window.

        *Shape of each:* (K,) int64, or (K, C) int8 where any number of labels may hold.
        """
        known = [pair for pair in labelled_spans(document) if self._accepts(pair, read, document)]
        tables = [self._empty(len(window.spans)) for window in read.windows]
        for window, table in zip(read.windows, tables, strict=True):
            self._fill(table, spans=window.spans, known=known, document=document)
        return tables

    def _empty(self, n_spans: int) -> Array:
        if self.labels.is_multi_label:
            return np.zeros((n_spans, len(self.labels.labels)), dtype=np.int8)
        return np.zeros(n_spans, dtype=np.int64)

    def _fill(
        self, table: Array, *, spans: Array, known: Sequence[LabelledSpan], document: Document
    ) -> None:
        keys = _keys(spans)
        for span, label in known:
            key = _keys(np.array([span]))[0]
            row = int(np.searchsorted(keys, key))
            if row == len(keys) or keys[row] != key:
                continue
            number = self.labels.number(label)
            if self.labels.is_multi_label:
                if number is not None:
                    table[row, number] = 1
            elif table[row]:
                self._count("has a label already", span=span, document=document)
            else:
                table[row] = UNKNOWN if number is None else number

    def _accepts(self, pair: LabelledSpan, read: SpansOfText, document: Document) -> bool:
        self.n_mentions += 1
        fault = read.fault(pair.span)
        if fault is not None:
            self._count(fault, span=pair.span, document=document)
        elif self.labels.number(pair.label) is None:
            self._count(
                f"has the label {pair.label!r}, which is not among the model's",
                span=pair.span,
                document=document,
            )
        return fault is None

    def _count(self, fault: str, *, span: Span, document: Document) -> None:
        self.faults[fault] += 1
        if not self.example:
            name = "" if document.id is None else f" of document {document.id!r}"
            self.example = (
                f"{span.of(document.text)!r}, characters {span.start} to {span.end}{name}"
            )


def has_label(targets: Array) -> Array:
    """Which targets are those of mentions. *Shape:* (K,)."""
    return (targets if targets.ndim == 1 else targets.max(axis=1)) != 0


def draw_rows(
    targets: Array, *, negatives: int | None, varies: bool, rng: np.random.Generator
) -> Array:
    """Rows to learn from: those of all mentions, and some others. *Shape:* (R,).

    Args:
        targets: Of all spans of a sentence.
        negatives: How many others, if there are as many; ``None`` for all.
        varies: Whether that is the most, and how many they are is drawn too: one or more.
        rng: What they are drawn with.
    """
    is_mention = has_label(targets)
    others = np.flatnonzero(~is_mention)
    number = len(others) if negatives is None else min(negatives, len(others))
    if varies and number:
        number = int(rng.integers(1, number + 1))
    if number == len(others):
        return np.arange(len(targets))
    drawn = rng.choice(others, size=number, replace=False)
    return np.sort(np.concatenate((np.flatnonzero(is_mention), drawn)))


def _keys(spans: Array) -> Array:
    """One number for each span, in the order of the spans."""
    return (spans[:, 0].astype(np.int64) << 32) + spans[:, 1]
