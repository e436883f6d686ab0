"""Rule 9: what a configuration class must be, and values to make one from."""

import ast
import dataclasses
import importlib
import inspect
import textwrap
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.architecture.source import Tree


def config_names(tree: Tree) -> list[str]:
    """Dotted names of the classes of a tree whose name ends in Config."""
    return sorted(
        f"{file.module}.{node.name}"
        for file in tree
        for node in file.tree.body
        if isinstance(node, ast.ClassDef) and node.name.endswith("Config")
    )


def config_class(name: str) -> type:
    """The class of that dotted name."""
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def faults(kind: type) -> list[str]:
    """What is wrong with a configuration class; nothing when it is as it should be."""
    if not dataclasses.is_dataclass(kind):
        return ["is no dataclass"]
    options: Any = kind.__dict__["__dataclass_params__"]
    names = [field.name for field in dataclasses.fields(kind)]
    documented = documented_fields(kind)
    checks = {
        "is not frozen": options.frozen,
        "is not kw_only": all(field.kw_only for field in dataclasses.fields(kind)),
        "has no slots": "__slots__" in kind.__dict__,
        "has no docstring": bool(kind.__doc__) and not kind.__doc__.startswith(f"{kind.__name__}("),
    }
    missing = [name for name in names if name not in documented]
    found = [fault for fault, is_right in checks.items() if not is_right]
    return found + [f"has no docstring under the field {name}" for name in missing]


def documented_fields(kind: type) -> set[str]:
    """Names of the fields that have a string right under them, in the class or those it extends."""
    return {name for base in inspect.getmro(kind)[:-1] for name in _documented(base)}


def example(kind: type, *, values: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping from which the class can be made: what is required, guessed from its types.

    ``values`` gives those that cannot be guessed.
    """
    hints = typing.get_type_hints(kind)
    return {
        field.name: values[field.name] if field.name in values else _guess(hints[field.name])
        for field in dataclasses.fields(kind)
        if field.name in values
        or (field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING)
    }


def _documented(kind: type) -> Iterator[str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    (definition,) = tree.body
    assert isinstance(definition, ast.ClassDef)
    for node, after in zip(definition.body, definition.body[1:], strict=False):
        is_text = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and is_text:
            yield node.target.id


def _guess(hint: Any) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return None if type(None) in arguments else _guess(arguments[0])
    if origin is typing.Literal:
        return arguments[0]
    if origin in (tuple, list, dict):
        return origin()
    if dataclasses.is_dataclass(hint):
        return example(typing.cast("type", hint), values={})
    return {int: 1, float: 0.5, bool: True, str: "a", Path: "a"}[hint]
