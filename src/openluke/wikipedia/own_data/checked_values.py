"""Values of a JSON object, each checked to be what its field needs."""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, cast

from openluke.errors import DataError

Fields = Mapping[str, Any]

_MOST_SHOWN = 60


def parse_object(data: bytes) -> Fields:
    """The JSON object that a line is; values that are null are left out.

    Raises:
        DataError: It is none.
    """
    try:
        values = json.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise DataError(f"not UTF-8: {error.reason} at byte {error.start} of the line") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"no JSON: {error}; expected one JSON object on each line") from error
    return as_object(values, where="")


def as_object(value: Any, *, where: str) -> Fields:
    """A value that has to be an object; its fields that are null are left out."""
    if not isinstance(value, dict):
        raise DataError(f"{_place(where)}found {shown(value)}, expected a JSON object")
    return {key: item for key, item in cast("dict[str, Any]", value).items() if item is not None}


def check_known(values: Fields, *, known: Collection[str], where: str = "") -> None:
    """Raise a ``DataError`` for a field that nobody would read."""
    for key in values:
        if key not in known:
            raise DataError(
                f"{_place(where)}found the field {shown(key)}, expected {', '.join(sorted(known))}"
            )


def text_of(values: Fields, *, key: str, where: str = "") -> str | None:
    """A field that is text, if it is there."""
    value = values.get(key)
    if value is None or isinstance(value, str):
        return value
    raise _wrong(value, key=key, where=where, expected="text")


def number_of(values: Fields, *, key: str, where: str = "") -> int | None:
    """A field that is a whole number of at most 64 bits, if it is there."""
    value = values.get(key)
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63:
        return value
    raise _wrong(value, key=key, where=where, expected="a whole number")


def flag_of(values: Fields, *, key: str) -> bool:
    """A field that is true or false; false if it is not there."""
    value = values.get(key, False)
    if isinstance(value, bool):
        return value
    raise _wrong(value, key=key, where="", expected="true or false")


def items_of(values: Fields, *, key: str, where: str = "") -> Iterator[tuple[str, Any]]:
    """The items of a field that is a list, each with what it is called; none if it is not there."""
    value = values.get(key, [])
    if not isinstance(value, list):
        raise _wrong(value, key=key, where=where, expected="a list")
    for number, item in enumerate(cast("list[Any]", value)):
        yield f"{where}{'.' if where else ''}{key}[{number}]", item


def shown(value: Any) -> str:
    """A value as it stands in a message."""
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"


def _wrong(value: Any, *, key: str, where: str, expected: str) -> DataError:
    place = f"{where}.{key}" if where else key
    return DataError(f"{place}: found {shown(value)}, expected {expected}")


def _place(where: str) -> str:
    return f"{where}: " if where else ""
