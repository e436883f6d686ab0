"""What is known about mentions beside their places, checked: titles, languages and types."""

from collections.abc import Mapping, Sequence, Set
from typing import Any

import numpy as np

from openluke.errors import DataError

_LARGEST = np.iinfo(np.int32).max


def check_details(
    *,
    count: int,
    entities: Sequence[str | None] | None,
    languages: str | Sequence[str | None] | None,
    types: Sequence[int] | None,
) -> None:
    """Raise a ``DataError`` unless there is one of each that is given for each mention.

    Args:
        count: How many mentions the text has.
        entities: Titles; see ``Passage``.
        languages: Languages of the titles.
        types: Entity types.
    """
    if entities is not None:
        _check_names("titles", entities, count=count)
    if languages is not None and not isinstance(languages, str):
        _check_names("languages", languages, count=count)
        if entities is None and count:
            raise DataError(
                "found languages of titles but no titles; give entities, or leave languages out"
            )
    if types is not None:
        _check_types(types, count=count)


def is_list(values: Any) -> bool:
    """Whether values come one after another and can be counted: a list, a tuple, an array."""
    if isinstance(values, list | tuple):  # almost always, and quickly known
        return True
    if isinstance(values, np.ndarray):
        return bool(values.ndim)
    return hasattr(values, "__len__") and not isinstance(values, str | bytes | Mapping | Set)


def _check_names(what: str, values: Sequence[str | None], *, count: int) -> None:
    _check_length(what, values, count=count)
    for index, value in enumerate(values):
        if value is None:
            continue
        if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise DataError(
                f"{what}: that of span {index} is {value!r}; expected a str, or None where it is "
                "not known"
            )


def _check_types(values: Sequence[Any], *, count: int) -> None:
    _check_length("types", values, count=count)
    for index, value in enumerate(values):
        is_number = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not is_number or not 0 <= value <= _LARGEST:
            raise DataError(
                f"types: that of span {index} is {value!r}; expected the number of a row of the "
                "entity type table, 0 or more"
            )


def _check_length(what: str, values: Any, *, count: int) -> None:
    if not is_list(values) or len(values) != count:
        found = f"{len(values)} {what}" if is_list(values) else repr(values)
        raise DataError(f"found {found} for {count} spans; expected a list with one for each span")
