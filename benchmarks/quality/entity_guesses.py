"""What a pretrained model, and simple counts, say of masked entities on held-out pages."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, cast

import numpy as np
import torch
from torch import Tensor

from openluke.checkpoints.bundle import Bundle
from openluke.features import Features
from openluke.model.batch import Batch
from openluke.model.masked_head import MaskedHead
from openluke.pretraining.corpus.shards import Shards

Anchor = tuple[int, ...]
"""The word pieces of a mention."""
_READ_AT_ONCE = 256


class Mention(NamedTuple):
    """A mention on a held-out page."""

    anchor: Anchor
    entity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """What a model says of the mention where its entity was masked."""

    mention: Mention
    rank: int
    """Of the entity among all, from 1."""
    log_odds: Mapping[int, float]
    """Log probabilities of the entities that the anchor has had in training."""


class Prior:
    """How often each anchor was a link to each entity on the pages that are learnt from."""

    def __init__(self, shards: Shards) -> None:
        self.frequency: Counter[int] = Counter()
        self._targets: defaultdict[Anchor, Counter[int]] = defaultdict(Counter)
        for first in range(0, len(shards), _READ_AT_ONCE):
            numbers = range(first, min(first + _READ_AT_ONCE, len(shards)))
            for example in shards.read(list(numbers)):
                for mention in mentions_of(example.features):
                    self._targets[mention.anchor][mention.entity] += 1
                    self.frequency[mention.entity] += 1
        ordered = self.frequency.most_common()
        self._ranks = {entity: rank for rank, (entity, _) in enumerate(ordered, 1)}

    def targets(self, anchor: Anchor) -> Counter[int]:
        """The entities that an anchor has led to, and how often."""
        return self._targets.get(anchor, Counter())

    def is_ambiguous(self, anchor: Anchor, *, share: float = 0.8) -> bool:
        """Whether it has led to several entities, to none of them in so many cases."""
        targets = self.targets(anchor)
        return len(targets) > 1 and max(targets.values()) < share * targets.total()

    def rank_by_frequency(self, entity: int) -> int:
        """The rank of an entity among all by how often it is linked."""
        return self._ranks.get(entity, len(self._ranks) + 1)

    def rank(self, mention: Mention) -> int:
        """The rank of the right entity by its anchor: the anchor's own first, then by frequency."""
        ordered = [entity for entity, _ in self.targets(mention.anchor).most_common()]
        if mention.entity in ordered:
            return ordered.index(mention.entity) + 1
        return len(ordered) + self.rank_by_frequency(mention.entity)


def mentions_of(features: Features) -> Iterator[Mention]:
    """The mentions of an input with their entities, as they stand in it."""
    ids = features.word_ids.tolist()
    for entity, (start, end) in zip(
        features.entity_ids.tolist(), features.entity_ranges.tolist(), strict=True
    ):
        yield Mention(tuple(ids[start:end]), entity)


@torch.no_grad()
def guesses(
    bundle: Bundle,
    *,
    inputs: Sequence[Features],
    prior: Prior,
    hides_words: bool,
    parts: int = 7,
    batch_size: int = 8,
) -> list[Guess]:
    """Mask each entity once, a part of an input's at a time, and see where the right one ranks.

    Args:
        bundle: The model, with its masked head.
        inputs: Held-out inputs.
        prior: What the pages that it learnt from say of anchors.
        hides_words: Whether the words of masked mentions are masked as well.
        parts: In how many turns the entities of an input are masked; 7 is about 15 %.
        batch_size: Inputs read at once.
    """
    head = cast("MaskedHead", bundle.head("masked").module)
    mask_word, mask_entity = bundle.tokenizer.mask_id, bundle.entities.special.mask
    turns = [
        _Turn(features, np.arange(part, features.n_entities, parts))
        for features in inputs
        for part in range(min(parts, features.n_entities))
    ]
    turns.sort(key=lambda turn: len(turn.features))
    found: list[Guess] = []
    for first in range(0, len(turns), batch_size):
        batch = turns[first : first + batch_size]
        masked = [
            turn.masked(word=mask_word if hides_words else None, entity=mask_entity)
            for turn in batch
        ]
        collated = Batch.collate(masked, max_mention_length=bundle.inputs.max_mention_length)
        states = bundle.encoder(collated).entities
        starts = np.cumsum([0, *(turn.features.n_entities for turn in batch)])
        rows = np.concatenate(
            [turn.rows + start for turn, start in zip(batch, starts, strict=False)]
        )
        assert head.entities is not None
        scores = head.entities(states[torch.from_numpy(rows)]).float().log_softmax(-1)
        mentions = [mention for turn in batch for mention in turn.mentions()]
        found += _guesses(scores, mentions=mentions, prior=prior)
    return found


class _Turn(NamedTuple):
    """An input of which some entities are masked."""

    features: Features
    rows: np.ndarray

    def masked(self, *, word: int | None, entity: int) -> Features:
        ids = self.features.entity_ids.copy()
        ids[self.rows] = entity
        words = self.features.word_ids
        if word is not None:
            words = words.copy()
            for start, end in self.features.entity_ranges[self.rows].tolist():
                words[start:end] = word
        return replace(self.features, entity_ids=ids, word_ids=words)

    def mentions(self) -> list[Mention]:
        every = list(mentions_of(self.features))
        return [every[row] for row in self.rows.tolist()]


def _guesses(scores: Tensor, *, mentions: Sequence[Mention], prior: Prior) -> Iterator[Guess]:
    right = torch.tensor([mention.entity for mention in mentions])
    ranks = 1 + (scores > scores.gather(1, right[:, None])).sum(dim=1)
    for row, (mention, rank) in enumerate(zip(mentions, ranks.tolist(), strict=True)):
        known = list(prior.targets(mention.anchor))
        of_known = scores[row, known].tolist() if known else []
        yield Guess(mention=mention, rank=rank, log_odds=dict(zip(known, of_known, strict=True)))
