"""Which words and entities of an input are hidden, and what stands in their place."""

import dataclasses
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from openluke.entities.vocab import EntityVocab
from openluke.errors import ConfigError
from openluke.features import Features, IntArray
from openluke.model.ignore import IGNORE
from openluke.pretraining.word_groups import BoolArray, WordGroups
from openluke.tokenization.tokenizer import WordTokenizer

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskingConfig:
    """How much is hidden, and how; the defaults are those of the published LUKE.

    One thing differs: there entities that are not in the vocabulary were to be predicted, too.
    """

    words: float = 0.15
    """The share of an input's word pieces that is to be predicted; of these, most become [MASK]."""
    random_words: float = 0.1
    """The share of those words that become other words instead."""
    unmasked_words: float = 0.1
    """The share of those words that stay as they are."""
    whole_words: bool = True
    """Whether all pieces of a word are hidden together, or each piece by itself."""
    entities: float = 0.15
    """The share of an input's entities that is to be predicted; of these, most become [MASK]."""
    random_entities: float = 0.0
    """The share of those entities that become other entities instead."""
    unmasked_entities: float = 0.0
    """The share of those entities that stay as they are."""
    mention_words: bool = False
    """Whether all words of a hidden entity's mention are hidden, too, as one word would be. They
    count among the share ``words``, and are hidden even where that is none."""
    unknown_targets: bool = False
    """Whether [UNK] may be what is to be predicted. It was in the published runs; but nothing about
    an entity is learnt from it, while it can be the answer to half of the questions."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if not 0 <= value <= 1:
                raise ConfigError(f"{field.name} is {value}, expected a share from 0 to 1")
        for kind in ("words", "entities"):
            total = getattr(self, f"random_{kind}") + getattr(self, f"unmasked_{kind}")
            if total > 1:
                raise ConfigError(
                    f"random_{kind} and unmasked_{kind} make {total} together, expected shares of "
                    "what is to be predicted: 1 at most"
                )


class Masked(NamedTuple):
    """An input with some of it hidden, and what was there."""

    features: Features
    """The input that the model reads; only ids differ from what it was made of."""
    word_labels: IntArray
    """*Shape:* (L,). The id of each word that is to be predicted, ``IGNORE`` elsewhere."""
    entity_labels: IntArray
    """*Shape:* (M,). The same for entities."""


@dataclass(frozen=True, slots=True)
class _Hiding:
    """What takes the place of what is hidden."""

    mask: int
    ordinary: Numbers
    """The ids to choose others from."""
    random: float
    unmasked: float

    def read_instead(self, ids: IntArray, *, units: Numbers, rng: np.random.Generator) -> IntArray:
        """What the model reads instead of ids that are to be predicted.

        Args:
            ids: *Shape:* (N,).
            units: *Shape:* (N,). Numbers from 0. The ids of a unit become [MASK], others, or stay
                together; each other id is drawn by itself.
            rng: What is random is drawn from it.
        """
        fates = rng.random(int(units.max(initial=-1)) + 1)[units]
        becomes_mask = fates < 1 - self.random - self.unmasked
        becomes_other = ~becomes_mask & (fates < 1 - self.unmasked)
        read = np.where(becomes_mask, np.int32(self.mask), ids)
        if becomes_other.any():
            drawn = rng.integers(len(self.ordinary), size=int(becomes_other.sum()))
            read[becomes_other] = self.ordinary[drawn]
        return read


class Masker:
    """Hides words and entities of inputs.

    The share of what is to be predicted is met exactly: it is rounded, and is 1 at least, of all
    that may be hidden. Only where no word fits into what is left of the share, it is not met. Where
    no word fits at all, one piece is hidden, whatever word it belongs to. Special tokens, unknown
    words among them, are never hidden, nor do they take another's place.

    Args:
        config: How much is hidden, and how.
        tokenizer: What the words of the inputs are ids of.
        entities: What their entities are ids of.
    """

    def __init__(
        self, config: MaskingConfig, *, tokenizer: WordTokenizer, entities: EntityVocab
    ) -> None:
        self.config = config
        self._groups = WordGroups(tokenizer) if config.whole_words else None
        self._is_special = np.zeros(tokenizer.n_words, dtype=np.bool_)
        self._is_special[list(tokenizer.special_ids)] = True
        rows = range(tokenizer.n_words)
        has_token = np.array([tokenizer.token(row) is not None for row in rows], dtype=np.bool_)
        self._words = _Hiding(
            mask=tokenizer.mask_id,
            ordinary=np.flatnonzero(has_token & ~self._is_special),
            random=config.random_words,
            unmasked=config.unmasked_words,
        )
        special = entities.special
        places = {special.pad, special.unk, special.mask, special.mask2} - {None}
        self._no_targets = np.array(
            sorted(places - ({special.unk} if config.unknown_targets else set())), dtype=np.int32
        )
        self._entities = _Hiding(
            mask=special.mask,
            ordinary=np.setdiff1d(np.arange(entities.n_ids), sorted(places)),
            random=config.random_entities,
            unmasked=config.unmasked_entities,
        )

    def __call__(self, features: Features, *, rng: np.random.Generator) -> Masked:
        """Hide some of an input; the same generator always hides the same."""
        entity_ids = features.entity_ids
        chosen = self._choose_entities(entity_ids, rng=rng)
        entity_labels, read_entities = np.full_like(entity_ids, IGNORE), entity_ids.copy()
        entity_labels[chosen] = entity_ids[chosen]
        read_entities[chosen] = self._entities.read_instead(
            entity_ids[chosen], units=np.arange(len(chosen)), rng=rng
        )
        ranges = features.entity_ranges[chosen if self.config.mention_words else chosen[:0]]
        word_ids = features.word_ids
        units = self._choose_words(word_ids, mentions=ranges, rng=rng)
        hidden = np.flatnonzero(units >= 0)
        word_labels, read_words = np.full_like(word_ids, IGNORE), word_ids.copy()
        word_labels[hidden] = word_ids[hidden]
        read_words[hidden] = self._words.read_instead(
            word_ids[hidden], units=units[hidden], rng=rng
        )
        return Masked(
            dataclasses.replace(features, word_ids=read_words, entity_ids=read_entities),
            word_labels,
            entity_labels,
        )

    def _choose_entities(self, entity_ids: IntArray, *, rng: np.random.Generator) -> Numbers:
        """Which entities are to be predicted, in any order."""
        candidates = np.flatnonzero(~np.isin(entity_ids, self._no_targets))
        return rng.permutation(candidates)[: _budget(len(candidates), share=self.config.entities)]

    def _choose_words(
        self, word_ids: IntArray, *, mentions: IntArray, rng: np.random.Generator
    ) -> Numbers:
        """Which words are to be predicted.

        Args:
            word_ids: *Shape:* (L,).
            mentions: *Shape:* (K, 2). Ranges of pieces that are hidden in any case.
            rng: What is random is drawn from it.

        Returns:
            *Shape:* (L,). The number of the unit that each piece is hidden with, -1 elsewhere.
        """
        may_hide = ~self._is_special[word_ids]
        of_mention = _mention_of_each(mentions, may_hide=may_hide)
        in_mention = of_mention >= 0
        budget = _budget(int(may_hide.sum()), share=self.config.words)
        groups = self._group_of_each(word_ids)
        sizes = np.bincount(groups)
        is_free = np.ones(len(sizes), dtype=np.bool_)
        is_free[groups[in_mention | ~may_hide]] = False
        candidates = np.flatnonzero(is_free)
        left = budget - int(in_mention.sum())
        fitting = _fitting(sizes[candidates], budget=left, rng=rng)
        unit_of_group = np.full(len(sizes), -1)
        unit_of_group[candidates[fitting]] = len(mentions) + np.arange(len(fitting))
        units = np.where(in_mention, of_mention, unit_of_group[groups])
        if budget and (units < 0).all():
            units[rng.choice(np.flatnonzero(may_hide))] = 0
        return units

    def _group_of_each(self, word_ids: IntArray) -> Numbers:
        """The number of the group, which is hidden whole, of each piece. *Shape:* (L,)."""
        if self._groups is None:
            return np.arange(len(word_ids))
        return np.cumsum(self._groups.starts(word_ids)) - 1


def _budget(n: int, *, share: float) -> int:
    """How many of n are to be predicted: the share of them, 1 at least where there is any."""
    return max(1, round(n * share)) if n and share else 0


def _mention_of_each(mentions: IntArray, *, may_hide: BoolArray) -> Numbers:
    """The number of the mention that each piece is in, -1 elsewhere. *Shape:* (L,)."""
    found = np.full(len(may_hide), -1)
    for number, (start, end) in enumerate(mentions.tolist()):
        found[start:end] = number
    found[~may_hide] = -1
    return found


def _fitting(sizes: Numbers, *, budget: int, rng: np.random.Generator) -> list[int]:
    """Groups in random order, without those that are larger than what is left of a budget."""
    order = rng.permutation(len(sizes))
    found: list[int] = []
    for group, size in zip(order.tolist(), sizes[order].tolist(), strict=True):
        if budget <= 0:
            break
        if size <= budget:
            found.append(group)
            budget -= size
    return found
