"""Examples set aside of the training data, for choosing the best model."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from openluke.finetuning.pieces import Piece, cut_places, piece_of
from openluke.records import Document

logger = logging.getLogger("openluke.finetuning.data")

_STRETCH = 10
"""How many sentences are set aside together, so that they have some context."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Splits:
    """The examples that a task learns from, and those that the best model is chosen by."""

    train: list[Any]
    dev: list[Any]
    """Empty where nothing is set aside: the last model is kept."""
    held_out: bool
    """Whether ``dev`` was set aside of the training file."""
