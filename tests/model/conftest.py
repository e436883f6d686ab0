"""Small configurations, inputs and batches for the tests of the model."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch

from openluke.features import Features
from openluke.model.batch import Batch
from openluke.model.config import EncoderConfig
from openluke.model.encoder import Encoder

MakeFeatures = Callable[..., Features]


def features(
    words: Sequence[int],
    *,
    ranges: Sequence[tuple[int, int]] = (),
    entities: Sequence[int] | None = None,
) -> Features:
    """One input; only what the model reads is meaningful."""
    n, m = len(words), len(ranges)
    return Features(
        word_ids=np.array(words, dtype=np.int32),
        word_offsets=np.zeros((n, 2), dtype=np.int32),
        word_texts=np.zeros(n, dtype=np.int32),
        word_types=np.zeros(n, dtype=np.int32),
        entity_ids=np.array(range(1, m + 1) if entities is None else entities, dtype=np.int32),
        entity_ranges=np.array(ranges, dtype=np.int32).reshape(m, 2),
        entity_types=np.zeros(m, dtype=np.int32),
        entity_sources=np.arange(m, dtype=np.int32),
    )


@pytest.fixture
def config() -> EncoderConfig:
    return EncoderConfig(
        n_words=50,
        n_entities=12,
        hidden_size=16,
        entity_size=8,
        n_layers=2,
        n_heads=2,
        feed_forward_size=24,
        n_positions=30,
        hidden_dropout=0.0,
        attention_dropout=0.0,
        initializer_range=0.3,
    )


@pytest.fixture
def encoder(config: EncoderConfig) -> Encoder:
    return Encoder(config, generator=torch.Generator().manual_seed(1)).eval()


@pytest.fixture
def inputs() -> list[Features]:
    return [
        features([0, 5, 6, 7, 2], ranges=[(1, 3), (3, 4)]),
        features([0, 8, 9, 2]),
        features([0, 10, 11, 12, 13, 14, 2], ranges=[(1, 6), (0, 0), (2, 3)]),
    ]


@pytest.fixture
def batch(inputs: list[Features]) -> Batch:
    return Batch.collate(inputs, max_mention_length=3)
