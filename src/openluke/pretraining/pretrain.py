"""From corpora to a LUKE, in phases."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from openluke.checkpoints.saving import save_bundle
from openluke.inference.devices import choose_device
from openluke.pretraining.card import card_notes
from openluke.pretraining.corpus.corpus import Corpus, check_alike
from openluke.pretraining.origin import hashes_of, origin_of
from openluke.pretraining.phases import PhaseRun
from openluke.pretraining.recipe import PretrainConfig
from openluke.pretraining.start import starting_bundle
from openluke.training.distributed import joined
from openluke.training.machine import described, peak_memory
from openluke.training.run_directory import MODEL, begin, owned, read_scores, write_scores
from openluke.training.state import check_torch
from openluke.training.trackers.tracker import Tracker

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrainResult:
    """What came of a run."""

    directory: Path
    """The run's directory: the model in ``model``, ``scores.json``, and of each phase, below
    ``phases``, its model, ``metrics.jsonl`` and ``training.png``."""
    report: dict[str, Any]
    """What ``scores.json`` says."""

    @property
    def model(self) -> Path:
        """The pretrained model."""
        return self.directory / MODEL


def pretrain(
    config: PretrainConfig,
    *,
    output: str | Path,
    device: str = "auto",
    trackers: Sequence[Tracker] = (),
) -> PretrainResult | None:
    """Pretrain a model by a recipe, phase by phase.

    A run that was killed goes on when it is called again: with the same inputs, masks and weights,
    bit for bit on a CPU, as if nothing had happened. One that is finished is not made again. Under
    ``torchrun`` the processes train together.

    Args:
        config: The recipe.
        output: The directory of the run, new or of the same run.
        device: Where to compute: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        trackers: Where each phase reports to, besides ``metrics.jsonl``.

    Returns:
        What came of it; ``None`` in the processes of ``torchrun`` that are not the first.
    """
    check_torch()
    directory = Path(output)
    corpora = [Corpus.open(path) for path in config.corpora]
    check_alike(corpora)
    origin = origin_of(config, corpora=corpora)
    with joined(choose_device(device)) as world:
        alone = owned(directory, origin=origin, hashes=hashes_of(origin))
        with alone if world.is_first else nullcontext():
            report = world.gather(read_scores(directory))[0]
            if report is not None:
                logger.info("%s: is finished already; nothing is trained", directory)
            else:
                phases = [
                    PhaseRun(
                        config=config,
                        number=number,
                        directory=directory,
                        corpora=corpora,
                        world=world,
                    )
                    for number in range(len(config.phases))
                ]
                report = _run(phases, origin=origin, trackers=trackers)
    return PretrainResult(directory=directory, report=report) if world.is_first else None


def _run(
    phases: Sequence[PhaseRun], *, origin: Mapping[str, Any], trackers: Sequence[Tracker]
) -> dict[str, Any]:
    """Run what is not done of the phases, and save the model that comes of the last."""
    first = phases[0]
    config, directory, world = first.config, first.directory, first.world
    done = world.gather([phase.read_report() for phase in phases])[0]
    reports: list[dict[str, Any]] = list(takewhile(lambda report: report is not None, done))
    if reports:
        bundle = phases[len(reports) - 1].load()
    else:
        bundle = starting_bundle(config.start, corpus=first.corpora[0], seed=config.seed)
    if world.is_first:
        begin(directory, origin=origin)
    for phase in phases[len(reports) :]:
        logger.info("phase %d of %d: %s", phase.number + 1, len(phases), phase.phase.name)
        bundle, report = phase.run(bundle, trackers=trackers)
        reports.append(report)
    whole = {
        "phases": reports,
        "held_out": reports[-1]["held_out"],
        "seconds": round(sum(report["seconds"] for report in reports), 2),
        "peak_memory": peak_memory(world.device),
        "device": described(world),
        "seed": config.seed,
    }
    if world.is_first:
        notes = card_notes(config, corpora=first.corpora, reports=reports)
        save_bundle(bundle, directory=directory / MODEL, replace=True, notes=notes)
        write_scores(directory, values=whole)
    world.wait()
    return whole
