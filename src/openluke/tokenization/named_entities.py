"""The entities that mentions of records name, as inputs have them: alike for all tasks."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from openluke.errors import DataError
from openluke.features import Features
from openluke.records import Mention
from openluke.shortfalls import Shortfall, tell
from openluke.tokenization.inputs_config import EntityInputsConfig
from openluke.tokenization.passages import Passage

UnknownTitles = Literal["skip", "unk"]
"""What becomes of mentions whose title the vocabulary does not have."""


def passage_of(text: str, *, mentions: Sequence[Mention]) -> Passage:
    """A text with the entities that its mentions name; a mention without a title is [MASK]."""
    if not mentions:
        return Passage(text=text)
    return Passage(
        text=text,
        spans=[mention.span for mention in mentions],
        entities=[mention.entity for mention in mentions],
        languages=[mention.language for mention in mentions],
    )


def with_entities(features: Features, *, rows: npt.NDArray[np.integer[Any]]) -> Features:
    """The same input with some of its entities, in the order of their rows."""
    return Features(
        word_ids=features.word_ids,
        word_offsets=features.word_offsets,
        word_texts=features.word_texts,
        word_types=features.word_types,
        entity_ids=features.entity_ids[rows],
        entity_ranges=features.entity_ranges[rows],
        entity_types=features.entity_types[rows],
        entity_sources=features.entity_sources[rows],
        starts=features.starts,
    )


def entities_beyond(n: int, *, most: int | None) -> Shortfall:
    """That inputs have so many entities more than ``max_entities``."""
    message = "%d entities beyond max_entities = %d of an input are not read"
    return Shortfall(message=message, n=n, about=(most,))


class NamedEntities:
    """Leaves out of inputs the entities that are not read, and counts them to be told.

    Args:
        unknown_titles: What becomes of mentions with unknown titles.
        limits: How many entities an input has, and whether more are an error; by default any
            number.
    """

    def __init__(
        self, *, unknown_titles: UnknownTitles, limits: EntityInputsConfig | None = None
    ) -> None:
        self._skips = unknown_titles == "skip"
        self._most = None if limits is None else limits.max_entities
        self._refuses = limits is not None and limits.on_overflow == "error"
        self._n_mentions = self._n_unknown = self._n_beyond = 0

    def read(self, features: Features, *, unknown: Sequence[int]) -> Features:
        """An input without mentions that have no pieces, and without those that are not read.

        Args:
            features: The input.
            unknown: The sources of entities whose title is not known, which are [UNK] in it.
        """
        if not features.n_entities:
            return features
        is_unknown = np.isin(features.entity_sources, unknown)
        self._n_mentions += features.n_entities
        self._n_unknown += int(is_unknown.sum())
        is_read = features.entity_ranges[:, 0] < features.entity_ranges[:, 1]
        if self._skips:
            is_read &= ~is_unknown
        rows = self._limited(np.flatnonzero(is_read))
        return features if len(rows) == features.n_entities else with_entities(features, rows=rows)

    def tell(self) -> None:
        """Say how many mentions were not read as they were given."""
        unknown = Shortfall(
            message="%d of %d mentions name an entity that the vocabulary does not have; they are "
            "%s",
            n=self._n_unknown,
            n_all=self._n_mentions,
            about=("left out" if self._skips else "read as [UNK]",),
        )
        for shortfall in (unknown, entities_beyond(self._n_beyond, most=self._most)):
            tell(shortfall)

    def _limited(self, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        if self._most is None or len(rows) <= self._most:
            return rows
        if self._refuses:
            raise DataError(
                f"an input has {len(rows)} entities, more than max_entities = {self._most}; leave "
                "some out, or set another on_overflow to read the first of them"
            )
        self._n_beyond += len(rows) - self._most
        return rows[: self._most]
