"""Texts in, model inputs out in which every span of a sentence is an entity."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from openluke.entities.vocab import EntityVocab
from openluke.errors import ConfigError
from openluke.features import Features, IntArray
from openluke.records import Span
from openluke.tokenization.assembly import Frame, Reading, Window, assemble
from openluke.tokenization.context_windows import (
    Candidates,
    ContextWindow,
    Stretch,
    candidate_spans,
    equal_groups,
    windows_of_sentence,
)
from openluke.tokenization.layouts import Pieces
from openluke.tokenization.tokenizer import WordTokenizer
from openluke.tokenization.word_pieces import Spacing, WordsOfText, read_words

_Array = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanInputsConfig:
    """How sentences become inputs."""

    max_words: int = 512
    """Most word pieces of an input, special tokens included."""
    max_entities: int | None = 128
    """Most spans of an input; ``None`` for no limit."""
    max_span_pieces: int = 16
    """Most pieces of a span."""
    context: Literal["document", "sentence"] = "document"
    """Whether an input is filled with what stands around the sentence."""
    spacing: Spacing = "text"
    """Before which of the words given a space is read."""
    prefix_space: bool = False
    """Whether a text is read as if a space stood before it."""
    overlap: int = 128
    """How many pieces the inputs of a sentence share that is too long for one."""

    def __post_init__(self) -> None:
        if not 1 <= self.max_span_pieces <= self.max_words - 2:
            raise ConfigError(
                f"max_span_pieces is {self.max_span_pieces}, expected 1 to {self.max_words - 2}, "
                f"which is what an input of max_words = {self.max_words} has room for"
            )
        if self.max_entities is not None and self.max_entities < 1:
            raise ConfigError(f"max_entities is {self.max_entities}, expected 1 or more, or None")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpanWindow:
    """A sentence, or a part of one that is too long, with its K spans."""

    inputs: tuple[Features, ...]
    """The same words in each, the spans one after another."""
    spans: IntArray
    """Half-open ranges of characters, ordered. *Shape:* (K, 2)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpansOfText:
    """The inputs of a text, and why some spans are in none."""

    windows: list[SpanWindow]
    words: WordsOfText
    sentences: IntArray
    """Of each word its sentence; -1 if it is in none. *Shape:* (N,)."""
    max_pieces: int

    def fault(self, span: Span) -> str | None:
        """Why a span is not among those that are read; ``None`` if it is."""
        words = self.words
        first = int(np.searchsorted(words.spans[:, 0], span.start))
        last = int(np.searchsorted(words.spans[:, 1], span.end))
        n_words = len(words.spans)
        if first >= n_words or last >= n_words or tuple(words.spans[[first, last], [0, 1]]) != span:
            return "does not begin and end with words"
        if self.sentences[first] != self.sentences[last] or self.sentences[first] < 0:
            return "is not inside one sentence"
        if not (words.can_begin[first] and words.can_end[last]):
            return "begins or ends inside a word piece"
        if words.ends[last] - words.starts[first] > self.max_pieces:
            return f"has more than {self.max_pieces} word pieces"
        return None


