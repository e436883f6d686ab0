"""Rules 4 and 11: public functions that say what they take and what they give."""

import ast

from tests.architecture.source import Definition, Finding, Tree, definitions, under

CALLED_BY_POSITION = {
    "forward": "torch.nn.Module and autograd.Function hand on what their caller gave",
    "backward": "autograd gives one gradient per output, by position",
    "setup_context": "autograd gives context, inputs and output by position",
    "jvp": "autograd gives one tangent per input, by position",
    "vmap": "torch.vmap gives its info and the inputs by position",
}
"""Names whose arguments are given by position by code that is not ours."""

COMMANDS = "src/openluke/cli"
"""Where arguments by position are what people type by position: ``convert lite MODEL OUTPUT``."""


def positional_arguments(tree: Tree) -> list[Finding]:
    """Public functions that take more than one argument by position."""
    commands = {file.path for file in under(tree, folder=COMMANDS)}
    return [
        file.finding(
            f"takes {', '.join(argument.arg for argument in definition.arguments)} by position; "
            "put * after the first",
            name=definition.name,
        )
        for file in tree
        for definition in definitions(file)
        if definition.is_public
        and file.path not in commands
        and len(definition.arguments) > 1
        and definition.node.name not in CALLED_BY_POSITION
    ]


def untyped_functions(tree: Tree) -> list[Finding]:
    """Public functions, and special methods of public classes, with a type missing."""
    return [
        file.finding(f"no type for {', '.join(missing)}", name=definition.name)
        for file in tree
        for definition in definitions(file)
        if (definition.is_public or _is_special(definition)) and (missing := _untyped(definition))
    ]


def undocumented_functions(tree: Tree) -> list[Finding]:
    """Public functions without a docstring."""
    return [
        file.finding("has no docstring", name=definition.name)
        for file in tree
        for definition in definitions(file)
        if definition.is_public
        and not ast.get_docstring(definition.node)
        and not definition.decorators & {"overload", "override", "setter", "deleter"}
    ]


def _untyped(definition: Definition) -> list[str]:
    node = definition.node
    extra = [argument for argument in (node.args.vararg, node.args.kwarg) if argument is not None]
    arguments = [*definition.arguments, *node.args.kwonlyargs, *extra]
    missing = [argument.arg for argument in arguments if argument.annotation is None]
    return missing + (["what it returns"] if node.returns is None else [])


def _is_special(definition: Definition) -> bool:
    name = definition.node.name
    return definition.is_method and name.startswith("__") and name.endswith("__")
