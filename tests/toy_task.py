"""A task as small as can be, for tests of what is said of every task."""

# ruff: noqa: ARG002, ARG003, ARG005 - the arguments are those of the contract
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from openluke.formats.form import Form
from openluke.instances import Instance, Outputs, TaskBatch, collate_instances, split_rows
from openluke.model.config import HeadConfig, HeadKind
from openluke.model.model import Model
from openluke.records import ClassifiedText, Scores, from_json
from openluke.task import MAIN, TaskSetup
from openluke.tokenization.entity_inputs import EntityInputs
from openluke.tokenization.passages import Passage

DEADLY = "deadly"
"""A text that ends the process that encodes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToyConfig:
    """Options of the toy."""

    temperature: float = 1.0
    """What logits are divided by."""
    second_head: bool = False
    """Whether there is a head that is not used."""
    with_titles: bool = False
    """Whether it says that it needs titles."""
    rounds: int = 1
    """How often an example is predicted; each time its text gets another word."""


def read_toy(path: Path, *, lower: bool = False) -> Iterator[ClassifiedText]:
    """Lines of a label and a text."""
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        label, text = line.split("\t")
        yield ClassifiedText(text=text.lower() if lower else text, label=label)


class ToyTask:
    """One label of a text, windows averaged."""

    name: ClassVar[str] = "toy"
    summary: ClassVar[str] = "One label of a text."
    example_type: ClassVar[type] = ClassifiedText
    prediction_type: ClassVar[type] = ClassifiedText
    config_type: ClassVar[type] = ToyConfig
    primary_metric: ClassVar[str] = "accuracy"
    head_kinds: ClassVar[tuple[HeadKind, ...]] = ("mention_vector",)
    forms: ClassVar[tuple[Form, ...]] = (
        Form(
            name="tsv",
            summary="A label, a tab and a text on each line.",
            read=read_toy,
            looks_like=lambda head: "\t" in head,
        ),
    )

    def __init__(self, config: ToyConfig, *, setup: TaskSetup) -> None:
        self.config = config
        self.setup = setup
        inputs = replace(setup.inputs, layout="plain", on_overflow="window")
        self._inputs = EntityInputs(setup.tokenizer, setup.entities, inputs)

    @classmethod
    def labels_of(cls, examples: Iterable[ClassifiedText], *, config: Any) -> tuple[str, ...]:
        return tuple(sorted({example.label or "" for example in examples}))

    @property
    def needs_titles(self) -> bool:
        return self.config.with_titles

    def head_configs(self) -> Mapping[str, HeadConfig]:
        heads = {MAIN: HeadConfig(kind="sequence", n_labels=len(self.setup.labels), dropout=0.0)}
        if self.config.second_head:
            heads = {"other": HeadConfig(kind="span_proposer", inner_size=4, n_layers=1)} | heads
        return heads

    def encode(self, examples: Sequence[ClassifiedText]) -> list[list[Instance]]:
        if any(example.text == DEADLY for example in examples):
            os._exit(1)
        encoded = self._inputs.encode([Passage(text=example.text) for example in examples])
        labels = {label: i for i, label in enumerate(self.setup.labels)}
        return [
            [
                Instance(
                    features=(features,),
                    targets={"label": np.array([labels[example.label]])}
                    if example.label in labels
                    else {},
                )
                for features in windows
                if example.text
            ]
            for example, windows in zip(examples, encoded, strict=True)
        ]

    def collate(self, instances: Sequence[Instance], *, rng: np.random.Generator) -> TaskBatch:
        return collate_instances(
            instances,
            max_mention_length=self.setup.inputs.max_mention_length,
            n_targets={"loss": len(instances)},
        )

    def losses(self, inputs: TaskBatch, *, model: Model) -> Mapping[str, torch.Tensor]:
        logits = self._logits(inputs, model=model)
        return {"loss": cross_entropy(logits, inputs.targets["label"], reduction="sum")}

    def outputs(self, inputs: TaskBatch, *, model: Model) -> list[Outputs]:
        logits = self._logits(inputs, model=model)
        return [{"logits": one} for one in split_rows(logits, sizes=[1] * len(inputs.instances))]

    def decode(
        self, example: ClassifiedText, *, instances: Sequence[Instance], outputs: Sequence[Outputs]
    ) -> ClassifiedText:
        if not outputs:
            return ClassifiedText(text=example.text, id=example.id)
        logits = np.concatenate([one["logits"] for one in outputs]).mean(0)
        scaled = np.exp(logits.astype(np.float64) / self.config.temperature)
        shares = scaled / scaled.sum()
        best = int(shares.argmax())
        labels = self.setup.labels
        return ClassifiedText(
            text=example.text,
            label=labels[best],
            score=float(shares[best]),
            scores=dict(zip(labels, shares.tolist(), strict=True)),
            id=example.id,
        )

    def score(self, gold: Sequence[Any], *, predicted: Sequence[Any]) -> Scores:
        right = [g.label == p.label for g, p in zip(gold, predicted, strict=True)]
        return Scores(values={"accuracy": float(np.mean(right))}, counts={"examples": len(right)})

    def judge(self, gold: Any, *, predicted: Any) -> Iterator[tuple[float, bool]]:
        yield predicted.score, predicted.label == gold.label

    def next_round(self, example: Any, *, prediction: Any) -> ClassifiedText | None:
        if example.text.count("again") >= self.config.rounds - 1:
            return None
        return replace(example, text=example.text + " again")

    def _logits(self, inputs: TaskBatch, *, model: Model) -> torch.Tensor:
        return model.heads[MAIN](model.encoder(inputs.batch), inputs.batch)


class _EntryPoint:
    name = "toy"

    def load(self) -> type:
        return ToyTask


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the toy a task that is found by its name, as a package's entry point is."""
    monkeypatch.setattr("openluke.task.entry_points", lambda group: [_EntryPoint()])


def install_for_processes(monkeypatch: pytest.MonkeyPatch, *, directory: Path) -> None:
    """The same for processes that are started, which are told nothing but the search path."""
    metadata = directory / "toy-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: toy\nVersion: 1.0\n")
    entry = "[openluke.tasks]\ntoy = tests.toy_task:ToyTask\n"
    (metadata / "entry_points.txt").write_text(entry)
    monkeypatch.syspath_prepend(directory)


def examples() -> list[ClassifiedText]:
    """A few texts of two labels."""
    rows = [("river", "the Nile flows"), ("city", "Tokyo is large"), ("river", "a river flows")]
    return [from_json(ClassifiedText, values={"label": a, "text": b}) for a, b in rows]
