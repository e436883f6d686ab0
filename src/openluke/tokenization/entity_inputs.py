"""Texts with mentions in, model inputs out: the door between people's texts and features."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from openluke.entities.vocab import EntityVocab
from openluke.errors import ConfigError, DataError
from openluke.features import Features, IntArray
from openluke.tokenization.alignment import AlignedText, align
from openluke.tokenization.assembly import Frame, Mentions, Reading
from openluke.tokenization.layouts import Layout, mark, place
from openluke.tokenization.overflow import Limits, OnOverflow, Plan, plan
from openluke.tokenization.passages import (
    Passage,
    PlainPassage,
    Spans,
    check_overlaps,
    read_passage,
)
from openluke.tokenization.reports import Report, report
from openluke.tokenization.tokenizer import WordTokenizer

_N_MENTIONS: dict[Layout, int] = {"entity": 1, "entity_pair": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityInputsConfig:
    """How texts become model inputs."""

    layout: Layout = "plain"
    """Which entities an input has and whether markers stand around them."""
    max_words: int = 512
    """Most word pieces in an input, special tokens and markers included."""
    max_entities: int | None = 128
    """Most entities in an input; ``None`` for no limit."""
    max_mention_length: int = 30
    """Pieces of a mention that give it its position; longer mentions are reported."""
    on_overflow: OnOverflow = "window"
    """What to do with more than an input holds. ``window``: several inputs (with markers: one
    input of what stands around the mentions). ``truncate``: the beginning, and a report of the
    rest. ``error``: a ``DataError``."""
    stride: int = 128
    """Pieces that neighbouring windows share."""
    prefix_space: bool | None = None
    """Whether a text is read as if a space stood before it, where the tokenizer knows spaces;
    ``None`` takes the tokenizer's own setting. Pre-split words always are."""
    allow_overlaps: bool = True
    """Whether mentions may overlap; if not, those that do are a ``DataError``."""

    def __post_init__(self) -> None:
        if self.max_words < 8:
            raise ConfigError(f"max_words is {self.max_words}, expected at least 8")
        if not 0 <= self.stride < self.max_words - 4:
            raise ConfigError(
                f"stride is {self.stride}, expected 0 <= stride < max_words - 4 = "
                f"{self.max_words - 4}"
            )
        least = _N_MENTIONS.get(self.layout, 1)
        if self.max_entities is not None and self.max_entities < least:
            raise ConfigError(f"max_entities is {self.max_entities}, expected at least {least}")
        if self.max_mention_length < 1:
            raise ConfigError(
                f"max_mention_length is {self.max_mention_length}, expected at least 1"
            )


class Windows(Sequence[Features]):
    """The model inputs of one text, or pair of texts, made as they are asked for."""

    def __init__(self, planned: Plan, *, report: Report) -> None:
        self._plan = planned
        self.report = report
        """What the inputs do not hold."""

    def __len__(self) -> int:
        return len(self._plan.windows)

    @overload
    def __getitem__(self, index: int) -> Features: ...
    @overload
    def __getitem__(self, index: slice) -> list[Features]: ...
    def __getitem__(self, index: int | slice) -> Features | list[Features]:
        """One input, or a list of several."""
        if isinstance(index, slice):
            return [self._plan.reading.features(window) for window in self._plan.windows[index]]
        return self._plan.reading.features(self._plan.windows[index])

    def __iter__(self) -> Iterator[Features]:
        return map(self._plan.reading.features, self._plan.windows)


