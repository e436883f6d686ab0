"""Whether entities help, in small: models on the way to mini-en, fine-tuned on one recipe.

Run as ``python -m benchmarks.quality.entities_help crossner-ai --seeds 0 1 2`` when
``benchmarks.quality.pretraining`` has trained mini-en and its control mini-en-words (see there).
That entities help may be said only of what is better than the control: the same encoder, text and
number of steps, with masked words alone. Runs are kept and go on as those of
``benchmarks.quality.learning``; the result is benchmarks/results/entities_help-NAME.json.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from benchmarks.quality.learning import MODES, RECIPES, RESULTS, run_one, table_of
from benchmarks.speed.measure import environment, write
from openluke.finetuning.recipe import FinetuneConfig, read_recipe
from openluke.training.run_directory import SCORES


class Way(NamedTuple):
    """A model and how it is fine-tuned."""

    model: str
    """Below the folder of pretraining runs."""
    mode: str


WAYS = {
    "encoder alone": Way("start", "words-only"),
    "before pretraining": Way("start", "entity-aware"),
    "after phase 1": Way("mini-en/phases/1-entities/model", "entity-aware"),
    "after phase 2": Way("mini-en/model", "entity-aware"),
    "after phase 2, plain attention": Way("mini-en/model", "plain"),
    "after phase 2, words alone": Way("mini-en/model", "words-only"),
    "control: masked words alone": Way("mini-en-words/model", "entity-aware"),
    "control, words alone": Way("mini-en-words/model", "words-only"),
}


def main() -> None:
    """Make the runs that are not there yet, and write what all have reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", help="name of a file in recipes/small, without its ending")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--models", type=Path, default=Path("runs/pretraining"))
    parser.add_argument("--runs", type=Path, default=Path("runs/entities_help"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    logging.basicConfig(level=logging.WARNING)
    directory: Path = arguments.runs / arguments.recipe
    wanted = [(name, seed) for seed in arguments.seeds for name in arguments.ways]
    done = [
        (name, int(file.parent.name.rpartition("-")[2]))
        for name in WAYS
        for file in sorted(directory.glob(f"{_slug(name)}-[0-9]*/{SCORES}"))
    ]
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    for name, seed in [*done, *wanted]:
        config = _config(arguments, way=WAYS[name], seed=seed)
        found = run_one(config, output=directory / f"{_slug(name)}-{seed}")
        rows[name, seed] = found | {"mode": name, "seed": seed}
        ordered = sorted(rows, key=lambda run: (list(WAYS).index(run[0]), run[1]))
        _write([rows[run] for run in ordered], name=arguments.recipe, config=config)


def _config(arguments: argparse.Namespace, *, way: Way, seed: int) -> FinetuneConfig:
    changes: dict[str, Any] = {
        **MODES[way.mode],
        "seed": seed,
        "model": str((arguments.models / way.model).absolute()),
        "training": {"dtype": arguments.dtype},
    }
    path = RECIPES / f"{arguments.recipe}.toml"
    if way.mode == "words-only" and read_recipe(path).task == "ner":
        changes["options"] = {"proposer": False, "keep": None, **changes["options"]}
    return read_recipe(path, changes=changes)


def _slug(name: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in name).split())


def _write(rows: Sequence[dict[str, Any]], *, name: str, config: FinetuneConfig) -> None:
    first = rows[0]["scores"]
    result = {
        "benchmark": f"entities_help-{name}",
        "recipe": f"recipes/small/{name}.toml",
        "unit": "share, mean and standard deviation over seeds",
        "dtype": config.training.dtype,
        "summary": {
            file: table_of(rows, file=file, metric=next(iter(first[file]))) for file in first
        },
        "runs": rows,
    }
    threads = torch.get_num_threads()
    write(result | environment(threads=threads), output=RESULTS / f"entities_help-{name}.json")


if __name__ == "__main__":
    main()
