"""Examples set aside of the training data, for choosing the best model."""

import logging
from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple, TypeGuard

import numpy as np

from openluke.finetuning.pieces import piece_of, uncut_stretches
from openluke.records import Document, Span

logger = logging.getLogger(__name__)

_MOST = 1 / 3
"""Which share of the examples is too much to be set aside, whatever they share."""
_STRETCH = 10
"""How many sentences are set aside together, so that they have context as others have."""


class _Block(NamedTuple):
    """Some sentences of a document, which go one way together."""

    document: int
    span: Span


def hold_out(examples: Sequence[Any], *, share: float, seed: int) -> tuple[list[Any], list[Any]]:
    """Training examples, and those set aside of them; what was done is told.

    Examples that share a text, such as the questions on a passage, go one way together, as what is
    learnt of some tells of the others. Documents that are too few for any to be set aside are cut
    between sentences.

    Args:
        examples: The training data.
        share: How much of it is set aside; with 0 nothing is.
        seed: By which it is drawn.
    """
    if not share:
        return list(examples), []
    number = round(share * len(examples))
    if not number:
        return _cut(examples, share=share, seed=seed)
    groups = _sharing_a_text(examples)
    aside = _drawn_groups(number, groups=groups, seed=seed)
    logger.warning(
        "no dev data: %d of %d training examples are set aside to choose the best model by%s",
        len(aside),
        len(examples),
        ", those that share a text together" if len(groups) < len(examples) else "",
    )
    train = [example for i, example in enumerate(examples) if i not in aside]
    return train, [examples[i] for i in sorted(aside)]


def _cut(examples: Sequence[Any], *, share: float, seed: int) -> tuple[list[Any], list[Any]]:
    """Stretches of sentences of documents as training examples, and others set aside."""
    stretches = [uncut_stretches(one) for one in examples] if _are_documents(examples) else []
    n_sentences = sum(map(len, stretches))
    number = round(share * n_sentences)
    size = max(min(number, _STRETCH), 1)
    blocks = [
        _Block(document, Span(spans[start].start, spans[start : start + size][-1].end))
        for document, spans in enumerate(stretches)
        for start in range(0, len(spans), size)
    ]
    if not number or len(blocks) < 2:
        logger.warning(
            "no dev data, and too few training examples (%d) to set any aside: nothing chooses the "
            "best model, so the last one is kept; give a dev file, or more examples",
            len(examples),
        )
        return list(examples), []
    n_drawn = min(round(number / size), len(blocks) - 1)
    aside = _drawn(n_drawn, of=len(blocks), seed=seed)
    logger.warning(
        "no dev data, and too few training examples (%d) to set any aside whole: about %d of their "
        "%d sentences are cut out to choose the best model by",
        len(examples),
        number,
        n_sentences,
    )
    pieces: tuple[list[Any], list[Any]] = ([], [])
    sides = groupby(enumerate(blocks), key=lambda pair: (pair[1].document, pair[0] in aside))
    for (document, is_aside), group in sides:
        spans = [block.span for _, block in group]
        span = Span(spans[0].start, spans[-1].end)
        pieces[is_aside].append(piece_of(examples[document], span=span))
    return pieces


def _are_documents(examples: Sequence[Any]) -> TypeGuard[Sequence[Document]]:
    return all(isinstance(example, Document) for example in examples)


def _sharing_a_text(examples: Sequence[Any]) -> list[list[int]]:
    """The places of examples with the same text; each by itself, where all have the same."""
    groups: dict[Any, list[int]] = {}
    for place, example in enumerate(examples):
        shared = getattr(example, "context", None) or getattr(example, "text", None)
        groups.setdefault(shared or place, []).append(place)
    return list(groups.values()) if len(groups) > 1 else [[place] for place in groups.popitem()[1]]


def _drawn_groups(number: int, *, groups: Sequence[Sequence[int]], seed: int) -> set[int]:
    """The places of no more than a number of examples in whole groups, or of the smallest group.

    Where that is far too large, examples are drawn one by one: most are for learning.
    """
    order = np.random.default_rng(seed).permutation(len(groups)).tolist()
    aside: set[int] = set()
    for group in (groups[place] for place in order):
        if len(aside) + len(group) <= number:
            aside.update(group)
    smallest = min((groups[place] for place in order), key=len)
    every = [place for group in groups for place in group]
    if not aside and len(smallest) > _MOST * len(every):
        return {every[place] for place in _drawn(number, of=len(every), seed=seed)}
    return aside or {*smallest}


def _drawn(number: int, *, of: int, seed: int) -> set[int]:
    return set(np.random.default_rng(seed).permutation(of)[:number].tolist())