class SpanInputs:
    """Makes inputs of sentences.

    Args:
        tokenizer: Whose pieces.
        vocab: Gives the id of [MASK], which every span is read as.
        config: Limits, and what stands around a sentence.
    """

    def __init__(
        self, tokenizer: WordTokenizer, *, vocab: EntityVocab, config: SpanInputsConfig
    ) -> None:
        self.tokenizer = tokenizer
        self.config = config
        self._mask = vocab.special.mask
        self._frame = Frame.of(tokenizer)
        self._room = config.max_words - self._frame.n_special(pair=False)

    def encode(
        self,
        texts: Sequence[str],
        *,
        words: Sequence[Sequence[Span] | None],
        sentences: Sequence[Sequence[Span]],
    ) -> list[SpansOfText]:
        """The inputs of texts, tokenised in parallel.

        Args:
            texts: The texts.
            words: Of each text its words; ``None`` where they are to be found.
            sentences: Of each text its sentences. A word belongs to the sentence that it begins in.
        """
        if not texts:
            return []
        read = read_words(
            texts,
            words=words,
            tokenizer=self.tokenizer,
            prefix_space=self.config.prefix_space,
            spacing=self.config.spacing,
        )
        lengths = np.diff(read.pieces.bounds).tolist()
        plans = [
            self._plan(of_text, sentences=spans, length=length)
            for of_text, spans, length in zip(read.words, sentences, lengths, strict=True)
        ]
        inputs = iter(self._assemble(plans, pieces=read.pieces))
        return [self._finish(plan, inputs=inputs) for plan in plans]

    def _plan(self, words: WordsOfText, *, sentences: Sequence[Span], length: int) -> "_Plan":
        """Decide what the inputs of a text are."""
        config = self.config
        plan = _Plan(words=words, sentences=np.full(len(words.spans), -1, dtype=np.int32))
        bounds = np.searchsorted(words.spans[:, 0], np.array([*sentences], np.int64).reshape(-1, 2))
        n_spans = 0
        for number, (first, end) in enumerate(bounds.tolist()):
            plan.sentences[first:end] = number
            if first == end:
                continue
            found = candidate_spans(words, of=slice(first, end), max_pieces=config.max_span_pieces)
            windows = windows_of_sentence(
                Stretch(int(words.starts[first]), int(words.ends[end - 1])),
                spans=found.pieces,
                length=length,
                size=self._room,
                overlap=config.overlap,
                context=config.context == "document",
            )
            plan.candidates.append(found)
            plan.windows.extend(w._replace(rows=w.rows + n_spans) for w in windows)
            n_spans += len(found.words)
        return plan

    def _groups(self, window: ContextWindow) -> Sequence[_Array]:
        return equal_groups(window.rows, most=self.config.max_entities)

    def _assemble(self, plans: "Sequence[_Plan]", *, pieces: Pieces) -> list[Features]:
        """The inputs of all texts, in order."""
        counts = [sum(len(found.pieces) for found in plan.candidates) for plan in plans]
        firsts = np.cumsum([0, *counts])
        n_spans = int(firsts[-1])
        ranges = [found.pieces for plan in plans for found in plan.candidates]
        reading = Reading(
            pieces=pieces,
            entity_ids=np.full(n_spans, self._mask, dtype=np.int32),
            entity_types=np.zeros(n_spans, dtype=np.int32),
            ranges=np.concatenate([np.zeros((0, 2), dtype=np.int64), *ranges]),
            owners=np.arange(len(plans)).repeat(counts),
            bounds=firsts,
        )
        windows = [
            Window(number, window.stretch.start, window.stretch.end, firsts[number] + rows)
            for number, plan in enumerate(plans)
            for window in plan.windows
            for rows in self._groups(window)
        ]
        return assemble(windows, reading=reading, frame=self._frame)

    def _finish(self, plan: "_Plan", *, inputs: Iterator[Features]) -> SpansOfText:
        none = np.zeros((0, 2), dtype=np.int64)
        words = np.concatenate([none, *(found.words for found in plan.candidates)])
        places = plan.words.spans
        spans = np.stack((places[words[:, 0], 0], places[words[:, 1], 1]), axis=1).astype(np.int32)
        windows = [
            SpanWindow(
                inputs=tuple(next(inputs) for _ in self._groups(window)), spans=spans[window.rows]
            )
            for window in plan.windows
        ]
        return SpansOfText(
            windows=windows,
            words=plan.words,
            sentences=plan.sentences,
            max_pieces=self.config.max_span_pieces,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Plan:
    """What the inputs of a text are to be."""

    words: WordsOfText
    sentences: IntArray
    candidates: list[Candidates] = field(default_factory=list[Candidates])
    """Of each sentence that has words."""
    windows: list[ContextWindow] = field(default_factory=list[ContextWindow])
    """Their rows count the candidates of the whole text."""


def regroup(
    inputs: Sequence[Features], *, rows: _Array | None = None, most: int | None
) -> list[Features]:
    """The inputs of a sentence again, with some of its spans, or as many in each as wanted.

    Args:
        inputs: Those of one ``SpanWindow``.
        rows: Which of the spans; all by default.
        most: Most spans of an input; ``None`` for no limit.
    """
    one = inputs[0]
    ids = np.concatenate([each.entity_ids for each in inputs])
    ranges = np.concatenate([each.entity_ranges for each in inputs])
    types = np.concatenate([each.entity_types for each in inputs])
    sources = np.concatenate([each.entity_sources for each in inputs])
    rows = np.arange(len(ids)) if rows is None else rows
    return [
        replace(
            one,
            entity_ids=ids[group],
            entity_ranges=ranges[group],
            entity_types=types[group],
            entity_sources=sources[group],
        )
        for group in equal_groups(rows, most=most)
    ]
