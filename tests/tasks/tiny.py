"""A tiny model for any task, made in the process, and the way from examples to predictions."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import torch
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers
from tokenizers.decoders import ByteLevel

from openluke.entities.name_index import VocabRow
from openluke.entities.titles import Name
from openluke.entities.vocab import EntityVocab
from openluke.instances import Instance, Outputs
from openluke.model.config import EncoderConfig
from openluke.model.encoder import Encoder
from openluke.model.heads import build_head
from openluke.model.model import Model
from openluke.task import Task, TaskSetup
from openluke.tokenization.inputs_config import EntityInputsConfig
from openluke.tokenization.tokenizer import WordTokenizer
from tests.tokenization import small_tokenizers as small

TITLES = ("Japan", "Tokyo", "Ana Ivanovic", "Los Angeles", "Beyoncé", "東京", "Nile", "Egypt")
MAX_WORDS = 96


@cache
def tiny_tokenizer() -> WordTokenizer:
    """A byte-level tokenizer like RoBERTa's, with markers and a mask."""
    vocab, merges = small.train_byte_level()
    rust = Tokenizer(models.BPE(vocab=vocab, merges=merges))
    rust.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    rust.decoder = ByteLevel()
    rust.add_special_tokens([AddedToken(token, normalized=False) for token in small.ROBERTA])
    rust.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False)])
    return WordTokenizer(rust, family="byte_level").with_markers()


@cache
def tiny_entities() -> EntityVocab:
    """The special entities and a few with titles."""
    return EntityVocab.build(VocabRow(names=(Name(title),)) for title in TITLES).with_mask2()


def tiny_encoder(*, seed: int = 0, **options: Any) -> Encoder:
    """An encoder for the tiny tokenizer and entities; ``options`` as in ``EncoderConfig``.

    Its weights are larger than new ones are, so that it learns in few steps.
    """
    tokenizer, entities = tiny_tokenizer(), tiny_entities()
    sizes: dict[str, Any] = {
        "n_words": tokenizer.n_words,
        "n_entities": entities.n_ids,
        "hidden_size": 32,
        "entity_size": 16,
        "n_layers": 2,
        "n_heads": 2,
        "feed_forward_size": 64,
        "n_positions": MAX_WORDS + 2,
        "word_pad_id": tokenizer.pad_id,
        "entity_pad_id": entities.special.pad,
        "hidden_dropout": 0.0,
        "attention_dropout": 0.0,
        "initializer_range": 0.2,
    }
    config = EncoderConfig(**sizes | options)
    return Encoder(config, generator=torch.Generator().manual_seed(seed)).eval()


def make_setup(
    *, labels: Sequence[str] = (), tokenizer: WordTokenizer | None = None, **inputs: Any
) -> TaskSetup:
    """What a task is made with; ``inputs`` as in ``EntityInputsConfig``."""
    options = {"max_words": MAX_WORDS, "stride": 24} | inputs
    return TaskSetup(
        tokenizer=tokenizer or tiny_tokenizer(),
        entities=tiny_entities(),
        inputs=EntityInputsConfig(**options),
        labels=tuple(labels),
    )


def make_model(task: Task[Any, Any], *, seed: int = 0, **options: Any) -> Model:
    """A model with the heads of a task, in evaluation mode; ``options`` as in ``EncoderConfig``.

    Like the encoder, its heads drop nothing in training.
    """
    encoder = tiny_encoder(seed=seed, **options)
    generator = torch.Generator().manual_seed(seed + 1)
    heads = {
        role: build_head(replace(config, dropout=0.0), encoder=encoder, generator=generator)
        for role, config in task.head_configs().items()
    }
    return Model(encoder, heads=heads).eval()


@torch.no_grad()
def outputs_of(
    task: Task[Any, Any],
    model: Model,
    instances: Sequence[Instance],
    *,
    batch_size: int = 4,
    seed: int = 0,
) -> list[Outputs]:
    """What the heads say of instances, in their order."""
    rng = np.random.default_rng(seed)
    found: list[Outputs] = []
    for start in range(0, len(instances), batch_size):
        inputs = task.collate(instances[start : start + batch_size], rng=rng)
        found += task.outputs(inputs, model=model)
    return found


def predict(
    task: Task[Any, Any], model: Model, examples: Sequence[Any], *, batch_size: int = 4
) -> list[Any]:
    """Predictions of examples: encoded, collated, run and decoded."""
    encoded = task.encode(examples)
    every = [instance for instances in encoded for instance in instances]
    outputs = iter(outputs_of(task, model, every, batch_size=batch_size))
    return [
        task.decode(example, instances=instances, outputs=[next(outputs) for _ in instances])
        for example, instances in zip(examples, encoded, strict=True)
    ]


def fit(
    task: Task[Any, Any],
    model: Model,
    examples: Sequence[Any],
    *,
    steps: int = 80,
    rate: float = 5e-3,
    until: Callable[[], bool] = lambda: False,
    every: int = 20,
) -> list[float]:
    """Learn examples by heart, all in one batch; the losses of the steps.

    It stops early when ``until`` holds, which is asked after some steps.
    """
    rng = np.random.default_rng(0)
    instances = [instance for encoded in task.encode(examples) for instance in encoded]
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    losses: list[float] = []
    for step in range(1, steps + 1):
        model.train()
        inputs = task.collate(instances, rng=rng)
        sums = task.losses(inputs, model=model)
        assert set(sums) == set(inputs.n_targets)
        loss = sum(total / max(inputs.n_targets[name], 1) for name, total in sums.items())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        model.eval()
        if step % every == 0 and until():
            break
    return losses
