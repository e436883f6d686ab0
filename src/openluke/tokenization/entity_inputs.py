"""Texts with mentions in, model inputs out: the door between people's texts and features."""

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from openluke.entities.vocab import EntityVocab
from openluke.errors import ConfigError, DataError
from openluke.features import Features, IntArray
from openluke.tokenization.alignment import Aligned, align
from openluke.tokenization.assembly import NO_TEXT, Frame, Reading, Window, assemble
from openluke.tokenization.inputs_config import N_MENTIONS, EntityInputsConfig
from openluke.tokenization.layouts import Layout, mark, unmarked
from openluke.tokenization.overflow import Limits, Plan, plan_text
from openluke.tokenization.passages import (
    Passage,
    Spans,
    Texts,
    check_overlaps,
    check_passages,
    read_passages,
)
from openluke.tokenization.reports import NOTHING, Faults, Report, report
from openluke.tokenization.text_windows import MANY, LazyInputs, Windows
from openluke.tokenization.tokenizer import WordTokenizer

__all__ = ["EntityInputs", "EntityInputsConfig"]


class _Read(NamedTuple):
    """What reading a batch gave."""

    reading: Reading
    spans: npt.NDArray[np.int64]
    """Mentions in characters. *Shape:* (N, 2)."""
    faults: Faults


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
        check_passages(passages, pairs=pairs)
        if not passages:
            return []
        others = [passage for passage in pairs or () if passage is not None]
        reading, spans, faults = self._read([*passages, *others], n_pairs=len(others))
        wholes = _whole_windows(reading, pairs=pairs or [None] * len(passages))
        plans = [self._plan(whole, reading=reading) for whole in wholes]
        windows = [
            [whole] if planned is None else planned.windows
            for whole, planned in zip(wholes, plans, strict=True)
        ]
        inputs = self._assemble(windows, plans=plans, reading=reading)
        reports = self._reports(wholes, plans=plans, reading=reading, faults=faults)
        return [
            Windows(made, whole=whole, spans=spans, report=report)
            for made, whole, report in zip(inputs, wholes, reports, strict=True)
        ]

    def _read(self, passages: Sequence[Passage], *, n_pairs: int) -> _Read:
        """Pieces, markers and mentions of all texts, the second texts after the first."""
        texts = read_passages(passages)
        self._check_counts(texts.counts, n_pairs=n_pairs)
        if not self.config.allow_overlaps:
            check_overlaps(texts.spans, counts=texts.counts)
        boundaries, n_boundaries = texts.boundaries
        aligned = align(
            texts.texts,
            boundaries=boundaries,
            counts=n_boundaries,
            tokenizer=self.tokenizer,
            prefix_space=[self._prefix_space or starts is not None for starts in texts.word_starts],
        )
        owners = np.repeat(np.arange(len(passages)), texts.counts)
        ranges = texts.of_mentions(aligned.places).reshape(-1, 2)
        is_placeless = ranges[:, 0] == ranges[:, 1]
        pieces = unmarked(aligned)
        if self._markers:
            pieces, ranges = mark(pieces, ranges=ranges, spans=texts.spans, markers=self._markers)
        ids, is_unknown = self._entity_ids(passages, counts=texts.counts)
        reading = Reading(
            pieces=pieces,
            entity_ids=ids,
            entity_types=_types(passages, counts=texts.counts),
            ranges=ranges,
            owners=owners,
            bounds=np.cumsum([0, *texts.counts]),
        )
        is_long = ranges[:, 1] - ranges[:, 0] > self.config.max_mention_length
        faults = Faults(
            is_long=is_long,
            is_placeless=is_placeless,
            is_unknown=is_unknown,
            placeless_words=_placeless_words(texts, aligned=aligned),
        )
        return _Read(reading, texts.spans, faults)

    def _plan(self, whole: Window, *, reading: Reading) -> Plan | None:
        """The windows of a text that is too long; ``None`` for one that is not."""
        room = self.config.max_words - self._frame.n_special(pair=whole.pair != NO_TEXT)
        most = self.config.max_entities
        if whole.end + whole.pair_end <= room and (most is None or len(whole.rows) <= most):
            return None
        return plan_text(whole, reading=reading, room=room, limits=self._limits)

    def _assemble(
        self,
        windows: list[list[Window]],
        *,
        plans: list[Plan | None],
        reading: Reading,
    ) -> list[Sequence[Features]]:
        """The inputs of each text, those of all texts in one go where they can be."""
        # A shortened text has a reading of its own, and a text of many windows has them made later.
        apart = [
            p is not None and (p.reading is not reading or len(p.windows) > MANY) for p in plans
        ]
        together = [w for w, alone in zip(windows, apart, strict=True) if not alone]
        made = iter(assemble(list(chain(*together)), reading=reading, frame=self._frame))
        inputs: list[Sequence[Features]] = []
        for one, planned, alone in zip(windows, plans, apart, strict=True):
            if planned is None or not alone:
                inputs.append([next(made) for _ in one])
            elif len(one) > MANY:
                inputs.append(LazyInputs(one, reading=planned.reading, frame=self._frame))
            else:
                inputs.append(assemble(one, reading=planned.reading, frame=self._frame))
        return inputs

    def _reports(
        self,
        wholes: list[Window],
        *,
        plans: list[Plan | None],
        reading: Reading,
        faults: Faults,
    ) -> list[Report]:
        """What the inputs of each text do not hold."""
        if not faults and not any(plans):
            return [NOTHING] * len(wholes)
        return [
            report(whole, plan=plan, reading=reading, faults=faults)
            for whole, plan in zip(wholes, plans, strict=True)
        ]

    def _check_counts(self, counts: Sequence[int], *, n_pairs: int) -> None:
        layout = self.config.layout
        wanted = N_MENTIONS.get(layout)
        if wanted is None:
            return
        if n_pairs:
            raise DataError(f"found a second text, the layout {layout!r} takes one text")
        for number, count in enumerate(counts):
            if count != wanted:
                place = f"text {number}: " if len(counts) > 1 else ""
                raise DataError(f"{place}found {count} spans, the layout {layout!r} takes {wanted}")

    def _entity_ids(
        self, passages: Sequence[Passage], *, counts: Sequence[int]
    ) -> tuple[IntArray, npt.NDArray[np.bool_]]:
        """Ids of all mentions, and which of them have a title that is not known."""
        special = self.vocab.special
        ids = np.full(sum(counts), special.mask, dtype=np.int32)
        if self.config.layout == "entity_pair" and special.mask2 is not None:
            ids[1::2] = special.mask2
        is_unknown = np.zeros(len(ids), dtype=np.bool_)
        first = 0
        for passage, count in zip(passages, counts, strict=True):
            if passage.entities is not None:
                found = self._find_titles(passage, titles=passage.entities, count=count)
                is_unknown[first : first + count] = [row is None for row in found]
                ids[first : first + count] = [special.unk if row is None else row for row in found]
            first += count
        return ids, is_unknown

    def _find_titles(
        self, passage: Passage, *, titles: Sequence[str | None], count: int
    ) -> list[int | None]:
        if self.config.layout != "plain":
            raise DataError(
                f"found titles, but the layout {self.config.layout!r} has only [MASK] entities; "
                "leave them out or use the layout 'plain'"
            )
        languages = passage.languages
        if languages is None or isinstance(languages, str):
            languages = [languages] * count
        return [
            self.vocab.special.mask if title is None else self.vocab.find(title, language=language)
            for title, language in zip(titles, languages, strict=True)
        ]


