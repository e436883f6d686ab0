"""Rule 8: no error is swallowed, and none is caught that nobody thought of."""

import ast

from tests.architecture.source import Finding, Tree, dotted_name, last_name

BLIND = {"Exception", "BaseException"}


def blind_handlers(tree: Tree) -> list[Finding]:
    """``except:``, ``except Exception`` and ``suppress(Exception)``.

    ``except BaseException`` that ends by raising the same error again may clean up.
    """
    findings = []
    for file in tree:
        for node in ast.walk(file.tree):
            if isinstance(node, ast.ExceptHandler) and _is_blind(node):
                problem = "catches every error; name those that are expected"
                findings.append(file.finding(problem, line=node.lineno))
            elif isinstance(node, ast.Call) and _suppresses_all(node):
                findings.append(file.finding("suppresses every error", line=node.lineno))
    return findings


def silent_handlers(tree: Tree) -> list[Finding]:
    """Handlers that only pass, without a word on why that is right."""
    return [
        file.finding("passes over an error in silence; handle it, or use suppress", line=line)
        for file in tree
        for node in ast.walk(file.tree)
        if isinstance(node, ast.ExceptHandler) and (line := _silent_line(node))
    ]


def _is_blind(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {dotted_name(kind).removeprefix("builtins.") for kind in caught} & BLIND
    last = handler.body[-1]
    cleans_up = isinstance(last, ast.Raise) and last.exc is None
    return bool(names) and not (names == {"BaseException"} and cleans_up)


def _suppresses_all(call: ast.Call) -> bool:
    return last_name(call) == "suppress" and bool(BLIND & set(map(last_name, call.args)))


def _silent_line(handler: ast.ExceptHandler) -> int | None:
    nothing = all(
        isinstance(node, ast.Pass)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in handler.body
    )
    return handler.lineno if nothing else None
