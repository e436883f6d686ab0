"""Rule 4: small files and small functions."""

import ast
import statistics

from tests.architecture.source import Definition, Finding, SourceFile, Tree, definitions

MAX_FILE = 400
MAX_FUNCTION = 60
MEDIAN_FILE = 120
WIDE_FUNCTION = 30


def long_files(tree: Tree) -> list[Finding]:
    """Files of more than 400 lines."""
    return [
        file.finding(f"{lines} lines, expected at most {MAX_FILE}; split it by concept")
        for file in tree
        if (lines := _lines(file)) > MAX_FILE
    ]


def long_functions(tree: Tree) -> list[Finding]:
    """Functions of more than 60 lines, their docstring not counted."""
    return [
        file.finding(f"{lines} lines, expected at most {MAX_FUNCTION}", name=definition.name)
        for file in tree
        for definition in definitions(file)
        if (lines := net_lines(definition)) > MAX_FUNCTION
    ]


def large_on_the_whole(tree: Tree) -> list[Finding]:
    """A package whose median file, or whose function at the ninth decile, has grown too large."""
    findings = []
    files = [_lines(file) for file in tree]
    functions = [net_lines(definition) for file in tree for definition in definitions(file)]
    if files and (middle := statistics.median(files)) > MEDIAN_FILE:
        findings.append(
            Finding("src", f"the median file has {middle:g} lines, expected at most {MEDIAN_FILE}")
        )
    if len(functions) > 1 and (wide := _ninth_decile(functions)) > WIDE_FUNCTION:
        problem = f"one function in ten has {wide:g} lines, expected at most {WIDE_FUNCTION}"
        findings.append(Finding("src", problem))
    return findings


def net_lines(definition: Definition) -> int:
    """Lines of a function from ``def`` to its end, without its docstring."""
    node = definition.node
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    if ast.get_docstring(node, clean=False) is None:
        return lines
    docstring = node.body[0]
    return lines - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


def _ninth_decile(values: list[int]) -> float:
    return statistics.quantiles(values, n=10, method="inclusive")[-1]


def _lines(file: SourceFile) -> int:
    return len(file.text.splitlines())
