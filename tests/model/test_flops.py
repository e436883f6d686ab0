"""Counting the work of a training pass, beside published figures and what torch itself counts."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from openluke.features import Features
from openluke.model.batch import Batch
from openluke.model.config import EncoderConfig, HeadConfig
from openluke.model.encoder import Encoder
from openluke.model.flops import encoder_flops, masked_flops
from openluke.model.heads import build_head
from openluke.model.layout import Layout
from openluke.model.masked_head import MaskedHead

BASE = EncoderConfig(pooler=False)
SIZES: dict[str, Any] = {
    "n_words": 50,
    "n_entities": 20,
    "hidden_size": 16,
    "entity_size": 8,
    "n_layers": 3,
    "n_heads": 2,
    "feed_forward_size": 24,
    "n_positions": 20,
    "hidden_dropout": 0.0,
    "attention_dropout": 0.0,
    "pooler": False,
}


def on_meta(config: EncoderConfig) -> tuple[Encoder, MaskedHead]:
    with torch.device("meta"):
        encoder = Encoder(config)
        head = build_head(HeadConfig(kind="masked"), encoder=encoder)
    assert isinstance(head, MaskedHead)
    return encoder, head


def make_batch(*, words: Sequence[int], entities: Sequence[int]) -> Batch:
    return Batch.collate(
        [_features(n, n_entities=k) for n, k in zip(words, entities, strict=True)],
        max_mention_length=4,
    )


def _features(n: int, *, n_entities: int) -> Features:
    return Features(
        word_ids=np.full(n, 5, dtype=np.int32),
        word_offsets=np.zeros((n, 2), dtype=np.int32),
        word_texts=np.zeros(n, dtype=np.int32),
        word_types=np.zeros(n, dtype=np.int32),
        entity_ids=np.full(n_entities, 3, dtype=np.int32),
        entity_ranges=np.tile(np.array([[1, 2]], dtype=np.int32), (n_entities, 1)),
        entity_types=np.zeros(n_entities, dtype=np.int32),
        entity_sources=np.arange(n_entities, dtype=np.int32),
    )


def test_a_row_of_the_base_model_costs_what_was_worked_out_by_hand():
    encoder, head = on_meta(BASE)
    encoder.requires_grad_(False)
    rows, entities = 5110, 1014
    layout = Layout([512] * 8, entity_counts=[126] * 7 + [132])
    linear = rows * 12 * 2 * (5 * 768**2 + 2 * 768 * 3072)
    attended = 12 * 4 * 768 * (7 * 638**2 + 644**2)
    projection = entities * 2 * 256 * 768
    assert linear / rows == pytest.approx(184.0e6, rel=1e-3)
    assert encoder_flops(encoder, layout=layout) == linear + attended + projection
    assert linear + attended == pytest.approx(1061e9, rel=0.01)
    # 15 % of the words, and 109 entities
    head.requires_grad_(False)
    words = masked_flops(head, encoder=encoder, layout=layout, word_rows=614, entity_rows=0)
    assert words == pytest.approx(48e9, rel=0.01)
    of_entities = masked_flops(head, encoder=encoder, layout=layout, word_rows=0, entity_rows=109)
    assert of_entities == pytest.approx(28e9, rel=0.01)


def test_whatever_is_learnt_costs_three_passes_and_frozen_layers_two():
    encoder, _ = on_meta(EncoderConfig(**SIZES))
    layout = Layout([7, 5], entity_counts=[2, 1])
    encoder.requires_grad_(False)
    forward = encoder_flops(encoder, layout=layout)
    encoder.requires_grad_(True)
    projection = 2 * 3 * 8 * 16
    assert encoder_flops(encoder, layout=layout) == 3 * forward
    encoder.layers.requires_grad_(False)
    attended = 3 * 4 * 16 * (9**2 + 6**2)
    linear = forward - attended - projection
    assert encoder_flops(encoder, layout=layout) == 2 * linear + 3 * attended + 3 * projection
    encoder.requires_grad_(False)
    encoder.layers[2].requires_grad_(True)
    # its queries, keys and values have weights that are learnt, on inputs that are not
    rows, inputs = 15, 2 * 15 * 4 * 16**2
    others = 2 * rows * (16**2 + 2 * 16 * 24)
    last = 2 * inputs + 3 * others + attended
    assert (
        encoder_flops(encoder, layout=layout) == forward - (inputs + others + attended // 3) + last
    )


@pytest.mark.parametrize("aware", [True, False])
@pytest.mark.parametrize(
    "frozen",
    [
        (),
        ("layers",),
        ("words", "layers"),
        ("words", "entities", "layers.0"),
        ("words", "entities", "layers"),
    ],
)
@pytest.mark.parametrize("entities", [(3, 3), (0, 0)])
def test_torch_counts_the_same(aware: bool, frozen: tuple[str, ...], entities: tuple[int, int]):
    torch.manual_seed(0)
    encoder = Encoder(EncoderConfig(**SIZES, entity_aware=aware)).train()
    head = build_head(HeadConfig(kind="masked"), encoder=encoder)
    assert isinstance(head, MaskedHead)
    for name in frozen:
        encoder.get_submodule(name).requires_grad_(False)
    batch = make_batch(words=(9, 9), entities=entities)
    n_scored = entities[0]
    with FlopCounterMode(display=False) as counter:
        output = encoder(batch)
        scores = head(
            output,
            batch,
            word_rows=torch.tensor([1, 4, 5]),
            entity_rows=torch.arange(n_scored),
        )
        assert scores.entities is not None
        sums = [
            functional.cross_entropy(each, torch.zeros(len(each), dtype=torch.long))
            for each in (scores.words, scores.entities)
            if len(each)
        ]
        torch.stack(sums).sum().backward()
    counts = counter.get_flop_counts()["Global"]
    linear = sum(n for name, n in counts.items() if "attention" not in str(name))
    found = encoder_flops(encoder, layout=batch.layout)
    learns = [any(p.requires_grad for p in part.parameters()) for part in encoder.children()]
    pairs = 2 * (9 + entities[0]) ** 2
    for i in range(3):
        below = any(learns[: 2 if entities[0] else 1]) or any(
            p.requires_grad for layer in encoder.layers[: i + 1] for p in layer.parameters()
        )
        found -= 4 * 16 * pairs * (3 if below else 1)
    found += masked_flops(
        head, encoder=encoder, layout=batch.layout, word_rows=3, entity_rows=n_scored
    )
    assert found == linear
