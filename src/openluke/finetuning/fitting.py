"""Options that nobody said, fitted on dev to the model that was trained, and kept with it."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from openluke.checkpoints.bundle import Bundle
from openluke.finetuning.evaluation import Scored, score_task
from openluke.task import FitsOptions, Task

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A trained model with the options that suit it."""

    bundle: Bundle
    """The model; it keeps the options."""
    tasks: dict[str, Task[Any, Any]]
    """Its tasks, by the names of their heads."""
    known: dict[str, Scored]
    """What it is known to do on dev with these options, in the same way."""
    options: dict[str, dict[str, Any]]
    """The options that were fitted, in the same way."""


def fitted_model(
    bundle: Bundle,
    *,
    tasks: Mapping[str, Task[Any, Any]],
    dev: Mapping[str, Sequence[Any]],
    known: Mapping[str, Scored],
    device: torch.device,
) -> Fitted:
    """Fit what can be fitted to the scores on dev; each option is told.

    Args:
        bundle: The trained model.
        tasks: Its tasks, by the names of their heads.
        dev: The examples that the model was chosen by, in the same way; tests are never asked.
        known: What the model was already found to do on them.
        device: Where to compute.
    """
    fit = Fitted(bundle=bundle, tasks=dict(tasks), known=dict(known), options={})
    for name, task in tasks.items():
        if not isinstance(task, FitsOptions) or not dev[name]:
            continue
        model = bundle.model_of(name).to(device).eval()
        found = known.get(name) or score_task(task, model=model, examples=dev[name], device=device)
        options = dict(task.fitted(found.scores))
        if options:
            fit = _with_options(fit, name=name, options=options)
        else:
            fit.known[name] = found
    return fit


def _with_options(fit: Fitted, *, name: str, options: dict[str, Any]) -> Fitted:
    for option, value in options.items():
        _log.info("%s: %s = %g scores best on dev; the model keeps it", name, option, value)
    bundle = fit.bundle.with_options(name, options=options)
    return Fitted(
        bundle=bundle,
        tasks={**fit.tasks, name: bundle.task(name)},
        known={head: scored for head, scored in fit.known.items() if head != name},
        options={**fit.options, name: options},
    )
