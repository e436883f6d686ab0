"""Telling what a stage has kept, and what it dropped and why."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openluke.cli.facts import print_facts

logger = logging.getLogger(__name__)

_MADE = ("pages", "titles_kept", "entities_kept", "items", "mentions")
"""Counts of what stages make; each stage has one of them."""
_DROPPED, _DAMAGED = "dropped_", "damaged_"
"""Stand in the names of counts of what is not there."""


def print_counts(
    title: str, *, output: Path, counts: Mapping[str, int], as_json: bool, **facts: Any
) -> None:
    """Print what was made, with its counts; warn where nothing is in it."""
    warn_of_nothing(output, counts=counts)
    told = {"written to": str(output), **facts, **told_counts(counts)}
    print_facts(title, facts=told, as_json=as_json)


def warn_of_nothing(output: Path, *, counts: Mapping[str, int]) -> None:
    """Warn if nothing is in what a stage has made."""
    if any(counts.get(name) == 0 for name in _MADE):
        logger.warning("%s: nothing is in it; what was left out says why", output)


def told_counts(counts: Mapping[str, int]) -> dict[str, Any]:
    """The counts of a stage in words: what is in it first, then what is not, and why."""
    dropped = {name for name in counts if _DROPPED in name or name.startswith(_DAMAGED)}
    told: dict[str, Any] = {_spoken(name): counts[name] for name in sorted(counts.keys() - dropped)}
    left_out = {_spoken(name): counts[name] for name in sorted(dropped) if counts[name]}
    return told | ({"left out": left_out} if left_out else {})


def _spoken(name: str) -> str:
    return name.replace(_DROPPED, "").replace("_", " ")
