"""Settings on the command line: ``name=value``, values as TOML writes them."""

import tomllib
from collections.abc import Iterable
from typing import Any, cast

from openluke.errors import ConfigError


def read_settings(settings: Iterable[str]) -> dict[str, Any]:
    """Settings by name; a value that is no TOML is a text.

    Args:
        settings: For example ``temperature=1.5``, ``decoding=nested`` or ``training.epochs=3``.
    """
    found: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        *tables, key = name.split(".")
        if not (equals and key and all(tables)):
            raise ConfigError(f"setting {setting!r}: expected name=value, such as temperature=1.5")
        place = found
        for table in tables:
            inner = place.setdefault(table, {})
            if not isinstance(inner, dict):
                raise ConfigError(
                    f"setting {setting!r}: {table} is given as {inner!r}, which has no parts; give "
                    "one of the two"
                )
            place = cast("dict[str, Any]", inner)
        if key in place:
            raise ConfigError(f"setting {setting!r}: {name} is given already; give it once")
        place[key] = _value(value)
    return found


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
