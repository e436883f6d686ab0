"""The span proposer scores every mention of a batch from the words alone."""

import dataclasses

import numpy as np
import pytest
import torch

from openluke.errors import ConfigError
from openluke.model.batch import Batch
from openluke.model.config import HeadConfig
from openluke.model.heads import build_head
from tests.model.conftest import features

CONFIG = HeadConfig(kind="span_proposer", inner_size=8, n_layers=1)


def scores(head, *, encoder, batch):
    return head(encoder(batch, words_only=True, n_layers=head.n_layers), batch)


def test_every_mention_has_a_score_that_no_other_mention_changes(encoder):
    head = build_head(CONFIG, encoder=encoder).eval()
    words, ranges = [0, 5, 6, 7, 8, 2], [(1, 2), (1, 4), (2, 5)]
    together = Batch.collate([features(words, ranges=ranges)], max_mention_length=3)
    found = scores(head, encoder=encoder, batch=together)
    alone = [
        scores(
            head,
            encoder=encoder,
            batch=Batch.collate([features(words, ranges=[one])], max_mention_length=3),
        )
        for one in ranges
    ]
    assert found.shape == (3,)
    assert torch.allclose(found, torch.cat(alone), atol=1e-6)


def test_before_anything_is_learnt_spans_are_unlikely(encoder):
    head = build_head(CONFIG, encoder=encoder).eval()
    for parameter in head.parameters():
        parameter.data.fill_(0.0)
    words, ranges = [0, 5, 6, 7, 8, 2], [(1, 2), (1, 4), (2, 5)]
    batch = Batch.collate([features(words, ranges=ranges)], max_mention_length=3)
    assert scores(head, encoder=encoder, batch=batch).sigmoid().max() < 0.01


def test_words_between_the_first_and_the_last_are_read(encoder):
    head = build_head(CONFIG, encoder=encoder).eval()
    words = torch.randn(6, encoder.config.hidden_size)
    first, last = torch.tensor([0, 1]), torch.tensor([4, 2])
    before = head.score(words, first=first, last=last)
    words[3] += 1.0
    after = head.score(words, first=first, last=last)
    assert abs(before[0] - after[0]) > 1e-3
    assert before[1] == after[1]


def test_a_span_of_any_length_has_a_score(encoder):
    config = dataclasses.replace(CONFIG, n_layers=0)
    head = build_head(config, encoder=encoder).eval()
    words = [0, *np.arange(3, 28), 2]
    batch = Batch.collate([features(words, ranges=[(1, 26)])], max_mention_length=3)
    assert scores(head, encoder=encoder, batch=batch).isfinite().all()


def test_more_layers_than_the_encoder_has_are_refused(encoder):
    with pytest.raises(ConfigError, match="has 2; set n_layers"):
        build_head(dataclasses.replace(CONFIG, n_layers=3), encoder=encoder)
