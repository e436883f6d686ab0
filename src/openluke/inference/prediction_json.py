"""Predictions as JSON objects: the records' own names, and lists that are there even when empty."""

import json
from typing import Any

from openluke.model.config import HeadKind
from openluke.records import Document, to_json
from openluke.task import MAIN, Task

_PAIRS: tuple[HeadKind, ...] = ("entity_pair", "pair_words")
"""Main heads by which documents get relations; by others they get mentions."""


def prediction_row(prediction: Any, *, task: Task[Any, Any]) -> dict[str, Any]:
    """A prediction as a JSON object.

    What is at its default is left out, but of a document the list that the task fills.
    """
    row = to_json(prediction)
    if isinstance(prediction, Document):
        kind = task.head_configs()[MAIN].kind
        row.setdefault("relations" if kind in _PAIRS else "mentions", [])
    return row


def prediction_line(prediction: Any, *, task: Task[Any, Any]) -> str:
    """A prediction as a line of JSON."""
    return json.dumps(prediction_row(prediction, task=task), ensure_ascii=False) + "\n"
