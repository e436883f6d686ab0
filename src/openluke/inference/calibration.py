"""Probabilities that mean what they say: the temperature and thresholds that suit held-out data."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from openluke.decoding.probabilities import rescaled
from openluke.errors import ConfigError, DataError
from openluke.evaluation.calibration import negative_log_likelihood, score_calibration
from openluke.inference.task_pipeline import Computed, TaskPipeline
from openluke.records import Scores

logger = logging.getLogger(__name__)

_TEMPERATURES = np.geomspace(0.05, 20.0, 25)
"""Those that are tried first."""
_NEAREST_TO_ONE = 1 - 1e-12
"""The highest threshold that a temperature may ask for: nearer to 1, floats tell little apart."""
_FEW = 100
"""From fewer predictions a temperature says little of others."""
_STEPS = 20
"""How often the best interval is narrowed after that: to some parts in a hundred thousand."""
_SHARE = (np.sqrt(5) - 1) / 2
_THRESHOLDS = np.arange(0.05, 1.0, 0.05).round(2).tolist()

Judged = list[tuple[float, bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Options that suit held-out data, and what they change."""

    options: dict[str, Any]
    """The task's options that were found; thresholds that the model had go with its temperature."""
    options_before: dict[str, Any]
    """What these options were."""
    before: Scores
    """How far probabilities could be trusted with the options that the model had."""
    after: Scores
    """The same with those that were found."""
    scores_before: Scores | None = None
    """The task's own scores before thresholds were sought; ``None`` if they were not."""
    scores_after: Scores | None = field(default=None)
    """The same with the thresholds that were found."""


class HeldOut:
    """Held-out examples with what the model makes of them, computed once."""

    def __init__(self, pipeline: TaskPipeline, *, examples: Sequence[Any]) -> None:
        if not examples:
            raise DataError("no examples; expected some with gold answers")
        self.task = pipeline.task
        self._examples = examples
        self._computed: list[Computed] = pipeline.compute(examples)

    def options_at(self, temperature: float) -> dict[str, Any]:
        """The options with another temperature under which the same labels hold.

        Thresholds are probabilities, so they change with it.
        """
        config = self.task.config
        thresholds: dict[str, float] = getattr(config, "thresholds", {})
        if not thresholds:
            return {"temperature": temperature}
        carried = {
            label: rescaled(threshold, was=config.temperature, now=temperature)
            for label, threshold in thresholds.items()
        }
        return {"temperature": temperature, "thresholds": carried}

    def temperatures(self) -> list[float]:
        """Those to be tried, under which thresholds can still be told from 1; they rise."""
        now: dict[str, float] = getattr(self.task.config, "thresholds", {})
        free = {label for label, threshold in now.items() if threshold < 1}
        return [
            temperature
            for temperature in _TEMPERATURES.tolist()
            if all(
                threshold < _NEAREST_TO_ONE
                for label, threshold in self.options_at(temperature).get("thresholds", {}).items()
                if label in free
            )
        ]

    def predictions(self, **options: Any) -> list[Any]:
        """What is predicted with some of the task's options changed."""
        config = replace(self.task.config, **options)
        task = type(self.task)(config, setup=self.task.setup)
        return [
            task.decode(example, instances=one.instances, outputs=one.outputs)
            for example, one in zip(self._examples, self._computed, strict=True)
        ]

    def judge(self, **options: Any) -> Judged:
        """How likely all that is predicted is said to be, and whether it is right."""
        pairs = [
            pair
            for example, prediction in zip(self._examples, self.predictions(**options), strict=True)
            for pair in self.task.judge(example, predicted=prediction)
        ]
        if not pairs:
            raise DataError(
                "nothing was predicted whose probability could be judged; give examples with gold "
                "answers, and a model that finds something in them"
            )
        return pairs

    def score(self, **options: Any) -> Scores:
        """The task's own scores."""
        return self.task.score(self._examples, predicted=self.predictions(**options))


