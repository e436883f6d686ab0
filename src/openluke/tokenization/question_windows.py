"""Windows over the passage of a question, each with the question before it and all its mentions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from openluke.errors import ConfigError
from openluke.features import Features, IntArray
from openluke.tokenization.inputs_config import EntityInputsConfig
from openluke.tokenization.question_pairs import QuestionPair
from openluke.tokenization.windows import focus


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowRule:
    """Where windows begin and how much they hold."""

    max_words: int
    """Most word pieces in an input, special tokens included."""
    max_question: int
    """Most pieces of a question. A question never has more than half of an input."""
    overlap: int
    """Pieces that neighbouring windows share."""
    step: int | None = None
    """How many pieces after a window the next one begins, whatever they share; at most so many
    that nothing is left out."""

    def __post_init__(self) -> None:
        if self.max_question < 1:
            raise ConfigError(
                f"a question may have {self.max_question} pieces, expected at least 1"
            )
        # Of the half that is the passage's in any case, at most four are special tokens.
        most = self.max_words - self.max_words // 2 - 4
        if not 0 <= self.overlap < most:
            raise ConfigError(
                f"overlap is {self.overlap}, expected 0 <= overlap < {most} for max_words = "
                f"{self.max_words} (half of an input belongs to the passage)"
            )
        if self.step is not None and self.step < 1:
            raise ConfigError(f"step is {self.step}, expected at least 1 piece")

    @classmethod
    def of(
        cls,
        inputs: EntityInputsConfig,
        *,
        max_words: int | None,
        max_question: int,
        overlap: int | None,
        step: int | None,
    ) -> "WindowRule":
        """The rule of a model with these limits; what is ``None`` is taken from them."""
        if overlap is not None and step is not None:
            raise ConfigError(
                f"overlap is {overlap} and step is {step}; expected one of them, since each says "
                "where windows begin"
            )
        if max_words is not None and max_words > inputs.max_words:
            raise ConfigError(
                f"max_words is {max_words}, the model reads {inputs.max_words} pieces at most"
            )
        return cls(
            max_words=inputs.max_words if max_words is None else max_words,
            max_question=max_question,
            overlap=inputs.stride if overlap is None else overlap,
            step=step,
        )

    def question_size(self) -> int:
        """How many pieces of a question are read at most."""
        return min(self.max_question, self.max_words // 2)

    def starts(self, length: int, *, size: int) -> list[int]:
        """The first piece of each window of at most ``size`` pieces; the last may be shorter."""
        step = size - self.overlap if self.step is None else min(self.step, size)
        return [0, *range(step, max(length - size + step, step), step)]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QuestionWindow:
    """A question and a part of its passage as the model reads them."""

    features: Features
    passage: tuple[int, int]
    """Where the passage's pieces stand in the input."""
    first: int
    """Which piece of the passage is the first of them."""


def question_stretch(
    pair: QuestionPair, *, rule: WindowRule, needed: tuple[int, int] | None = None
) -> tuple[int, int]:
    """What is read of the question: all of it, or its beginning, or what stands around a place.

    Args:
        pair: Question and passage.
        rule: How much of the question is read.
        needed: Pieces of the input that must be among what is read.
    """
    first, last = pair.question
    size = rule.question_size()
    if last - first <= size:
        return first, last
    if needed is None or needed[1] <= first + size:
        return first, first + size
    places = focus(last - first, size=size, ranges=np.array([needed]) - first)
    start = places[0][0] if places else needed[0] - first
    return first + start, first + start + size


def cut_into_windows(
    pair: QuestionPair, *, rule: WindowRule, question: tuple[int, int]
) -> Iterator[QuestionWindow]:
    """The windows of a pair, in order; each has every mention that is whole in it.

    Args:
        pair: Question and passage.
        rule: Where windows begin.
        question: What is read of the question.
    """
    whole = pair.features
    before = np.concatenate(
        [
            np.arange(pair.question[0]),
            np.arange(*question),
            np.arange(pair.question[1], pair.passage[0]),
        ]
    )
    size = rule.max_words - len(before) - 1
    first, last = pair.passage
    starts, ends = whole.entity_ranges[:, 0], whole.entity_ranges[:, 1]
    in_question = (starts >= question[0]) & (ends <= question[1])
    for offset in rule.starts(last - first, size=size):
        begin, end = first + offset, min(first + offset + size, last)
        in_passage = (starts >= begin) & (ends <= end)
        rows = np.flatnonzero(in_question | in_passage)
        shifts = np.where(in_passage, begin - len(before), question[0] - pair.question[0])[rows]
        words = np.concatenate((before, np.arange(begin, end), [len(whole) - 1]))
        yield QuestionWindow(
            features=Features(
                word_ids=whole.word_ids[words],
                word_offsets=_offsets(whole, words=words, stretches=(question, (begin, end))),
                word_texts=whole.word_texts[words],
                word_types=whole.word_types[words],
                entity_ids=whole.entity_ids[rows],
                entity_ranges=(whole.entity_ranges[rows] - shifts[:, None]).astype(np.int32),
                entity_types=whole.entity_types[rows],
                entity_sources=whole.entity_sources[rows],
                starts=(question[0] - pair.question[0], offset),
            ),
            passage=(len(before), len(before) + end - begin),
            first=offset,
        )


def _offsets(
    whole: Features, *, words: npt.NDArray[np.int64], stretches: Sequence[tuple[int, int]]
) -> IntArray:
    """Characters of some words; the special tokens around what was cut stand at its ends."""
    offsets = whole.word_offsets[words]
    full = [(begin, end) for begin, end in stretches if begin < end]
    places = np.searchsorted(words, [begin for begin, _ in full]).tolist()
    for place, (begin, _) in zip(places, full, strict=True):
        offsets[place - 1] = whole.word_offsets[begin, 0]
    # The one special token between the texts of a BERT stands at the end of the first.
    for place, (begin, end) in zip(places, full, strict=True):
        offsets[place + end - begin] = whole.word_offsets[end - 1, 1]
    return offsets
