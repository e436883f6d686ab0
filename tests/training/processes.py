"""A program for several processes: ``torchrun -m tests.training.processes DIRECTORY CASE…``.

Each case leaves the gradients of its first step, its final weights and its run in the directory.
A step has four micro-batches of one input each, whoever reads them: some have no entities, some
have no text with a label, so that processes do not use the same parameters.
"""

import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch.distributed.tensor import DTensor

from openluke.training.data import InstanceData
from openluke.training.distributed import World, joined, whole_weights
from openluke.training.trainer import Trainer
from tests.training import toy

STOP = 8
MASKED = {"masked": True, "evaluate": toy.accuracy, "evaluate_every": 8, "measures": {}}
LAZY = {"optimizer": {"lazy": ("encoder.entities.table", "heads.main.classifier.bias")}}
SHORT = {"masked": True, "max_steps": 12, "checkpoint_every": 5} | LAZY
CASES: dict[str, dict[str, Any]] = {
    "ddp": MASKED,
    "fsdp": MASKED | {"strategy": "fsdp"},
    "ddp-dropout": {"dropout": 0.3, "max_steps": 6, "data_workers": 2},
    "fsdp-checkpointing": {"dropout": 0.3, "max_steps": 6}
    | {"strategy": "fsdp", "gradient_checkpointing": True, "measure_utilisation": True}
    | {"optimizer": {"bias_correction": False}},
    "ddp-lazy": {"max_steps": 6} | LAZY,
    "fsdp-lazy": {"max_steps": 6, "strategy": "fsdp"} | LAZY,
    "fsdp-stopped": SHORT | {"strategy": "fsdp", "stop": STOP},
    "fsdp-continued": SHORT | {"strategy": "fsdp"},
    "ddp-continued": SHORT,
}


def make_case(run_dir: Path, *, world: World, stop: int | None = None, **options: Any) -> Trainer:
    """The trainer of a case."""
    model = {name: options.pop(name) for name in ("dropout", "masked") if name in options}
    measures = options.pop("measures", None)
    options = {"max_steps": 20, "epochs": 20, "accumulation": 4 // world.size} | options
    instances = toy.make_instances()
    data = InstanceData(instances, batch_size=1)
    if stop is not None:
        data = toy.StoppingData(instances, batch_size=1, stop=4 * stop)
    return toy.make_trainer(
        run_dir,
        model=toy.make_model(**model),
        objective=toy.ToyObjective(draws=True, masked=bool(model.get("masked")), measures=measures),
        data=data,
        world=world,
        **options,
    )


def first_gradients(run_dir: Path, *, world: World, **options: Any) -> dict[str, torch.Tensor]:
    """The whole gradients of a first step."""
    made = make_case(run_dir, world=world, **options)
    made._prepare()
    made.model.train()
    made._stepper.backward(step=0, first=0, size=4)
    return {
        name: (grad.full_tensor() if isinstance(grad, DTensor) else grad).clone()
        for name, parameter in made.model.named_parameters()
        if (grad := parameter.grad) is not None
    }


def run_case(name: str, *, directory: Path, world: World, **options: Any) -> None:
    """Run one case and leave its files."""
    torch.set_num_threads(1)
    options = CASES[name] | options
    gradients = first_gradients(directory / f"{name}-first", world=world, **options)
    made = make_case(directory / name, world=world, **options)
    with suppress(toy.StoppedError):
        made.run()
    weights = whole_weights(made.model)
    if world.is_first:
        save_file(gradients, directory / f"{name}.gradients")
        save_file({k: v.contiguous() for k, v in weights.items()}, directory / f"{name}.weights")


def main() -> None:
    """Run the cases that are asked for."""
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", category=ResourceWarning)
    directory = Path(sys.argv[1])
    with joined() as world:
        for name in sys.argv[2:]:
            run_case(name, directory=directory, world=world)


if __name__ == "__main__":
    main()
