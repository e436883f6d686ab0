"""Records as JSON objects and back, under the records' own names."""

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from openluke.config import from_mapping
from openluke.errors import ConfigError, DataError

R = TypeVar("R")


def to_json(record: Any) -> dict[str, Any]:
    """A record as a JSON object. Spans are pairs; what is at its default is left out."""
    return {
        field.name: _plain(value)
        for field in dataclasses.fields(record)
        if (value := getattr(record, field.name)) != _default(field)
    }


def from_json(kind: type[R], *, values: Mapping[str, Any], where: str = "record") -> R:
    """Make a record of a JSON object; unknown names and wrong types are errors.

    Args:
        kind: Which record.
        values: The object.
        where: What messages call it, for example the file and the line.
    """
    try:
        return from_mapping(kind, values=values, where=where)
    except ConfigError as error:
        raise DataError(str(error)) from error


def _default(field: "dataclasses.Field[Any]") -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return to_json(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in cast("tuple[Any, ...]", value)]
    return value
