"""Rule 11: a module opens with one sentence that says what it is for."""

import ast
import re

from tests.architecture.source import Finding, SourceFile, Tree

FEWEST_WORDS = 3


def opening_sentences(tree: Tree) -> list[Finding]:
    """Modules whose docstring is missing or does not open with one sentence on one line."""
    return [file.finding(problem) for file in tree if (problem := _problem(file))]


def _problem(file: SourceFile) -> str | None:
    docstring = ast.get_docstring(file.tree)
    if not docstring:
        return "has no docstring; open with one sentence that says what the module is for"
    first, *others = docstring.splitlines()
    if others and others[0].strip():
        return "its first sentence goes on in the second line; keep it on one line"
    if not first.endswith("."):
        return f"its docstring opens with {first!r}, which is not a sentence: no full stop"
    if len(re.findall(r"\w+", first)) < FEWEST_WORDS:
        return f"its docstring opens with {first!r}, which says too little"
    return None
