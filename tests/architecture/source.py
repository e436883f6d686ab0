"""A tree of Python files as the rules read it: paths, texts and syntax trees."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

Function = ast.FunctionDef | ast.AsyncFunctionDef

IGNORED_PARTS = {"__pycache__"}


@dataclass(frozen=True)
class Finding:
    """One place where a rule is broken."""

    place: str
    """The file, or ``file::Class.method``: what an exception names."""
    problem: str

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


@dataclass(frozen=True)
class SourceFile:
    """One Python file; its path starts at the root of the repository."""

    path: PurePosixPath
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The file's syntax tree."""
        return ast.parse(self.text, filename=str(self.path))

    @property
    def module(self) -> str:
        """The dotted name, for files under ``src``."""
        parts = self.path.with_suffix("").parts
        return ".".join(part for part in parts[1:] if part != "__init__")

    def finding(self, problem: str, *, line: int | None = None, name: str | None = None) -> Finding:
        """A finding in this file."""
        at = "" if line is None else f"line {line}: "
        return Finding(place=f"{self.path}{f'::{name}' if name else ''}", problem=at + problem)


Tree = Sequence[SourceFile]


def read_tree(root: Path, *, folders: Sequence[str]) -> Tree:
    """The Python files of some folders of a repository."""
    paths = [path for folder in folders for path in sorted((root / folder).rglob("*.py"))]
    return [
        SourceFile(
            path=PurePosixPath(path.relative_to(root).as_posix()),
            text=path.read_text(encoding="utf-8"),
        )
        for path in paths
        if not IGNORED_PARTS & set(path.parts)
    ]


def planted(files: Mapping[str, str]) -> Tree:
    """A tree that exists only in memory."""
    return [SourceFile(path=PurePosixPath(path), text=text) for path, text in files.items()]


def under(tree: Tree, *, folder: str) -> Tree:
    """The files of a tree that lie in a folder, at any depth."""
    return [file for file in tree if PurePosixPath(folder) in file.path.parents]


@dataclass(frozen=True)
class Definition:
    """A function or method and where it stands."""

    node: Function
    name: str
    """Dotted from the top of its file, for example ``Encoder.forward``."""
    parents: tuple[ast.AST, ...]
    """The classes and functions around it, outermost first."""

    @property
    def is_method(self) -> bool:
        """Whether it stands directly in a class."""
        return bool(self.parents) and isinstance(self.parents[-1], ast.ClassDef)

    @property
    def is_public(self) -> bool:
        """Whether others may call it: no underscore in its name or around it, not nested."""
        nested = any(isinstance(parent, Function) for parent in self.parents)
        return not nested and not any(part.startswith("_") for part in self.name.split("."))

    @property
    def decorators(self) -> set[str]:
        """Last names of its decorators, for example ``staticmethod``."""
        return {last_name(decorator) for decorator in self.node.decorator_list}

    @property
    def arguments(self) -> list[ast.arg]:
        """Arguments that may be given by position, ``self`` or ``cls`` left out."""
        found = [*self.node.args.posonlyargs, *self.node.args.args]
        return found[1:] if self.is_method and "staticmethod" not in self.decorators else found


def definitions(file: SourceFile) -> Iterator[Definition]:
    """Every function and method of a file, nested ones included."""
    yield from _definitions(file.tree, parents=())


def _definitions(node: ast.AST, *, parents: tuple[ast.AST, ...]) -> Iterator[Definition]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function):
            names = [parent.name for parent in (*parents, child)]  # type: ignore[attr-defined]
            yield Definition(node=child, name=".".join(names), parents=parents)
        around = (*parents, child) if isinstance(child, Function | ast.ClassDef) else parents
        yield from _definitions(child, parents=around)


def last_name(node: ast.AST) -> str:
    """``load`` for ``load``, ``torch.load`` and ``torch.load(...)``; empty for anything else."""
    if isinstance(node, ast.Call):
        return last_name(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def dotted_name(node: ast.AST) -> str:
    """``torch.load`` for the expression of that name; empty for anything else."""
    if isinstance(node, ast.Attribute):
        before = dotted_name(node.value)
        return f"{before}.{node.attr}" if before else ""
    return node.id if isinstance(node, ast.Name) else ""


def imported(file: SourceFile) -> Iterator[tuple[str, int]]:
    """Full names of what a file imports, anywhere in it, with the line."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
