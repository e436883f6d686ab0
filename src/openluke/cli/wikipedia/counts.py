"""Telling what a stage has kept, and what it dropped and why."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openluke.cli.facts import print_facts

_DROPPED, _DAMAGED = "dropped_", "damaged_"


def print_counts(
    title: str, *, output: Path, counts: Mapping[str, int], as_json: bool, **facts: Any
) -> None:
    """Print what was made, with its counts."""
    told = {"written to": str(output), **facts, **told_counts(counts)}
    print_facts(title, facts=told, as_json=as_json)


def told_counts(counts: Mapping[str, int]) -> dict[str, Any]:
    """The counts of a stage in words: what is in it first, then what is not."""
    dropped = {name: n for name, n in counts.items() if name.startswith((_DROPPED, _DAMAGED))}
    told: dict[str, Any] = _spoken({name: counts[name] for name in counts if name not in dropped})
    if dropped:
        told["left out"] = _spoken({name.removeprefix(_DROPPED): n for name, n in dropped.items()})
    return told


def _spoken(counts: Mapping[str, int]) -> dict[str, int]:
    return {name.replace("_", " "): n for name, n in sorted(counts.items())}
