"""What a run starts from: a model made ready for its tasks, with new heads."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, cast

import torch
from torch import nn

from openluke.checkpoints.added_words import with_words
from openluke.checkpoints.attention import with_attention
from openluke.checkpoints.bundle import Bundle, BundleHead
from openluke.checkpoints.lite import make_lite
from openluke.config import from_mapping
from openluke.errors import ConfigError
from openluke.finetuning.recipe import FinetuneConfig, InputsConfig
from openluke.model.heads import build_head
from openluke.records import Mention
from openluke.task import MAIN, Task, TaskType, load_task

logger = logging.getLogger(__name__)

_SPECIAL_ENTITIES = 4
"""Rows of the smallest entity table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A model with the heads of its tasks, not yet trained."""

    bundle: Bundle
    tasks: dict[str, Task[Any, Any]]
    """The tasks by the names of their heads."""
    reused: tuple[str, ...]
    """Heads that go on from weights of the model that the run starts from."""


def prepare(
    bundle: Bundle,
    *,
    config: FinetuneConfig,
    labels: Mapping[str, Sequence[str]],
    examples: Mapping[str, Iterable[Any]],
) -> Start:
    """Make a model ready for the tasks of a recipe.

    Heads of other tasks are left out: what they read is no longer the same after training.

    Args:
        bundle: What the run starts from.
        config: The recipe.
        labels: The labels of each task, by the name of its head.
        examples: What each task learns from and is chosen by, in the same way.
    """
    bundle = _with_limits(bundle, limits=config.inputs)
    bundle = with_words(bundle, words=config.new_words)
    if config.attention is not None:
        bundle = with_attention(bundle, entity_aware=config.attention == "entity-aware")
    tasks = _make_tasks(bundle, config=config, labels=labels)
    needs_titles = any(
        task.needs_titles and (_predicts_entities(task) or any(map(names_entity, examples[name])))
        for name, task in tasks.items()
    )
    n_entities = bundle.encoder.config.n_entities
    if config.entity_table == "auto" and not needs_titles and n_entities > _SPECIAL_ENTITIES:
        logger.info(
            "no example names an entity: the table of %s entities is left out (entity_table = "
            "'frozen' keeps it)",
            f"{n_entities:,}",
        )
        bundle = make_lite(bundle)
        tasks = _make_tasks(bundle, config=config, labels=labels)
    elif n_entities and _is_frozen(config, needs_titles=needs_titles):
        bundle.encoder.entities.table.requires_grad_(False)  # noqa: FBT003 - as torch has it
    generator = torch.Generator().manual_seed(config.seed)
    made = replace(bundle, heads=())
    reused: list[str] = []
    for name, task in tasks.items():
        modules: dict[str, nn.Module] = {}
        for role, head in sorted(task.head_configs().items(), key=lambda item: item[0] != MAIN):
            known = _known_head(bundle, task=task, role=role)
            if known is not None:
                reused.append(known.entry.name)
            modules[role] = (
                build_head(head, encoder=bundle.encoder, generator=generator)
                if known is None
                else known.module
            )
        made = made.with_task(name, task=task, modules=modules)
    return Start(bundle=made, tasks=tasks, reused=tuple(reused))


def names_entity(value: Any) -> bool:
    """Whether a record, or anything in it, is a mention with the title of its entity."""
    if isinstance(value, Mention):
        return value.entity is not None
    if isinstance(value, list | tuple):
        return any(map(names_entity, cast("Sequence[Any]", value)))
    return is_dataclass(value) and any(
        names_entity(getattr(value, field.name)) for field in fields(value)
    )


def _predicts_entities(task: Task[Any, Any]) -> bool:
    return any(head.kind == "masked" for head in task.head_configs().values())


def _is_frozen(config: FinetuneConfig, *, needs_titles: bool) -> bool:
    """Whether the entity table is kept as it is; one of special entities alone is learnt."""
    return config.entity_table == "frozen" or (config.entity_table == "auto" and needs_titles)


def options_of(kind: TaskType, *, values: Mapping[str, Any], where: str) -> Any:
    """The configuration of a task from some of its options, checked."""
    return from_mapping(kind.config_type, values=values, where=where)


def _with_limits(bundle: Bundle, *, limits: InputsConfig) -> Bundle:
    """The same bundle with the inputs that a recipe says."""
    said, stride = limits.said, bundle.inputs.stride
    if limits.max_words and limits.stride is None and stride >= limits.max_words - 4:
        said["stride"] = limits.max_words // 4
        logger.info(
            "inputs.stride = %d, a quarter of max_words, is chosen: the %d of the model are too "
            "many for it; --set inputs.stride=… says otherwise",
            said["stride"],
            stride,
        )
    try:
        return replace(bundle, inputs=replace(bundle.inputs, **said))
    except ConfigError as error:
        raise ConfigError(f"inputs of the recipe: {error}") from error


def _make_tasks(
    bundle: Bundle, *, config: FinetuneConfig, labels: Mapping[str, Sequence[str]]
) -> dict[str, Task[Any, Any]]:
    return {
        part.head: load_task(part.task)(
            options_of(load_task(part.task), values=part.options, where=f"options of {part.head}"),
            setup=bundle.task_setup(tuple(labels[part.head])),
        )
        for part in config.parts
    }


def _known_head(bundle: Bundle, *, task: Task[Any, Any], role: str) -> BundleHead | None:
    """The head of the starting model that says the same, if it has one."""
    wanted = task.head_configs()[role]
    labels = task.setup.labels if role == MAIN else ()
    for head in bundle.heads:
        entry = head.entry
        same = replace(entry.config, dropout=wanted.dropout) == wanted
        if same and entry.role == role and entry.labels == labels:
            return head
    return None
