"""What all recipes share: values over values, paths in the environment, and what is published."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from openluke.errors import ConfigError

_VARIABLE = re.compile(r"\$\{?(\w+)\}?")


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperConfig:
    """What is published of what a recipe repeats."""

    source: str
    """Where it is published."""
    scores: dict[str, float] = field(default_factory=dict[str, float])
    """The published scores by name, as shares."""
    note: str | None = None
    """What differs here from there."""


def merge(values: Mapping[str, Any], *, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Nested values, those of the changes before the others."""
    merged = dict(values)
    for key, value in changes.items():
        found = merged.get(key)
        are_tables = isinstance(found, Mapping) and isinstance(value, Mapping)
        merged[key] = (
            merge(cast("Mapping[str, Any]", found), changes=cast("Mapping[str, Any]", value))
            if are_tables
            else value
        )
    return merged


def absolute(path: Path, *, directory: Path) -> Path:
    """A path of a recipe as one that does not depend on where the program runs.

    Args:
        path: Is relative to the recipe; ``$NAME`` in it is a variable of the environment.
        directory: Where the recipe lies.
    """
    return directory / Path(expanded(str(path))).expanduser()


def model_place(name: str, *, directory: Path) -> str:
    """A model of a recipe: an absolute path if it is a directory, else its name on the hub."""
    path = absolute(Path(name), directory=directory)
    return str(path) if path.exists() else expanded(name)


def expanded(text: str) -> str:
    """Put values of the environment where their names stand."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in os.environ:
            raise ConfigError(
                f"{text}: the environment has no variable {name}; set it, for example "
                f"export {name}=/path/to/data"
            )
        return os.environ[name]

    return _VARIABLE.sub(value, text)


def without_places(values: Any) -> Any:
    """A recipe with names of files in place of paths, which are nobody else's."""
    if isinstance(values, Mapping):
        table = cast("Mapping[str, Any]", values)
        return {key: without_places(value) for key, value in table.items()}
    if isinstance(values, list):
        return [without_places(value) for value in cast("list[Any]", values)]
    if isinstance(values, str) and Path(values).is_absolute():
        return Path(values).name
    return values
