"""One model input as plain integers, unpadded: what tokenisation makes and batches are made of."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int32]

SPECIAL_TEXT = -1
"""Value of ``Features.word_texts`` for special tokens, which belong to no text."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Features:
    """One sequence of word pieces and one of entities.

    Lengths: L word pieces, special tokens included; M entities.
    """

    word_ids: IntArray
    """*Shape:* (L,). Ids of the word pieces."""
    word_offsets: IntArray
    """*Shape:* (L, 2). Half-open character range of each piece in its text; special tokens are
    empty ranges at the place where they stand."""
    word_texts: IntArray
    """*Shape:* (L,). 0 for pieces of the first text, 1 for the second, ``SPECIAL_TEXT`` for
    special tokens."""
    word_types: IntArray
    """*Shape:* (L,). Row of the word type table (zeros, but for BERT-like pairs of texts)."""
    entity_ids: IntArray
    """*Shape:* (M,). Rows of the entity table."""
    entity_ranges: IntArray
    """*Shape:* (M, 2). Half-open range of word pieces (indices into ``word_ids``, markers
    included) that each entity stands on; not yet cut to the longest mention. An empty range is an
    entity without a place in the text."""
    entity_types: IntArray
    """*Shape:* (M,). Row of the entity type table (zeros unless coarse types are given)."""
    entity_sources: IntArray
    """*Shape:* (M,). Which of the caller's mentions each entity is (index into the spans given;
    mentions of a second text follow those of the first)."""
    starts: tuple[int, int] = (0, 0)
    """How many pieces of the first and of the second text, markers included, stand before those of
    this input: more than 0 in later windows of a long text."""

    def __len__(self) -> int:
        return len(self.word_ids)

    @property
    def n_entities(self) -> int:
        """How many entities the input has."""
        return len(self.entity_ids)
