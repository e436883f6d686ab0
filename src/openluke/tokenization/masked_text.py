"""A text with its masked words replaced by the token that stands for them."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from openluke.features import Features
from openluke.records import Span


class MaskedPassage(NamedTuple):
    """A text with masks, and where masks and mentions stand in it."""

    text: str
    masks: tuple[Span, ...]
    spans: tuple[Span, ...]


class Gap(NamedTuple):
    """A gap of a text, in one of its inputs."""

    number: int
    """Which of the text's masks, or of its mentions."""
    row: int
    """Its word, or its entity, in the input."""


def put_masks(
    text: str, *, masks: Sequence[Span], spans: Sequence[Span], token: str
) -> MaskedPassage:
    """Replace stretches of a text by a token each.

    Args:
        text: The text.
        masks: What is replaced, in order and apart from each other.
        spans: Mentions; those that begin or end within a mask come to hold all of it.
        token: What stands for a masked word.
    """
    parts: list[str] = []
    moved: list[Span] = []
    length = before = 0
    for mask in masks:
        kept = text[before : mask.start]
        parts += [kept, token]
        length += len(kept) + len(token)
        moved.append(Span(length - len(token), length))
        before = mask.end
    parts.append(text[before:])
    begins = [mask.start for mask in masks]

    def place(position: int, *, is_end: bool) -> int:
        number = bisect_right(begins, position - is_end) - 1
        if number < 0:
            return position
        mask = masks[number]
        if position >= mask.end + is_end:
            return position + moved[number].end - mask.end
        return moved[number].end if is_end else moved[number].start

    return MaskedPassage(
        "".join(parts),
        tuple(moved),
        tuple(Span(place(s, is_end=False), place(e, is_end=True)) for s, e in spans),
    )


def find_masks(text: str, *, token: str) -> tuple[Span, ...]:
    """Where a token stands in a text."""
    found: list[Span] = []
    start = text.find(token)
    while start >= 0:
        found.append(Span(start, start + len(token)))
        start = text.find(token, start + len(token))
    return tuple(found)


def masks_in_windows(
    windows: Sequence[Features], *, masks: Sequence[Span], mask_id: int
) -> list[list[Gap]]:
    """For each window of a text the masks that have most context there.

    Args:
        windows: Those of one text.
        masks: Where the mask tokens stand in it.
        mask_id: The word of a mask.
    """
    best: dict[int, tuple[int, int, int]] = {}
    for window, features in enumerate(windows):
        for row in np.flatnonzero(features.word_ids == mask_id).tolist():
            start, end = features.word_offsets[row].tolist()
            context = min(row, len(features) - 1 - row)
            for number, mask in enumerate(masks):
                # The piece may begin with the space before the mask.
                is_it = start < mask.end and mask.start < end
                if is_it and (number not in best or context > best[number][0]):
                    best[number] = (context, window, row)
    gaps: list[list[Gap]] = [[] for _ in windows]
    for number, (_, window, row) in sorted(best.items()):
        gaps[window].append(Gap(number, row))
    return gaps
