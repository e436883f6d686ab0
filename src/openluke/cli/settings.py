"""Settings on the command line: ``name=value``, values as TOML writes them."""

import tomllib
from collections.abc import Iterable
from typing import Any

from openluke.errors import ConfigError


def read_settings(settings: Iterable[str]) -> dict[str, Any]:
    """Settings by name; a value that is no TOML is a text.

    Args:
        settings: For example ``temperature=1.5``, ``decoding=nested`` or ``training.epochs=3``.
    """
    found: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not (name and equals):
            raise ConfigError(f"setting {setting!r}: expected name=value, such as temperature=1.5")
        *tables, key = name.split(".")
        place = found
        for table in tables:
            place = place.setdefault(table, {})
        place[key] = _value(value)
    return found


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
