"""Entity-aware attention as its formula says it, one sequence after another."""

import math

import torch
from torch import Tensor

from openluke.model.layout import Layout
from openluke.model.merged_attention import Queries


def attend(queries: Queries, *, keys: Tensor, values: Tensor, layout: Layout) -> Tensor:
    """*Shape:* (W + E, H, d), or (E, H, d) when words do not attend."""
    ww, we, ew, ee = queries
    of_words, of_entities = [], []
    for word, n_words, entity, n_entities in zip(
        layout.word_starts,
        layout.word_counts,
        layout.entity_starts,
        layout.entity_counts,
        strict=True,
    ):
        words = slice(word, word + n_words)
        own = slice(entity, entity + n_entities)
        entities = slice(layout.n_words + entity, layout.n_words + entity + n_entities)
        key = torch.cat([keys[words], keys[entities]])
        value = torch.cat([values[words], values[entities]])
        if ww is not None and we is not None:
            scores = _scores(ww[words], we[words], key=key, n_words=n_words)
            of_words.append(_weighted(scores, value=value))
        scores = _scores(ew[own], ee[own], key=key, n_words=n_words)
        of_entities.append(_weighted(scores, value=value))
    return torch.cat(of_words + of_entities)


def _scores(to_words: Tensor, to_entities: Tensor, *, key: Tensor, n_words: int) -> Tensor:
    parts = [
        torch.einsum("qhd,khd->hqk", to_words, key[:n_words]),
        torch.einsum("qhd,khd->hqk", to_entities, key[n_words:]),
    ]
    return torch.cat(parts, dim=-1) / math.sqrt(key.shape[-1])


def _weighted(scores: Tensor, *, value: Tensor) -> Tensor:
    return torch.einsum("hqk,khd->qhd", scores.softmax(-1), value)
