"""Options that a recipe leaves open: the training data decides them, once and for the model."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from openluke.config import to_mapping
from openluke.finetuning.recipe import FinetuneConfig, TaskConfig
from openluke.finetuning.start import options_of
from openluke.task import load_task

_log = logging.getLogger(__name__)


def settled_recipe(config: FinetuneConfig, *, settled: Mapping[str, Any]) -> FinetuneConfig:
    """A recipe with the options in it that its training data decides; each is told.

    Args:
        config: The recipe.
        settled: The configuration of each task with what its data decides in it, by the name of
            its head.
    """
    said = "options of this task in the recipe say" if config.tasks else "--set options.NAME=… says"
    parts = tuple(
        _settled_part(part, settled=settled[part.head], otherwise=said) for part in config.parts
    )
    if config.tasks:
        return replace(config, tasks=parts)
    return replace(config, options=parts[0].options)


def _settled_part(part: TaskConfig, *, settled: Any, otherwise: str) -> TaskConfig:
    said = options_of(load_task(part.task), values=part.options, where=f"options of {part.head}")
    before, after = to_mapping(said), to_mapping(settled)
    decided = {name: value for name, value in after.items() if value != before[name]}
    for name, value in decided.items():
        _log.info(
            "%s: %s = %r is chosen, as the training data is; %s otherwise",
            part.head,
            name,
            value,
            otherwise.replace("NAME", name),
        )
    return replace(part, options={**part.options, **decided})
