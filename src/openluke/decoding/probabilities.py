"""Probabilities from the scores of heads, sharpened or softened by a temperature."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from openluke.errors import ConfigError

Array = npt.NDArray[Any]


def softmax(logits: Array, *, temperature: float = 1.0) -> Array:
    """Probabilities of which one holds, along the last axis.

    Scores of minus infinity have the probability 0; where there is no other score, all have.

    Args:
        logits: *Shape:* (…, C).
        temperature: Scores are divided by it: above 1 probabilities come closer to each other.
    """
    return np.exp(log_softmax(logits, temperature=temperature))


def log_softmax(logits: Array, *, temperature: float = 1.0) -> Array:
    """Logarithms of ``softmax``. *Shape:* (…, C), float64."""
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    if not scaled.size:
        return scaled
    highest = scaled.max(axis=-1, keepdims=True)
    shifted = scaled - np.where(np.isneginf(highest), 0.0, highest)
    total = np.exp(shifted).sum(axis=-1, keepdims=True)
    return shifted - np.log(np.where(total > 0, total, 1.0))


def sigmoid(logits: Array, *, temperature: float = 1.0) -> Array:
    """Probabilities of which any number may hold. *Shape:* that of the scores, float64."""
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    small = np.exp(-np.abs(scaled))  # never overflows
    return np.where(scaled >= 0, 1.0, small) / (1.0 + small)


def rescaled(probability: float, *, was: float, now: float) -> float:
    """What ``sigmoid`` makes of a score at a temperature, if it made this probability at another.

    Args:
        probability: At the temperature that was.
        was: That temperature.
        now: The other one.
    """
    if was == now or not 0 < probability < 1:
        return probability
    logit = math.log(probability) - math.log1p(-probability)
    return float(sigmoid(np.array(logit * was), temperature=now))


def check_temperature(temperature: float) -> None:
    """Raise a ``ConfigError`` unless scores can be divided by it."""
    if not 0 < temperature < math.inf:
        raise ConfigError(f"temperature is {temperature}, expected a number above 0")