class EntityInputs:
    """Makes model inputs of texts with mentions.

    Args:
        tokenizer: Pieces and markers.
        vocab: Entity ids.
        config: Layout and limits.
    """

    def __init__(
        self,
        tokenizer: WordTokenizer,
        vocab: EntityVocab,
        config: EntityInputsConfig | None = None,
    ) -> None:
        self.tokenizer = tokenizer
        self.vocab = vocab
        self.config = config or EntityInputsConfig()
        self._frame = Frame.of(tokenizer)
        self._markers = _markers(tokenizer, vocab=vocab, layout=self.config.layout)
        self._limits = Limits(
            max_words=self.config.max_words,
            max_entities=self.config.max_entities,
            overlap=self.config.stride,
            on_overflow=self.config.on_overflow,
            keeps_together=bool(self._markers),
        )
        prefix = self.config.prefix_space
        self._prefix_space = tokenizer.prefix_space if prefix is None else prefix

    def __call__(
        self,
        text: str | Sequence[str],
        *,
        spans: Spans = (),
        entities: Sequence[str | None] | None = None,
        languages: str | Sequence[str | None] | None = None,
        types: Sequence[int] | None = None,
        pair: Passage | None = None,
    ) -> Windows:
        """The inputs of one text; see ``Passage`` for what its mentions may have.

        Args:
            text: The text, or its words.
            spans: Mentions, in characters (in words, if the text is given as words).
            entities: Titles of the mentions; ``None`` is [MASK].
            languages: Languages of the titles.
            types: Entity types.
            pair: A second text.
        """
        passage = Passage(
            text=text, spans=spans, entities=entities, languages=languages, types=types
        )
        return self.encode([passage], pairs=None if pair is None else [pair])[0]

    def encode(
        self, passages: Sequence[Passage], *, pairs: Sequence[Passage | None] | None = None
    ) -> list[Windows]:
        """The inputs of many texts, tokenised in parallel.

        Args:
            passages: The texts, or the first of each pair.
            pairs: The second texts.
        """
        seconds = [None] * len(passages) if pairs is None else list(pairs)
        if len(seconds) != len(passages):
            raise DataError(f"found {len(seconds)} second texts for {len(passages)} first texts")
        firsts = [self._read(passage) for passage in passages]
        others = [None if passage is None else self._read(passage) for passage in seconds]
        aligned = iter(self._align([text for text in (*firsts, *others) if text is not None]))
        first_pieces = [next(aligned) for _ in firsts]
        second_pieces = [None if text is None else next(aligned) for text in others]
        return [
            self._windows(passage, first=first, pair=pair, second=second)
            for passage, first, pair, second in zip(
                passages, first_pieces, seconds, second_pieces, strict=True
            )
        ]

    def _read(self, passage: Passage) -> PlainPassage:
        plain = read_passage(passage)
        if not self.config.allow_overlaps:
            check_overlaps(plain.spans)
        return plain

    def _align(self, texts: Sequence[PlainPassage]) -> list[AlignedText]:
        return align(
            [text.text for text in texts],
            boundaries=[text.boundaries for text in texts],
            tokenizer=self.tokenizer,
            prefix_space=[self._prefix_space or text.is_split for text in texts],
        )

    def _windows(
        self,
        passage: Passage,
        *,
        first: AlignedText,
        pair: Passage | None,
        second: AlignedText | None,
    ) -> Windows:
        self._check_count(passage, pair=pair)
        pieces = place(first, number=0, n_mentions=len(passage.spans))
        if self._markers:
            pieces = mark(pieces, markers=self._markers)
        ids, unknown = self._entity_ids(passage)
        types = _types(passage)
        ranges, others = pieces.ranges, None
        if pair is not None and second is not None:
            others = place(second, number=1, n_mentions=len(pair.spans))
            more_ids, more_unknown = self._entity_ids(pair)
            unknown += tuple(index + len(ids) for index in more_unknown)
            ids = np.concatenate((ids, more_ids))
            types = np.concatenate((types, _types(pair)))
            ranges = np.concatenate((ranges, others.ranges))
        mentions = Mentions(ids=ids, types=types, ranges=ranges, n_first=len(passage.spans))
        reading = Reading(frame=self._frame, first=pieces, second=others, mentions=mentions)
        planned = plan(reading, limits=self._limits)
        return Windows(
            planned,
            report=report(
                reading,
                plan=planned,
                unknown=unknown,
                max_mention_length=self.config.max_mention_length,
            ),
        )

    def _check_count(self, passage: Passage, *, pair: Passage | None) -> None:
        wanted = _N_MENTIONS.get(self.config.layout)
        if wanted is None:
            return
        if len(passage.spans) != wanted:
            raise DataError(
                f"found {len(passage.spans)} spans, the layout {self.config.layout!r} takes "
                f"{wanted}"
            )
        if pair is not None:
            raise DataError(
                f"found a second text, the layout {self.config.layout!r} takes one text"
            )

    def _entity_ids(self, passage: Passage) -> tuple[IntArray, tuple[int, ...]]:
        """Ids of the mentions, and the indices of those whose title is not known."""
        special, count = self.vocab.special, len(passage.spans)
        if passage.entities is None:
            ids = np.full(count, special.mask, dtype=np.int32)
            if self.config.layout == "entity_pair" and special.mask2 is not None:
                ids[1] = special.mask2
            return ids, ()
        if self.config.layout != "plain":
            raise DataError(
                f"found titles, but the layout {self.config.layout!r} has only [MASK] entities; "
                "leave them out or use the layout 'plain'"
            )
        titles = passage.entities
        _check_length("titles", titles, count=count)
        languages = passage.languages
        if languages is None or isinstance(languages, str):
            languages = [languages] * count
        _check_length("languages", languages, count=count)
        found = [
            special.mask if title is None else self.vocab.find(title, language=language)
            for title, language in zip(titles, languages, strict=True)
        ]
        unknown = tuple(index for index, row in enumerate(found) if row is None)
        rows = [special.unk if row is None else row for row in found]
        return np.array(rows, dtype=np.int32), unknown


def _types(passage: Passage) -> IntArray:
    count = len(passage.spans)
    if passage.types is None:
        return np.zeros(count, dtype=np.int32)
    _check_length("types", passage.types, count=count)
    return np.array(passage.types, dtype=np.int32)


def _check_length(what: str, values: Sequence[object], *, count: int) -> None:
    if isinstance(values, str) or len(values) != count:
        found = repr(values) if isinstance(values, str) else f"{len(values)} {what}"
        raise DataError(f"found {found} for {count} spans; expected a list with one for each span")


def _markers(tokenizer: WordTokenizer, *, vocab: EntityVocab, layout: Layout) -> tuple[int, ...]:
    """Ids of the markers around the mentions, by mention."""
    if layout == "entity":
        return (tokenizer.marker_id,)
    if layout == "entity_pair":
        if vocab.special.mask2 is None:
            raise ConfigError(
                "the entity vocabulary has no [MASK2], which the layout 'entity_pair' gives to "
                "the tail; use vocab.with_mask2()"
            )
        return (tokenizer.marker_id, tokenizer.marker2_id)
    return ()
