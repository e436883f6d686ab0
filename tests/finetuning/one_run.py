"""A program that fine-tunes: ``python -m tests.finetuning.one_run DIRECTORY OUTPUT [STEP]``.

It is killed by SIGKILL after a step, if one is given. Under ``torchrun`` its processes share each
step.
"""

import json
import os
import signal
import sys
import warnings
from pathlib import Path
from typing import Any

import torch

from openluke.checkpoints.saving import save_bundle
from openluke.config import from_mapping
from openluke.finetuning.finetune import FinetuneResult, finetune
from openluke.finetuning.recipe import FinetuneConfig, merge
from tests.finetuning.tiny_start import tiny_bundle

STEPS = 12
WORDS = {"city": ["Tokyo", "London", "Egypt"], "river": ["Nile", "river", "flows"]}


def write_inputs(directory: Path) -> None:
    """A model to start from, and files of examples."""
    save_bundle(tiny_bundle(), directory=directory / "start")
    rows = [
        json.dumps({"text": f"the {word} {n}", "label": label})
        for n in range(4)
        for label, words in WORDS.items()
        for word in words
    ]
    for name, part in (("train", rows), ("dev", rows[:6])):
        (directory / f"{name}.jsonl").write_text("\n".join(part) + "\n", encoding="utf-8")


def make_config(directory: Path, **changes: Any) -> FinetuneConfig:
    """A recipe with dropout, and steps that two processes can share."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    values = {
        "model": str(directory / "start"),
        "task": "sequence_classification",
        "data": {name: str(directory / f"{name}.jsonl") for name in ("train", "dev")},
        "training": {"epochs": 3, "batch_size": 3, "accumulation": 2 // size, "log_every": 1}
        | {"checkpoint_every": 2},
    }
    return from_mapping(FinetuneConfig, values=merge(values, changes=changes), where="test")


def run(directory: Path, *, output: Path, trackers: Any = (), **changes: Any) -> FinetuneResult:
    """Fine-tune in this process."""
    config = make_config(directory, **changes)
    result = finetune(config, output=output, device="cpu", trackers=trackers)
    assert result is not None
    return result


class At:
    """A tracker that does something after a step."""

    def __init__(self, step: int, *, do: Any) -> None:
        self._step, self._do = step, do

    def start(self, facts: Any) -> None: ...

    def log(self, values: Any, *, step: int) -> None: ...

    def advance(self, step: int) -> None:
        if step == self._step:
            self._do()

    def finish(self) -> None: ...


def main() -> None:
    """Run once."""
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", category=ResourceWarning)
    torch.set_num_threads(1)
    directory, output, *step = sys.argv[1:]
    trackers = [At(int(one), do=lambda: os.kill(os.getpid(), signal.SIGKILL)) for one in step]
    config = make_config(Path(directory))
    finetune(config, output=output, device="cpu", trackers=trackers)


if __name__ == "__main__":
    main()
