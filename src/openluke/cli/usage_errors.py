"""What is wrong with a call of a command, in the words of its usage."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any, cast

from cyclopts import CycloptsError, MissingArgumentError
from cyclopts.exceptions import UnusedCliTokensError


def said_of(error: CycloptsError) -> str:
    """An error of the command line in one line, with where to read more."""
    command = " ".join(("openluke", *(error.command_chain or ())))
    return f"{_problem(error, command=command)} ({command} --help says more)"


def _problem(error: CycloptsError, *, command: str) -> str:
    if isinstance(error, MissingArgumentError) and error.argument is not None:
        argument = error.argument
        given = (token.keyword for token in argument.tokens if token.keyword)
        option = error.keyword or next(given, None)
        if option is not None:
            return f"{option} has no value; give one behind it"
        is_option = argument.field_info.kind is inspect.Parameter.KEYWORD_ONLY
        name = argument.name if is_option else argument.name.removeprefix("--").upper()
        target = cast("Callable[..., Any]", error.target)  # pyright: ignore[reportUnknownMemberType]
        needed = " ".join(_needed(target))
        return f"missing {name}; usage: {command} {needed} …"
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        return f"found {' '.join(map(repr, error.unused_tokens))} behind all that is expected"
    error.verbose = False
    text = " ".join(str(error).split())
    return text[:1].lower() + text[1:]


def _needed(target: Callable[..., Any]) -> Iterator[str]:
    """What a command cannot do without, as its usage writes it."""
    for name, parameter in inspect.signature(target).parameters.items():
        if parameter.default is inspect.Parameter.empty:
            is_option = parameter.kind is inspect.Parameter.KEYWORD_ONLY
            yield f"--{name.replace('_', '-')} {name.upper()}" if is_option else name.upper()
