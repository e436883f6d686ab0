"""One phase of pretraining: a model in, a model and what it scored out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from openluke.artifacts import atomic_file
from openluke.checkpoints.bundle import Bundle
from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.saving import save_bundle
from openluke.checkpoints.weights import read_weights, write_weights
from openluke.errors import ConfigError
from openluke.model.heads import Head
from openluke.model.model import Model
from openluke.pretraining.card import card_notes
from openluke.pretraining.corpus.corpus import Corpus
from openluke.pretraining.data import CorpusData
from openluke.pretraining.dropout import set_dropout
from openluke.pretraining.held_out import METRICS, HeldOut
from openluke.pretraining.objective import MASKED, PAGE_ENTITY, PretrainingObjective
from openluke.pretraining.page_entity import PageEntityHead
from openluke.pretraining.recipe import PhaseConfig, PretrainConfig, PretrainingConfig
from openluke.records import to_json
from openluke.training.distributed import World, whole_weights
from openluke.training.result import TrainingResult
from openluke.training.run_directory import MODEL, remove_checkpoints
from openluke.training.trackers.tracker import Tracker
from openluke.training.trainer import Trainer
from openluke.training.whole_bundle import whole_bundle

REPORT = "phase.json"
"""Says what a phase found, and that it is finished."""
_PAGE_WEIGHTS = f"{PAGE_ENTITY}.safetensors"
"""The head that no model keeps, for the phase that follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseRun:
    """A phase, where it runs and on what."""

    config: PretrainConfig
    number: int
    """Which of the phases of the recipe, counted from 0."""
    directory: Path
    """Of the whole run."""
    corpora: Sequence[Corpus]
    world: World

    @property
    def phase(self) -> PhaseConfig:
        """What the recipe says of it."""
        return self.config.phases[self.number]

    @property
    def place(self) -> Path:
        """The directory of the phase."""
        return self.directory / "phases" / f"{self.number + 1}-{self.phase.name}"

    def read_report(self) -> dict[str, Any] | None:
        """What a finished phase found; ``None`` if it is not finished."""
        file = self.place / REPORT
        return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None

    def load(self) -> Bundle:
        """The model that a finished phase has made."""
        return load_bundle(self.place / MODEL)

    def run(self, bundle: Bundle, *, trackers: Sequence[Tracker]) -> tuple[Bundle, dict[str, Any]]:
        """Train a model, save it, and say what was found; every process must ask.

        Args:
            bundle: What the phase starts from.
            trackers: Where it reports to, besides ``metrics.jsonl``.
        """
        data = corpus_data(self.config, corpora=self.corpora, number=self.number)
        training = training_of(self.phase, data=data, world=self.world)
        objective = PretrainingObjective(
            self.config.objective,
            tokenizer=bundle.tokenizer,
            entities=bundle.entities,
            max_mention_length=bundle.inputs.max_mention_length,
        )
        model = model_of(bundle, config=self.config, number=self.number)
        if self.number and PAGE_ENTITY in model.heads:
            before = replace(self, number=self.number - 1).place / _PAGE_WEIGHTS
            model.heads[PAGE_ENTITY].load_state_dict(read_weights(before))
        evaluate = self._evaluator(objective)
        trainer = Trainer(
            model,
            objective=objective,
            data=data,
            config=replace(training, seed=self.config.seed + self.number),
            run_dir=self.place,
            trackers=trackers,
            evaluate=evaluate,
            metric=None if evaluate is None else self._metric(),
            world=self.world,
        )
        result = trainer.run()
        trained = whole_bundle(bundle, model=model, tasks=())
        report = _report(self.phase, result=result)
        kept = whole_weights(model)
        if self.world.is_first:
            self._save(trained, weights=kept, report=report)
        self.world.wait()
        return trained, report

    def _earlier(self) -> list[dict[str, Any]]:
        """What the phases before this one found."""
        before = (replace(self, number=number).read_report() for number in range(self.number))
        return [report for report in before if report is not None]

    def _evaluator(self, objective: PretrainingObjective) -> HeldOut | None:
        sources = [corpus.validation for corpus in self.corpora]
        if not self.config.n_held_out or not any(map(len, sources)):
            return None
        return HeldOut(
            sources,
            objective=objective,
            n_inputs=self.config.n_held_out,
            batch_size=self.phase.training.batch_size,
            device=self.world.device,
        )

    def _metric(self) -> str:
        objective = self.config.objective
        is_of_entities = not objective.words_only and objective.entity_loss != "none"
        return METRICS[0] if is_of_entities else METRICS[1]

    def _save(
        self, trained: Bundle, *, weights: Mapping[str, Tensor], report: dict[str, Any]
    ) -> None:
        notes = card_notes(self.config, corpora=self.corpora, reports=[*self._earlier(), report])
        save_bundle(trained, directory=self.place / MODEL, replace=True, notes=notes)
        prefix = f"heads.{PAGE_ENTITY}."
        of_page = {k.removeprefix(prefix): v for k, v in weights.items() if k.startswith(prefix)}
        if of_page:
            write_weights(of_page, path=self.place / _PAGE_WEIGHTS)
        with atomic_file(self.place / REPORT) as temporary:
            text = json.dumps(report, indent=2, ensure_ascii=False)
            temporary.write_text(text + "\n", encoding="utf-8")
        if not self.config.leave_checkpoints:
            remove_checkpoints(self.place)


def corpus_data(config: PretrainConfig, *, corpora: Sequence[Corpus], number: int) -> CorpusData:
    """What a phase of a recipe reads, in an order of its own."""
    return CorpusData(
        [corpus.train for corpus in corpora],
        seed=config.seed + number,
        batch_size=config.phases[number].training.batch_size,
        smoothing=config.smoothing,
    )


def training_of(phase: PhaseConfig, *, data: CorpusData, world: World) -> PretrainingConfig:
    """How a phase trains among some processes: their share of a step, and how often it reads."""
    training = phase.training
    if training.step_batches % world.size:
        raise ConfigError(
            f"phase {phase.name!r}: a step of {training.step_inputs} inputs has "
            f"{training.step_batches} batches of {training.batch_size}, which {world.size} "
            "processes cannot share equally; choose a batch_size that divides them"
        )
    accumulation = training.step_batches // world.size
    epochs = training.epochs
    if training.max_steps is not None:
        epochs = -(-training.max_steps * training.step_batches // data.start(1))
    return replace(training, epochs=epochs, accumulation=accumulation)


def model_of(bundle: Bundle, *, config: PretrainConfig, number: int = 0) -> Model:
    """The encoder with what is pretrained on it, as a phase trains it.

    Args:
        bundle: What the phase starts from.
        config: The recipe.
        number: Which phase it is, counted from 0.
    """
    model = Model(bundle.encoder, heads={MASKED: cast("Head", bundle.head(MASKED).module)})
    if config.objective.page_entity:
        generator = torch.Generator().manual_seed(config.seed)
        model.heads[PAGE_ENTITY] = PageEntityHead(bundle.encoder.config, generator=generator)
    if (dropout := config.phases[number].training.dropout) is not None:
        set_dropout(model, share=dropout)
    return model


def _report(phase: PhaseConfig, *, result: TrainingResult) -> dict[str, Any]:
    seconds = result.seconds
    return {
        "name": phase.name,
        "steps": result.steps,
        "why": result.why,
        "seconds": round(seconds, 2),
        "inputs": result.n_instances,
        "inputs_per_second": round(result.n_instances / seconds if seconds else 0.0, 2),
        "held_out": None if result.scores is None else to_json(result.scores),
    }
