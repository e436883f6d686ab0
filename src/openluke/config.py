"""Strict conversion between frozen dataclasses and the plain mappings of TOML and JSON files."""

import dataclasses
import difflib
import functools
import tomllib
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

from openluke.errors import ConfigError, DataError

T = TypeVar("T")


def read_toml(path: str | Path) -> dict[str, Any]:
    """The values of a TOML file."""
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: there is no such file; expected a TOML file") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: not a readable TOML file: {error}") from error


def from_mapping(
    kind: type[T], *, values: Mapping[str, Any], where: str, free: Iterable[str] = ()
) -> T:
    """Make a configuration from a mapping; unknown keys and wrong types are errors.

    Args:
        kind: The configuration.
        values: Its fields by name; those of configurations inside it are mappings, too.
        where: The source in messages, for example the file.
        free: What may stand in tables of any keys, such as ``options.context``, for messages.
    """
    try:
        return _make(kind, values=values, where=where)
    except _UnknownKeyError as error:
        places = [*_places(kind), *free]
        raise ConfigError(f"{error}; {_suggestion(error, places=places)}") from None


class _UnknownKeyError(ConfigError):
    """A key that the configuration at its place does not have."""

    def __init__(self, key: str, *, known: Sequence[str], where: str) -> None:
        self.key, self.known = key, known
        super().__init__(f"{where}: unknown key {key!r}")


def _suggestion(error: _UnknownKeyError, *, places: Sequence[str]) -> str:
    """What may have been meant: the same key at another place, or a similar one, here or there."""
    names = [place.rpartition(".")[2] for place in places]
    same = [place for place, name in zip(places, names, strict=True) if name == error.key]
    if error.key in same:
        return f"{error.key!r} stands at the top, in no table"
    if same:
        return f"did you mean {' or '.join(map(repr, same[:3]))}?"
    if close := difflib.get_close_matches(error.key, error.known, n=1):
        return f"did you mean {close[0]!r}?"
    if close := difflib.get_close_matches(error.key, names, n=1, cutoff=0.8):
        return f"did you mean {places[names.index(close[0])]!r}?"
    return f"known keys: {', '.join(error.known)}" if error.known else "there are no keys"


def _places(kind: type, *, before: str = "") -> Iterator[str]:
    """The keys of a configuration and of those inside it, with dots between tables."""
    for name, hint in _hints_of(kind).items():
        yield f"{before}{name}"
        is_union = typing.get_origin(hint) in (typing.Union, types.UnionType)
        for inner in typing.get_args(hint) if is_union else (hint,):
            if dataclasses.is_dataclass(inner):
                yield from _places(cast("type", inner), before=f"{before}{name}.")


def _make(kind: type[T], *, values: Mapping[str, Any], where: str) -> T:
    hints = _hints_of(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for key in values:
        if key not in fields:
            raise _UnknownKeyError(key, known=list(fields), where=where)
    missing = [name for name, field in fields.items() if _required(field) and name not in values]
    if missing:
        raise ConfigError(f"{where}: missing key {', '.join(map(repr, missing))}")
    arguments = {
        key: _convert(value, hint=hints[key], where=f"{where}: {key}")
        for key, value in values.items()
    }
    try:
        return kind(**arguments)
    except (ConfigError, DataError) as error:
        raise type(error)(f"{where}: {error}") from error


def to_mapping(config: Any) -> dict[str, Any]:
    """The plain mapping of a configuration: strings, numbers, booleans, lists, mappings, None."""
    return {field.name: _plain(getattr(config, field.name)) for field in dataclasses.fields(config)}


@functools.cache
def _hints_of(kind: type) -> dict[str, Any]:
    """The types of a class's fields, which take longer to find out than to check."""
    return typing.get_type_hints(kind)


def _required(field: "dataclasses.Field[Any]") -> bool:
    missing = dataclasses.MISSING
    return field.default is missing and field.default_factory is missing


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return to_mapping(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in cast("Sequence[Any]", value)]
    return str(value) if isinstance(value, Path) else value


def _convert(value: Any, *, hint: Any, where: str) -> Any:
    """Check a value against a type hint and convert it where TOML or JSON has no such type."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _convert_union(value, hints=arguments, where=where)
    if origin is typing.Literal:
        if value in arguments:
            return value
        raise ConfigError(f"{where}: found {value!r}, expected one of {list(arguments)}")
    if origin in (tuple, list) and isinstance(value, list | tuple):
        values = cast("Sequence[Any]", value)
        if origin is list or arguments[-1:] == (Ellipsis,):
            arguments = (arguments[0],) * len(values)
        items = _convert_items(values, hints=arguments, where=where)
        return list(items) if origin is list else tuple(items)
    if origin is dict and isinstance(value, Mapping):
        pairs = cast("Mapping[str, Any]", value).items()
        return {k: _convert(v, hint=arguments[1], where=f"{where}.{k}") for k, v in pairs}
    return _convert_class(value, hint=hint, where=where)


def _convert_class(value: Any, *, hint: Any, where: str) -> Any:
    if dataclasses.is_dataclass(hint) and isinstance(value, Mapping):
        return _make(hint, values=value, where=where)  # type: ignore[arg-type]
    if _is_named_tuple(hint) and isinstance(value, list | tuple):
        hints = tuple(_hints_of(hint).values())
        make = cast("Callable[..., Any]", hint)
        return make(*_convert_items(cast("Sequence[Any]", value), hints=hints, where=where))
    return _convert_plain(value, hint=hint, where=where)


def _is_named_tuple(hint: Any) -> bool:
    return isinstance(hint, type) and tuple in hint.__mro__ and "_fields" in vars(hint)


def _convert_items(values: Sequence[Any], *, hints: tuple[Any, ...], where: str) -> Iterator[Any]:
    if len(hints) != len(values):
        raise ConfigError(f"{where}: found {len(values)} items, expected {len(hints)}")
    for index, (value, hint) in enumerate(zip(values, hints, strict=True)):
        yield _convert(value, hint=hint, where=f"{where}[{index}]")


def _convert_union(value: Any, *, hints: tuple[Any, ...], where: str) -> Any:
    if value is None and type(None) in hints:
        return None
    choices = [hint for hint in hints if hint is not type(None)]
    for hint in choices[:-1]:
        try:
            return _convert(value, hint=hint, where=where)
        except ConfigError:
            continue
    return _convert(value, hint=choices[-1], where=where)


def _convert_plain(value: Any, *, hint: Any, where: str) -> Any:
    if hint is Any:
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is Path and isinstance(value, str):
        return Path(value)
    if (
        isinstance(hint, type)
        and isinstance(value, hint)
        and (hint is bool) == (type(value) is bool)
    ):
        return value
    name = getattr(hint, "__name__", str(hint))
    raise ConfigError(f"{where}: found {value!r} ({type(value).__name__}), expected {name}")
