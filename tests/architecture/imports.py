"""Rules 1, 3 and 5: imports in plain sight, tasks apart, and modules that do nothing by themselves.

The floors themselves are import-linter's: see ``[tool.importlinter]`` in pyproject.toml.
"""

import ast
from collections.abc import Iterator

from tests.architecture.source import (
    Finding,
    Function,
    Tree,
    definitions,
    imported,
    last_name,
    under,
)

DYNAMIC = {"import_module", "__import__"}
ACTS = (ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Delete, ast.Raise)


def hidden_imports(tree: Tree) -> list[Finding]:
    """Imports inside functions, and imports by a name made at run time."""
    findings = []
    for file in tree:
        for definition in definitions(file):
            findings += [
                file.finding(f"imports inside a function (line {line})", name=definition.name)
                for line in _import_lines(definition.node)
            ]
        findings += [
            file.finding(f"{last_name(node)} hides what is imported", line=node.lineno)
            for node in ast.walk(file.tree)
            if isinstance(node, ast.Call) and last_name(node) in DYNAMIC
        ]
    return findings


def wildcard_imports(tree: Tree) -> list[Finding]:
    """``from x import *``."""
    return [
        file.finding(f"imports {name}; name what is used", line=line)
        for file in tree
        for name, line in imported(file)
        if name.endswith(".*")
    ]


def dependent_tasks(tree: Tree) -> list[Finding]:
    """A task that imports another task."""
    return [
        file.finding(f"a task imports {name}; what two tasks share belongs on a floor below them")
        for file in under(tree, folder="src/openluke/tasks")
        for name, _ in imported(file)
        if f"{name}.".startswith("openluke.tasks.")
    ]


def task_comparisons(tree: Tree) -> list[Finding]:
    """Decisions on a task's name anywhere but in ``tasks/``."""
    inside = {file.path for file in under(tree, folder="src/openluke/tasks")}
    return [
        file.finding("decides by the name of a task; make it a method of the task", line=line)
        for file in tree
        if file.path not in inside
        for line in _task_decisions(file.tree)
    ]


def acting_modules(tree: Tree) -> list[Finding]:
    """Modules that do something when they are imported."""
    return [
        file.finding("does something when it is imported; put it in a function", line=node.lineno)
        for file in tree
        for node in _top_level(file.tree.body)
        if isinstance(node, ACTS) or (isinstance(node, ast.Expr) and _calls(node.value))
    ]


def _import_lines(function: Function) -> list[int]:
    nodes = (node for statement in function.body for node in ast.walk(statement))
    return [node.lineno for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]


def _top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run at import, those under if and try included."""
    for node in body:
        if isinstance(node, ast.If):
            if not _is_main_guard(node):
                yield from _top_level([*node.body, *node.orelse])
        elif isinstance(node, ast.Try):
            handled = [statement for handler in node.handlers for statement in handler.body]
            yield from _top_level([*node.body, *handled, *node.orelse, *node.finalbody])
        else:
            yield node


def _is_main_guard(node: ast.If) -> bool:
    return isinstance(node.test, ast.Compare) and last_name(node.test.left) == "__name__"


def _calls(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Call | ast.Await) for part in ast.walk(node))


def _task_decisions(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Match) and _names_task(node.subject):
            yield node.lineno
        elif isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(map(_names_task, sides)) and any(map(_is_text, sides)):
                yield node.lineno


def _names_task(node: ast.expr) -> bool:
    if isinstance(node, ast.Subscript):
        return isinstance(node.slice, ast.Constant) and node.slice.value in ("task", "task_name")
    if isinstance(node, ast.Attribute) and node.attr == "name":
        return _names_task(node.value)
    return last_name(node) in {"task", "task_name"}


def _is_text(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return any(map(_is_text, node.elts))
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
