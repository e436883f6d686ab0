"""What the fields of a configuration say of themselves: the string under each."""

import ast
import inspect
import textwrap
from dataclasses import MISSING, fields
from itertools import pairwise
from typing import Any, NamedTuple


class FieldNote(NamedTuple):
    """An option, for people."""

    name: str
    default: str
    """As TOML writes it; empty where it must be given."""
    note: str


def field_notes(kind: type) -> list[FieldNote]:
    """The fields of a dataclass in their order."""
    notes = _notes(kind)
    return [
        FieldNote(field.name, _default(field), notes.get(field.name, "")) for field in fields(kind)
    ]


def _notes(kind: type) -> dict[str, str]:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    found: dict[str, str] = {}
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    for node, after in pairwise(body):
        if not (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)):
            continue
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            found[node.target.id] = " ".join(str(after.value.value).replace("``", "").split())
    return found


def _default(field: Any) -> str:
    if field.default is not MISSING:
        value = field.default
    elif field.default_factory is not MISSING:
        value = field.default_factory()
    else:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return "none" if value is None else repr(value) if isinstance(value, str) else str(value)
