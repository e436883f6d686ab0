"""Questions with their passages, whole: as one input each, however long, to be cut into windows."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from openluke.entities.vocab import EntityVocab
from openluke.features import Features
from openluke.tokenization.assembly import Frame
from openluke.tokenization.entity_inputs import EntityInputs
from openluke.tokenization.inputs_config import EntityInputsConfig
from openluke.tokenization.passages import Passage
from openluke.tokenization.tokenizer import WordTokenizer

_log = logging.getLogger(__name__)
_NO_LIMIT = 2**31 - 1

UnknownTitles = Literal["skip", "unk"]
"""What becomes of mentions whose title the vocabulary does not have."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QuestionPair:
    """A question and its passage as one input that may be longer than a model reads."""

    features: Features
    question: tuple[int, int]
    """Where the question's pieces stand in the input."""
    passage: tuple[int, int]
    """Where the passage's pieces stand in the input."""


class QuestionPairs:
    """Makes inputs of whole questions and passages.

    Args:
        tokenizer: Pieces.
        vocab: Entity ids.
        prefix_space: Whether both texts are read as if a space stood before them; ``None`` takes
            the tokenizer's own setting.
        unknown_titles: What becomes of mentions with unknown titles.
    """

    def __init__(
        self,
        tokenizer: WordTokenizer,
        *,
        vocab: EntityVocab,
        prefix_space: bool | None,
        unknown_titles: UnknownTitles = "unk",
    ) -> None:
        config = EntityInputsConfig(
            max_words=_NO_LIMIT, max_entities=None, prefix_space=prefix_space, stride=0
        )
        self._inputs = EntityInputs(tokenizer, vocab, config)
        self._n_separators = Frame.of(tokenizer).n_separators
        self._skips = unknown_titles == "skip"

    def encode(
        self, questions: Sequence[Passage], *, passages: Sequence[Passage]
    ) -> list[QuestionPair]:
        """One input of each question with its passage; mentions without pieces are left out.

        How many mentions have titles that are not known is logged.
        """
        pairs: list[QuestionPair] = []
        n_unknown = n_mentions = 0
        for windows in self._inputs.encode(questions, pairs=passages):
            (features,) = windows
            unknown = windows.report.unknown_titles
            n_unknown += len(unknown)
            n_mentions += features.n_entities
            kept = features.entity_ranges[:, 0] < features.entity_ranges[:, 1]
            if self._skips and unknown:
                kept &= ~np.isin(features.entity_sources, unknown)
            if not kept.all():
                features = with_entities(features, rows=np.flatnonzero(kept))
            first = 1 + windows.n_pieces
            pairs.append(
                QuestionPair(
                    features=features,
                    question=(1, first),
                    passage=(first + self._n_separators, len(features) - 1),
                )
            )
        if n_unknown:
            _log.warning(
                "%d of %d mentions name an entity that the vocabulary does not have; they are %s",
                n_unknown,
                n_mentions,
                "left out" if self._skips else "read as [UNK]",
            )
        return pairs


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