def _whole_windows(reading: Reading, *, pairs: Sequence[Passage | None]) -> list[Window]:
    """For each first text a window that holds it, its second text, and all their mentions."""
    lengths = np.diff(reading.pieces.bounds).tolist()
    bounds = reading.bounds.tolist()
    rows = np.arange(len(reading.entity_ids))
    windows: list[Window] = []
    second = len(pairs)
    for first, pair in enumerate(pairs):
        own = rows[bounds[first] : bounds[first + 1]]
        if pair is None:
            windows.append(Window(first, 0, lengths[first], own))
            continue
        both = np.concatenate((own, rows[bounds[second] : bounds[second + 1]]))
        windows.append(Window(first, 0, lengths[first], both, second, 0, lengths[second]))
        second += 1
    return windows


def _placeless_words(texts: Texts, *, aligned: Aligned) -> dict[int, npt.NDArray[np.intp]]:
    """The words without pieces of each text that was given as words and has some."""
    lengths = np.diff(aligned.bounds)
    sizes = (
        (number, np.diff(before, append=lengths[number]))
        for number, before in texts.of_words(aligned.places)
    )
    return {number: np.flatnonzero(size == 0) for number, size in sizes if not size.all()}


def _types(passages: Sequence[Passage], *, counts: Sequence[int]) -> IntArray:
    types = np.zeros(sum(counts), dtype=np.int32)
    first = 0
    for passage, count in zip(passages, counts, strict=True):
        if passage.types is not None:
            types[first : first + count] = passage.types
        first += count
    return types


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
