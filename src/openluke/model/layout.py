"""Where the rows of each sequence lie in a packed batch, and how they are padded and unpadded."""

from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor


class Run(NamedTuple):
    """Neighbouring sequences of one shape: a dense block inside the packed rows."""

    n_sequences: int
    words: int
    """Words of each of its sequences."""
    entities: int
    """Entities of each of its sequences."""
    word_rows: slice
    entity_rows: slice
    """Places among all rows, where entities follow the words of the whole batch."""


class Padding(NamedTuple):
    """One padded table (B, T) that holds the words, then the entities, of each sequence."""

    slots: Tensor
    """*Shape:* (W + E,). The place in the flat table of each packed row."""
    mask: Tensor | None
    """*Shape:* (B, 1, 1, T). True where a row is; ``None`` when the table has no gaps."""
    n_sequences: int
    width: int


class Layout:
    """The shape of a packed batch: all words of all sequences, then all entities.

    It holds plain integers, so reading it never waits for a device.
    """

    def __init__(self, word_counts: Sequence[int], *, entity_counts: Sequence[int]) -> None:
        self.word_counts = tuple(word_counts)
        self.entity_counts = tuple(entity_counts)
        self.n_words = sum(self.word_counts)
        self.n_entities = sum(self.entity_counts)
        self._paddings: dict[torch.device, Padding] = {}

    def __len__(self) -> int:
        return len(self.word_counts)

    def __getstate__(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return self.word_counts, self.entity_counts

    def __setstate__(self, state: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
        self.__init__(state[0], entity_counts=state[1])

    def without_entities(self) -> "Layout":
        """The same words, and no entities."""
        return Layout(self.word_counts, entity_counts=(0,) * len(self))

    @cached_property
    def word_starts(self) -> tuple[int, ...]:
        """The first word row of each sequence."""
        return _starts(self.word_counts)

    @cached_property
    def entity_starts(self) -> tuple[int, ...]:
        """The first entity of each sequence, counted among entities."""
        return _starts(self.entity_counts)

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """The batch as few dense blocks: neighbours of equal shape are taken together."""
        shapes = list(zip(self.word_counts, self.entity_counts, strict=True))
        runs: list[Run] = []
        word, entity, i = 0, self.n_words, 0
        while i < len(shapes):
            end = i + 1
            while end < len(shapes) and shapes[end] == shapes[i]:
                end += 1
            words, entities = shapes[i]
            next_word, next_entity = word + (end - i) * words, entity + (end - i) * entities
            word_rows, entity_rows = slice(word, next_word), slice(entity, next_entity)
            runs.append(Run(end - i, words, entities, word_rows, entity_rows))
            word, entity, i = next_word, next_entity, end
        return tuple(runs)

    def padding(self, device: torch.device) -> Padding:
        """The padded table on a device; computed once per device."""
        if device not in self._paddings:
            # Kept beyond this pass, so training may meet it, which refuses inference tensors.
            with torch.inference_mode(mode=False):
                self._paddings[device] = self._make_padding(device)
        return self._paddings[device]

    def _make_padding(self, device: torch.device) -> Padding:
        words, entities = np.asarray(self.word_counts), np.asarray(self.entity_counts)
        most_words, most_entities = int(words.max()), int(entities.max())
        width = most_words + most_entities
        slots = np.concatenate(
            [
                padded_slots(words, stride=width),
                padded_slots(entities, stride=width) + most_words,
            ]
        )
        mask = None
        if len(slots) < len(self) * width:
            filled = np.zeros(len(self) * width, dtype=bool)
            filled[slots] = True
            mask = torch.from_numpy(filled.reshape(len(self), 1, 1, width)).to(device)
        return Padding(torch.from_numpy(slots).to(device), mask, len(self), width)


def padded_slots(counts: np.ndarray, *, stride: int) -> np.ndarray:
    """The flat places of packed rows in a table whose rows are ``stride`` long."""
    counts = np.asarray(counts, dtype=np.int64)
    sequence = np.repeat(np.arange(len(counts)), counts)
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    return sequence * stride + np.arange(int(counts.sum())) - starts


def _starts(counts: tuple[int, ...]) -> tuple[int, ...]:
    return (0, *accumulate(counts[:-1]))
