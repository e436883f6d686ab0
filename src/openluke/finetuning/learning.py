"""What a run learns from: instances of every task, in micro-batches of one order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from openluke.checkpoints.bundle import Bundle
from openluke.errors import DataError
from openluke.finetuning.data import Splits
from openluke.finetuning.recipe import FinetuneConfig
from openluke.instances import Instance
from openluke.model.heads import Head
from openluke.model.model import Model
from openluke.task import Objective, Task
from openluke.training.data import DataSource, InstanceData
from openluke.training.mixture import MixedData, MixedObjective, Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """What the training loop is given."""

    model: Model
    objective: Objective
    data: DataSource


def learning_of(
    bundle: Bundle,
    *,
    tasks: Mapping[str, Task[Any, Any]],
    splits: Mapping[str, Splits],
    config: FinetuneConfig,
) -> Learning:
    """Encode the training examples of all tasks, and put their heads on one encoder."""
    sources = {
        name: _source(name, task=task, examples=splits[name].train, config=config)
        for name, task in tasks.items()
    }
    if len(tasks) == 1:
        (name,) = tasks
        return Learning(model=bundle.model_of(name), objective=tasks[name], data=sources[name])
    heads = {head.entry.name: cast("Head", head.module) for head in bundle.heads}
    parts = {
        part.head: Part(
            objective=tasks[part.head],
            data=sources[part.head],
            heads=head_names(bundle, task=part.head),
            weight=part.weight,
        )
        for part in config.parts
    }
    return Learning(
        model=Model(bundle.encoder, heads=heads),
        objective=MixedObjective(parts),
        data=MixedData(parts, seed=config.seed),
    )


def head_names(bundle: Bundle, *, task: str) -> dict[str, str]:
    """The names of a task's heads by their roles."""
    entries = (head.entry for head in bundle.heads)
    return {entry.role: entry.name for entry in entries if entry.task_name == task}


def _source(
    name: str, *, task: Task[Any, Any], examples: Sequence[Any], config: FinetuneConfig
) -> InstanceData:
    instances: list[Instance] = []
    names: list[str] = []
    for number, encoded in enumerate(task.encode(examples)):
        for instance in encoded:
            if not instance.targets:
                raise DataError(
                    f"{name}: training example {number} has no gold answer, so there is nothing "
                    "to learn from it; leave it out"
                )
            instances.append(instance)
            names.append(f"{name} example {number}")
    if not instances:
        raise DataError(f"{name}: nothing could be read of {len(examples)} training examples")
    return InstanceData(
        instances,
        seed=config.seed,
        batch_size=config.training.batch_size,
        max_rows=config.training.batch_rows,
        names=names,
    )
