"""Tokens in place of gaps and around mentions, put into an input that has been made."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from openluke.features import SPECIAL_TEXT, Features
from openluke.tokenization.question_pairs import QuestionPair

_Array = npt.NDArray[np.integer[Any]]


class Marks(NamedTuple):
    """What is put into a pair; entities are named by their rows."""

    replaced: _Array
    """Entities whose pieces give way to one token. *Shape:* (R,)."""
    replacements: _Array
    """The token of each. *Shape:* (R,)."""
    wrapped: _Array
    """Entities that get a token before and one after them. *Shape:* (K,)."""
    wrapper: int
    """That token."""


class _Sequence(NamedTuple):
    """The pieces that stay, then the tokens: after mentions, before mentions, for gaps."""

    anchors: _Array
    """The piece of the pair that each is, or stands at."""
    order: _Array
    """Which is first, which is second, …"""
    rank: _Array
    """The place of each in that order."""


def put_marks(pair: QuestionPair, *, marks: Marks) -> QuestionPair:
    """A pair with tokens put in; entities are as wide as they are with their tokens.

    Tokens around mentions nest as the mentions do: of two that begin together the longer is
    outside, of two equal ones the first. Only the entities that were marked are kept.
    """
    whole = pair.features
    gaps, mentions = whole.entity_ranges[marks.replaced], whole.entity_ranges[marks.wrapped]
    n_mentions = len(mentions)
    is_kept = np.ones(len(whole), dtype=np.bool_)
    for start, end in gaps.tolist():
        is_kept[start:end] = False
    kept = np.flatnonzero(is_kept)
    anchors, order, rank = _arrange(kept, mentions=mentions, gaps=gaps)
    ids, texts = whole.word_ids[anchors], whole.word_texts[anchors]
    offsets = whole.word_offsets[anchors]
    new = slice(len(kept), None)
    ids[new] = np.concatenate((np.full(2 * n_mentions, marks.wrapper), marks.replacements))
    texts[new] = SPECIAL_TEXT
    after = slice(len(kept), len(kept) + n_mentions)
    offsets[after, 0] = offsets[after, 1]
    offsets[after.stop :, 1] = offsets[after.stop :, 0]
    ends, starts, tokens = np.split(rank[new], [n_mentions, 2 * n_mentions])
    rows = np.concatenate((marks.replaced, marks.wrapped))
    first, last = np.concatenate((tokens, starts)), np.concatenate((tokens, ends))
    # Special tokens are never taken out, so that they tell where both texts are.
    separators = np.searchsorted(kept, [pair.question[1], pair.passage[0] - 1])
    question_end, before_passage = rank[separators].tolist()
    features = Features(
        word_ids=ids[order],
        word_offsets=offsets[order],
        word_texts=texts[order],
        word_types=whole.word_types[anchors][order],
        entity_ids=whole.entity_ids[rows],
        entity_ranges=np.stack((first, last + 1), axis=1).astype(np.int32),
        entity_types=whole.entity_types[rows],
        entity_sources=whole.entity_sources[rows],
        starts=whole.starts,
    )
    return QuestionPair(
        features=features,
        question=(pair.question[0], question_end),
        passage=(before_passage + 1, len(order) - 1),
    )


def _arrange(kept: _Array, *, mentions: _Array, gaps: _Array) -> _Sequence:
    starts, ends = mentions[:, 0], mentions[:, 1]
    widths, numbers = ends - starts, np.arange(len(mentions))
    n_kept, n_gaps = len(kept), len(gaps)
    # At one place: what comes after mentions (inner ones first), what comes before them (outer
    # ones first), what stands for a gap, the piece.
    kind = np.repeat([3, 0, 1, 2], [n_kept, len(ends), len(starts), n_gaps])
    nesting = np.concatenate((np.zeros(n_kept), widths, -widths, np.zeros(n_gaps)))
    ties = np.concatenate((np.zeros(n_kept), -numbers, numbers, np.zeros(n_gaps)))
    places = np.concatenate((kept, ends, starts, gaps[:, 0]))
    order = np.lexsort((ties, nesting, kind, places))
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return _Sequence(np.concatenate((kept, ends - 1, starts, gaps[:, 0])), order, rank)
