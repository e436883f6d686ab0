"""What options say of themselves: the string under a field, or the line about an argument."""

import ast
import functools
import inspect
import re
import textwrap
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from itertools import pairwise
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

_ARGUMENT = re.compile(r" {4}(?P<name>\w+): (?P<note>.*)")


class FieldNote(NamedTuple):
    """An option, for people."""

    name: str
    default: str
    """As TOML writes it; empty where it must be given."""
    note: str


def field_notes(kind: type) -> list[FieldNote]:
    """The fields of a dataclass in their order, with those that it inherits."""
    bases = [one for one in reversed(kind.__mro__) if is_dataclass(one)]
    notes = {name: note for base in bases for name, note in _notes(base).items()}
    hints = get_type_hints(kind)
    return [
        FieldNote(
            field.name, _default(field), _with_choices(notes.get(field.name, ""), hints[field.name])
        )
        for field in fields(kind)
    ]


def argument_notes(function: Callable[..., Any]) -> list[FieldNote]:
    """The keyword arguments of a function in their order, as its docstring explains them."""
    plain = function
    while isinstance(plain, functools.partial):
        plain = plain.func
    notes = _argument_notes(inspect.getdoc(plain) or "")
    hints = get_type_hints(plain)
    return [
        FieldNote(
            name,
            _written(parameter.default),
            _with_choices(notes.get(name, ""), hints.get(name)),
        )
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    ]


def _with_choices(note: str, hint: Any) -> str:
    """A note, with the names that an option may have, if it does not tell all of them."""
    names = _choices(hint)
    if all(name in note for name in names):
        return note
    return f"{note} One of: {', '.join(names)}.".strip()


def _choices(hint: Any) -> tuple[str, ...]:
    """The names that an option may have, if these are all that it may be."""
    of_union = [one for one in get_args(hint) if get_origin(one) is Literal]
    return get_args(hint) if get_origin(hint) is Literal else get_args(*of_union[:1] or [None])


def _argument_notes(text: str) -> dict[str, str]:
    """What stands behind each name in the list of arguments of a docstring."""
    found: dict[str, str] = {}
    name = ""
    for line in text.partition("\nArgs:\n")[2].split("\n"):
        begins = _ARGUMENT.fullmatch(line)
        if begins:
            name = begins["name"]
            found[name] = begins["note"]
        elif line.strip() and not line.startswith(" "):
            break
        elif name:
            found[name] += f" {line.strip()}"
    return {name: _plain(note) for name, note in found.items()}


def _notes(kind: type) -> dict[str, str]:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    found: dict[str, str] = {}
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    for node, after in pairwise(body):
        if not (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)):
            continue
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            found[node.target.id] = _plain(str(after.value.value))
    return found


def _default(field: Any) -> str:
    if field.default is not MISSING:
        value = field.default
    elif field.default_factory is not MISSING:
        value = field.default_factory()
    else:
        return ""
    # its own keys are told where they stand
    return "" if is_dataclass(value) else _written(value)


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "none" if value is None else repr(value) if isinstance(value, str) else str(value)


def _plain(note: str) -> str:
    return " ".join(note.replace("``", "").split())
