"""``openluke pretrain run``: a LUKE from corpora, phase by phase."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from openluke.cli.evaluate import print_scores
from openluke.cli.facts import print_facts
from openluke.cli.settings import read_settings
from openluke.errors import ConfigError
from openluke.inference.devices import choose_device
from openluke.pretraining.corpus.corpus import Corpus, check_alike
from openluke.pretraining.estimate import PhaseEstimate, estimate_phases
from openluke.pretraining.pretrain import pretrain
from openluke.pretraining.recipe import PretrainConfig, read_pretrain_recipe
from openluke.pretraining.start import starting_bundle
from openluke.records import Scores, from_json
from openluke.training.trackers.named import TrackerName, make_tracker

_UNITS = ((86_400, "days"), (3_600, "hours"), (60, "minutes"), (1, "seconds"))


def run(
    recipe: Path,
    *,
    output: Path | None = None,
    corpus: Annotated[list[Path] | None, Parameter(negative="")] = None,
    set: Annotated[list[str] | None, Parameter(negative="")] = None,  # noqa: A002
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    tracker: Annotated[list[TrackerName] | None, Parameter(negative="")] = None,
    device: str = "auto",
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Pretrain a model by a recipe: a TOML file with corpora, a start and phases.

    A run that was killed goes on when the same command is given again. The model is in
    OUTPUT/model, that of each phase in OUTPUT/phases, with its metrics.jsonl and training.png.
    Several processes train together under torchrun: `torchrun --nproc-per-node 8 -m openluke
    pretrain run …`.

    Args:
        recipe: The recipe; see recipes/README.md.
        output: The directory of the run.
        corpus: A corpus that is read in place of those of the recipe; may be given several times.
        set: Any key of the recipe, such as training.batch_size=8 (of all phases) or
            objective.masking.entities=0.3; may be given several times.
        dry_run: Say what would be done, with the memory and the time that it takes, and measure one
            step of each phase; nothing is written.
        tracker: Where to report to, besides metrics.jsonl; may be given several times.
        device: Where to compute: auto (CUDA, then MPS, then the CPU), cpu, cuda, cuda:N or mps.
        json: With --dry-run, print JSON.
    """
    logging.getLogger("openluke.pretraining").setLevel(logging.INFO)
    changes = read_settings(set or ())
    if corpus:
        changes["corpora"] = [str(path.absolute()) for path in corpus]
    config = read_pretrain_recipe(recipe, changes=changes)
    if dry_run:
        _show(config, device=device, as_json=json)
        return
    if output is None:
        raise ConfigError("nothing says where the run goes; give --output, or --dry-run")
    names: list[TrackerName] = ["plot", *(tracker or ("console",))]
    trackers = [make_tracker(name) for name in dict.fromkeys(names)]
    result = pretrain(config, output=output, device=device, trackers=trackers)
    if result is None:
        return
    if result.report["held_out"]:
        scores = from_json(Scores, values=result.report["held_out"])
        print_scores(scores, title="on what was held out", as_json=False)
    print(f"{result.model}: the model, with its card; {output}/scores.json has the scores")


def _show(config: PretrainConfig, *, device: str, as_json: bool) -> None:
    """Print what a run reads, trains and takes."""
    corpora = [Corpus.open(path) for path in config.corpora]
    check_alike(corpora)
    bundle = starting_bundle(config.start, corpus=corpora[0], seed=config.seed)
    sizes = bundle.encoder.config
    place = choose_device(device)
    phases = estimate_phases(config, bundle=bundle, corpora=corpora, device=place)
    facts: dict[str, Any] = {
        "corpora": _of_corpora(corpora, smoothing=config.smoothing),
        "model": {
            "starts from": config.start.model or "random weights",
            "layers": f"{sizes.n_layers} of width {sizes.hidden_size}",
            "words": sizes.n_words,
            "entities": f"{sizes.n_entities:,} of width {sizes.entity_size}",
            "attention": "entity-aware" if sizes.entity_aware else "plain",
        },
        "phases": {phase.name: _of_phase(phase) for phase in phases},
        "time in all, with one process here": _time(sum(phase.seconds for phase in phases)),
        "measured on": place.type,
    }
    print_facts("pretraining run", facts=facts, as_json=as_json)


def _of_corpora(corpora: Sequence[Corpus], *, smoothing: float) -> dict[str, Any]:
    weights = [corpus.info.n_train**smoothing for corpus in corpora]
    return {
        str(corpus.path): {
            "language": corpus.info.language,
            "made from": {
                name: str(value)[:19] for name, value in sorted(corpus.manifest.inputs.items())
            },
            "inputs": corpus.info.n_train,
            "inputs held out": corpus.info.n_validation,
            "word pieces": corpus.info.n_pieces,
            "mentions": corpus.info.n_mentions,
            "share of what is read": f"{weight / sum(weights):.1%}",
        }
        for corpus, weight in zip(corpora, weights, strict=True)
    }


def _of_phase(phase: PhaseEstimate) -> dict[str, Any]:
    return {
        "steps": phase.steps,
        "inputs of a step": phase.inputs,
        "epochs": f"{phase.epochs:.2f}",
        "parameters trained": phase.n_trained,
        "parameters frozen": phase.n_frozen,
        "memory": {
            "weights": _size(phase.weights),
            "gradients and moments": _size(phase.gradients),
            "one micro-batch": _size(phase.activations),
            "in all, at least": _size(phase.memory),
        },
        "time of a step": f"{phase.step_seconds:.2f} seconds",
        "time": _time(phase.seconds),
    }


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 2**30:.2f} GiB" if n_bytes >= 2**30 else f"{n_bytes / 2**20:.0f} MiB"


def _time(seconds: float) -> str:
    size, unit = next((one for one in _UNITS if seconds >= 2 * one[0]), _UNITS[-1])
    return f"{seconds / size:.1f} {unit}"
