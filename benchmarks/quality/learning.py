"""What the small recipes reach, with entities, plain attention and words alone, seed by seed.

Run as ``python -m benchmarks.quality.learning wnut17 --seeds 0 1 2`` from the root of the
repository, with ``OPENLUKE_DATA`` and ``OPENLUKE_MODELS`` set (see recipes/README.md). Each run is
kept under ``--runs`` and goes on where it was killed; a run that is finished is not made again, so
the command can be given again with more seeds. The result is benchmarks/results/learning-NAME.json,
written after every run.
"""

import argparse
import logging
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks.speed.measure import environment, write
from openluke.finetuning.finetune import finetune
from openluke.finetuning.recipe import FinetuneConfig, read_recipe
from openluke.training.run_directory import SCORES

RECIPES = Path("recipes/small")
RESULTS = Path("benchmarks/results")
MODES: dict[str, dict[str, Any]] = {
    "entity-aware": {"attention": "entity-aware"},
    "plain": {"attention": "plain"},
    "words-only": {"attention": "plain", "options": {"mode": "words"}},
}
"""What each mode changes in a recipe."""
ALL_SPANS = "all-spans"
"""One more for names: entity-aware, and every span is read in training and after it."""
WITHOUT_PROPOSER = {"proposer": False, "keep": None}


def main() -> None:
    """Make the runs that are not there yet, and write what all that are there have reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", help="name of a file in recipes/small, without its ending")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    modes = [*MODES, ALL_SPANS]
    parser.add_argument("--modes", nargs="+", default=list(MODES), choices=modes)
    parser.add_argument("--runs", type=Path, default=Path("runs/learning"))
    parser.add_argument("--threads", type=int, default=1)
    dtypes = ["float32", "bfloat16"]
    parser.add_argument("--dtype", default="float32", choices=dtypes, help="of training")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    logging.basicConfig(level=logging.WARNING)
    path = RECIPES / f"{arguments.recipe}.toml"
    directory: Path = arguments.runs / arguments.recipe
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    wanted = [(mode, seed) for seed in arguments.seeds for mode in arguments.modes]
    for mode, seed in [*_finished(directory), *wanted]:
        config = _config(path, mode=mode, seed=seed, dtype=arguments.dtype)
        found = run_one(config, output=directory / f"{mode}-{seed}")
        rows[mode, seed] = found | {"mode": mode, "seed": seed}
        ordered = sorted(rows, key=lambda run: ([*MODES, ALL_SPANS].index(run[0]), run[1]))
        every = [rows[run] for run in ordered]
        _write(every, name=arguments.recipe, threads=arguments.threads, config=config)


def _finished(directory: Path) -> list[tuple[str, int]]:
    """The runs of a recipe that are there already, by mode and seed."""
    names = [file.parent.name.rsplit("-", 1) for file in directory.glob(f"*/{SCORES}")]
    return sorted((mode, int(seed)) for mode, seed in names)


def _config(path: Path, *, mode: str, seed: int, dtype: str) -> FinetuneConfig:
    changes: dict[str, Any] = {**MODES.get(mode, MODES["entity-aware"]), "seed": seed}
    changes["training"] = {"dtype": dtype}
    options: dict[str, Any] = changes.get("options", {})
    if mode == ALL_SPANS:
        options = {**WITHOUT_PROPOSER, "negatives": None}
    elif mode == "words-only" and read_recipe(path).task == "ner":
        # it draws spans too: on all of them it learns far less
        options = {**WITHOUT_PROPOSER, **options}
    return read_recipe(path, changes={**changes, "options": options})


def run_one(config: FinetuneConfig, *, output: Path) -> dict[str, Any]:
    """Make a run, or read one that is finished, for its scores and figures."""
    result = finetune(config, output=output, device="cpu")
    assert result is not None
    report = result.report
    (scores,) = report["scores"].values()
    values = {name: _rounded(found["values"]) for name, found in scores.items()}
    return {
        "scores": values,
        "training_instances_per_second": report["instances_per_second"],
        "examples_per_second": report["examples_per_second"],
        "seconds": report["seconds"],
        "steps": report["steps"],
        "best_step": report["best_step"],
        "peak_memory": report["peak_memory"],
    }


def _write(
    rows: Sequence[Mapping[str, Any]], *, name: str, threads: int, config: FinetuneConfig
) -> None:
    first = rows[0]["scores"]
    tables = {file: table_of(rows, file=file, metric=next(iter(first[file]))) for file in first}
    result = {
        "benchmark": f"learning-{name}",
        "recipe": f"recipes/small/{name}.toml",
        "unit": "share, mean and standard deviation over seeds",
        "epochs": config.training.epochs,
        "dtype": config.training.dtype,
        "options": read_recipe(RECIPES / f"{name}.toml").options,
        "summary": tables,
        "threads": threads,
        "runs": list(rows),
    }
    write(result | environment(), output=str(RESULTS / f"learning-{name}.json"))


def table_of(rows: Sequence[Mapping[str, Any]], *, file: str, metric: str) -> dict[str, Any]:
    """Mean and deviation of a score over the seeds of each mode."""
    found: dict[str, Any] = {}
    for mode in dict.fromkeys(row["mode"] for row in rows):
        values = [row["scores"][file][metric] for row in rows if row["mode"] == mode]
        spread = statistics.stdev(values) if len(values) > 1 else None
        found[mode] = {
            metric: round(statistics.mean(values), 4),
            "deviation": None if spread is None else round(spread, 4),
            "seeds": len(values),
        }
    return found


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in values.items()}


if __name__ == "__main__":
    main()