def calibrate(held_out: HeldOut, *, thresholds: bool = False) -> Calibration:
    """Find the temperature under which what is right and wrong is likeliest.

    What is judged is what the model predicts as it is: thresholds go along with the temperature,
    so that the same labels hold.

    Args:
        held_out: Examples that the model was not trained on.
        thresholds: Whether to find for each label the threshold of the best F1, too.
    """
    config = held_out.task.config
    names = {one.name for one in fields(config)}
    wanted = ("temperature", *(("thresholds",) if thresholds else ()))
    for name in wanted:
        if name not in names:
            raise ConfigError(f"task {held_out.task.name!r} has no option {name!r} to be fitted")
    before = held_out.judge()

    def loss(logarithm: float) -> float:
        options = held_out.options_at(float(np.exp(logarithm)))
        return negative_log_likelihood(held_out.judge(**options))

    temperature, after = config.temperature, before
    if len({right for _, right in before}) == 2:
        tried = held_out.temperatures()
        best = round(float(np.exp(_least(loss, places=np.log(tried).tolist()))), 4)
        judged = held_out.judge(**held_out.options_at(best))
        _doubt(best, n_judged=len(judged), lowest=tried[0], highest=tried[-1])
        if negative_log_likelihood(judged) < negative_log_likelihood(before):
            temperature, after = best, judged
    else:
        logger.warning(
            "all %d predictions are %s, which says nothing of how sure the others should be: the "
            "temperature stays; give more examples, which the model was not trained on",
            len(before),
            "right" if before[0][1] else "wrong",
        )
    options = held_out.options_at(temperature)
    found = Calibration(
        options=options,
        options_before={name: getattr(config, name) for name in dict.fromkeys((*wanted, *options))},
        before=score_calibration(before),
        after=score_calibration(after),
    )
    if not thresholds:
        return found
    chosen = _best_thresholds(held_out, temperature=temperature)
    return replace(
        found,
        options=options | {"thresholds": chosen},
        scores_before=held_out.score(),
        scores_after=held_out.score(temperature=temperature, thresholds=chosen),
    )


def _doubt(temperature: float, *, n_judged: int, lowest: float, highest: float) -> None:
    """Warn of a temperature that is hardly more than an accident of the examples."""
    if n_judged < _FEW:
        logger.warning(
            "only %d predictions could be judged; the temperature, %g, may be far from the one "
            "that suits others: give examples with some hundred",
            n_judged,
            temperature,
        )
    if not 1.01 * lowest < temperature < highest / 1.01:
        logger.warning(
            "the temperature, %g, is at the edge of those that are tried (%g to %g): the "
            "examples say only that the model should be %s sure, not how much; give more of them",
            temperature,
            lowest,
            highest,
            "more" if temperature < 1 else "less",
        )


def _best_thresholds(held_out: HeldOut, *, temperature: float) -> dict[str, float]:
    """For each label the threshold of its best F1, of equals the one nearest to one half."""
    labels = held_out.task.setup.labels
    best = dict.fromkeys(labels, (-1.0, 0.0, 0.5))
    present = held_out.options_at(temperature).get("thresholds", {})
    tried = [dict.fromkeys(labels, threshold) for threshold in _THRESHOLDS]
    # the model's own may be finer, so that what is found is none the worse
    for thresholds in (*tried, {label: present.get(label, 0.5) for label in labels}):
        scores = held_out.score(temperature=temperature, thresholds=thresholds).labels
        for label in labels:
            if label in scores:
                threshold = thresholds[label]
                found = (scores[label].f1, -abs(threshold - 0.5), threshold)
                best[label] = max(best[label], found)
    return {label: threshold for label, (_, _, threshold) in best.items()}


def _least(function: Callable[[float], float], *, places: Sequence[float]) -> float:
    """Where a function is least: near the best of some places, by the golden section."""
    best = int(np.argmin([function(place) for place in places]))
    low, high = places[max(best - 1, 0)], places[min(best + 1, len(places) - 1)]
    inner, outer = high - _SHARE * (high - low), low + _SHARE * (high - low)
    at_inner, at_outer = function(inner), function(outer)
    for _ in range(_STEPS):
        if at_inner <= at_outer:
            high, outer, at_outer = outer, inner, at_inner
            inner = high - _SHARE * (high - low)
            at_inner = function(inner)
        else:
            low, inner, at_inner = inner, outer, at_outer
            outer = low + _SHARE * (high - low)
            at_outer = function(outer)
    return (low + high) / 2
