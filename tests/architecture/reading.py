"""Safetensors only: nothing that openluke reads may run code."""

import ast

from tests.architecture.source import Finding, Tree, dotted_name, imported

UNSAFE_MODULES = {
    *("pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"),
}
ERRORS = {"pickle", "pickle.UnpicklingError", "pickle.PickleError"}
"""What may be taken from pickle: the errors by which torch refuses a file."""
FORMATS = {"torch.load": ("weights_only", True), "numpy.load": ("allow_pickle", False)}
FORMATS["np.load"] = FORMATS["numpy.load"]


def pickles(tree: Tree) -> list[Finding]:
    """Modules that read pickles, and loaders not told to refuse them."""
    findings = []
    for file in tree:
        findings += [
            file.finding(f"imports {name}; save with safetensors or Arrow", line=line)
            for name, line in imported(file)
            if name.split(".")[0] in UNSAFE_MODULES and name not in ERRORS
        ]
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Call) and (problem := _unsafe_call(node)):
                findings.append(file.finding(problem, line=node.lineno))
            elif isinstance(node, ast.Attribute) and _uses_pickle(node):
                findings.append(file.finding(f"uses {dotted_name(node)}", line=node.lineno))
    return findings


def _uses_pickle(node: ast.Attribute) -> bool:
    name = dotted_name(node)
    return name.startswith("pickle.") and name not in ERRORS


def _unsafe_call(call: ast.Call) -> str | None:
    name = dotted_name(call.func)
    if name not in FORMATS:
        return None
    keyword, safe = FORMATS[name]
    given = [argument.value for argument in call.keywords if argument.arg == keyword]
    if not given:
        # numpy refuses pickles unless asked; old versions of torch do not.
        return f"{name} without {keyword}={safe}" if name == "torch.load" else None
    is_safe = isinstance(given[0], ast.Constant) and given[0].value is safe
    return None if is_safe else f"{name} with another {keyword} than {safe}"
