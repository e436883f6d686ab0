"""A tiny model and an objective as small as can be, with all that training must cope with.

Some batches have no entities, the pooler is not always read, each batch has another number of
targets, and what is masked is drawn by the given generator.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from openluke.features import Features
from openluke.instances import Instance, TaskBatch, collate_instances
from openluke.model.config import EncoderConfig, HeadConfig
from openluke.model.encoder import Encoder
from openluke.model.heads import build_head
from openluke.model.model import Model
from openluke.records import Scores
from openluke.training.config import TrainingConfig
from openluke.training.data import InstanceData
from openluke.training.distributed import World
from openluke.training.optim import OptimizerConfig
from openluke.training.trainer import Trainer

N_WORDS, N_ENTITIES, N_LABELS = 30, 8, 3


def make_model(*, seed: int = 1, dropout: float = 0.0, masked: bool = False) -> Model:
    config = EncoderConfig(
        n_words=N_WORDS,
        n_entities=N_ENTITIES,
        hidden_size=16,
        entity_size=8,
        n_layers=2,
        n_heads=2,
        feed_forward_size=24,
        n_positions=20,
        hidden_dropout=dropout,
        attention_dropout=dropout,
        initializer_range=0.3,
    )
    generator = torch.Generator().manual_seed(seed)
    encoder = Encoder(config, generator=generator)
    kinds = {"main": HeadConfig(kind="entity", n_labels=N_LABELS, dropout=dropout)}
    kinds["text"] = HeadConfig(kind="sequence", n_labels=N_LABELS, dropout=dropout)
    if masked:
        kinds["masked"] = HeadConfig(kind="masked")
    heads = {
        name: build_head(kind, encoder=encoder, generator=generator) for name, kind in kinds.items()
    }
    return Model(encoder, heads=heads)


def make_instances(*, n: int = 24, seed: int = 0) -> list[Instance]:
    """Inputs of any length with 0 to 3 entities; the labels can be told from the words."""
    rng = np.random.default_rng(seed)
    return [_instance(rng, n_entities=int(rng.integers(0, 4))) for _ in range(n)]


def _instance(rng: np.random.Generator, *, n_entities: int) -> Instance:
    n = int(rng.integers(4, 12))
    words = rng.integers(3, N_WORDS, size=n).astype(np.int32)
    starts = rng.integers(0, n - 1, size=n_entities)
    features = Features(
        word_ids=words,
        word_offsets=np.zeros((n, 2), dtype=np.int32),
        word_texts=np.zeros(n, dtype=np.int32),
        word_types=np.zeros(n, dtype=np.int32),
        entity_ids=rng.integers(1, N_ENTITIES, size=n_entities).astype(np.int32),
        entity_ranges=np.stack([starts, starts + 1], axis=1).astype(np.int32).reshape(-1, 2),
        entity_types=np.zeros(n_entities, dtype=np.int32),
        entity_sources=np.arange(n_entities, dtype=np.int32),
    )
    targets = {
        "label": (words[starts] % N_LABELS).astype(np.int64),
        "text": np.array([words[0] % N_LABELS], dtype=np.int64),
    }
    return Instance(features=(features,), targets=targets)


class ToyObjective:
    """A label of each entity, and one of each text of an even number of words.

    ``spoiled`` is the number of words of inputs whose loss is no number. ``measures`` are sums that
    are given beside the losses: that of the right entities, and whatever else a test wants.
    """

    def __init__(
        self,
        *,
        draws: bool = False,
        masked: bool = False,
        spoiled: int = 0,
        measures: Mapping[str, float] | None = None,
    ) -> None:
        self.draws = draws
        self.masked = masked
        self.spoiled = spoiled
        self.measures = measures

    def collate(self, instances: Sequence[Instance], *, rng: np.random.Generator) -> TaskBatch:
        n_entities = sum(one.features[0].n_entities for one in instances)
        n_texts = sum(len(one.features[0]) % 2 == 0 for one in instances)
        batch = collate_instances(
            instances,
            max_mention_length=4,
            n_targets={"entities": n_entities, "texts": n_texts},
        )
        if self.draws:
            noise = torch.from_numpy(rng.integers(3, N_WORDS, size=batch.batch.n_words))
            keep = torch.from_numpy(rng.random(batch.batch.n_words) < 0.8)
            batch.batch.word_ids.copy_(torch.where(keep, batch.batch.word_ids, noise))
        return batch

    def losses(self, inputs: TaskBatch, *, model: Model) -> Mapping[str, torch.Tensor]:
        output = model.encoder(inputs.batch)
        even = torch.tensor([count % 2 == 0 for count in inputs.batch.layout.word_counts])
        zero = output.words.sum() * 0.0
        entities, texts, right = zero, zero, zero
        if inputs.batch.n_entities:
            scores = model.heads["main"](output, inputs.batch)
            right = scores.softmax(-1).gather(1, inputs.targets["label"].unsqueeze(1)).sum()
            entities = cross_entropy(scores, inputs.targets["label"], reduction="sum")
        if even.any():
            scores = model.heads["text"](output, inputs.batch)
            texts = cross_entropy(scores[even], inputs.targets["text"][even], reduction="sum")
        if self.masked:
            entities = entities + self._masked(output, inputs=inputs, model=model)
        if self.spoiled in inputs.batch.layout.word_counts:
            texts = texts * float("nan")
        losses = {"entities": entities, "texts": texts}
        if self.measures is None:
            return losses
        others = {name: torch.tensor(value) for name, value in self.measures.items()}
        return losses | {"entities/right": right} | others

    def _masked(self, output: Any, *, inputs: TaskBatch, model: Model) -> torch.Tensor:
        scores = model.heads["masked"](output, inputs.batch)
        words = cross_entropy(scores.words, inputs.batch.word_ids.long(), reduction="sum")
        return words + cross_entropy(
            scores.entities, inputs.batch.entity_ids.long(), reduction="sum"
        )


class StoppedError(Exception):
    """What ends a run in a test as if it were killed."""


class StoppingData(InstanceData):
    """Data that ends the run when a position is asked for."""

    def __init__(self, instances: Sequence[Instance], *, stop: int, **options: Any) -> None:
        super().__init__(instances, **options)
        self._stop = stop

    def batch(self, position: int) -> list[Instance]:
        if position >= self._stop:
            raise StoppedError
        return super().batch(position)


def make_config(**options: Any) -> TrainingConfig:
    options = {"epochs": 2, "log_every": 1} | options
    optimizer = {"learning_rate": 5e-3} | options.pop("optimizer", {})
    return TrainingConfig(optimizer=OptimizerConfig(**optimizer), **options)


def make_trainer(
    run_dir: Path,
    *,
    model: Model | None = None,
    objective: ToyObjective | None = None,
    data: Any = None,
    world: World | None = None,
    evaluate: Any = None,
    metric: str | None = None,
    trackers: Sequence[Any] = (),
    batch_size: int = 3,
    **options: Any,
) -> Trainer:
    return Trainer(
        model or make_model(),
        objective=objective or ToyObjective(),
        data=data or InstanceData(make_instances(), batch_size=batch_size),
        config=make_config(**options),
        run_dir=run_dir,
        trackers=trackers,
        evaluate=evaluate,
        metric=metric,
        world=world,
    )


def accuracy(model: Model) -> Scores:
    """How many entities of held-out inputs get their label."""
    instances = make_instances(seed=7)
    batch = ToyObjective().collate(instances, rng=np.random.default_rng(0))
    scores = model.heads["main"](model.encoder(batch.batch), batch.batch)
    right = (scores.argmax(-1) == batch.targets["label"]).float().mean()
    return Scores(values={"accuracy": float(right)})


def weights(model: Model) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def same_weights(a: Mapping[str, torch.Tensor], b: Mapping[str, torch.Tensor]) -> bool:
    return set(a) == set(b) and all(torch.equal(a[name], b[name]) for name in a)
