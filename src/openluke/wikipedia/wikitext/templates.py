"""Templates that carry words of the text: what they show, by rules that stand in a file.

A rule is text with fields in braces. ``{1}`` is the first argument without a name, ``{lt}`` the one
of that name, ``{lt|1}`` the first of several that says something, ``{=}`` the title of the page and
``{*, }`` all arguments without names with a comma between. What stands between ``<`` and ``>`` is
shown only if all fields in it say something. The text and the arguments may have links.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import cast

from openluke.errors import ConfigError
from openluke.wikipedia.wikitext.characters import HOLE
from openluke.wikipedia.wikitext.computed_templates import COMPUTED

RULES = "inline_templates.toml"
"""The file of rules, in this package: those of ``all`` and then those of a language."""

_SEPARATOR = re.compile(r"\[\[|\]\]|\|")
_NO_NAME = re.compile(r"[\[\]{}<>|]")
_LONGEST_NAME = 40
_OPTIONAL = re.compile(r"<([^<>]*)>")
_FIELD = re.compile(r"\{([^{}]+)\}")
_FUNCTIONS = frozenset(("formatnum", "lc", "lcfirst", "uc", "ucfirst"))
"""Functions of MediaWiki whose argument follows a colon."""


class InlineTemplates:
    """The templates of a wiki that carry words."""

    def __init__(self, rules: Mapping[str, str]) -> None:
        self._rules = {_spelt(name): rule for name, rule in rules.items()}

    @classmethod
    def of_language(
        cls, language: str, *, more: Mapping[str, str] | None = None
    ) -> "InlineTemplates":
        """Those that are known of a language.

        Args:
            language: Its code.
            more: Rules by the name of their template, which go before those that are known.
        """
        known = _known_rules()
        return cls(known.get("all", {}) | known.get(language, {}) | dict(more or {}))

    def name_of(self, start: str) -> str:
        """The name of a template, spelt as in the rules, by what its braces begin with."""
        return _spelt(start.partition("|")[0])

    def shown(self, name: str, *, content: Sequence[str], title: str) -> str | None:
        """What a template shows; ``None`` if it carries no words.

        Args:
            name: Its name, as ``name_of`` gives it.
            content: What stands between its braces, in pieces.
            title: The title of the page.
        """
        rule = self._rule(name)
        if rule is not None:
            return _filled(rule, arguments=_arguments("".join(content)), title=title)
        if name in COMPUTED:
            return COMPUTED[name](_arguments("".join(content)))
        function, colon, argument = "".join(content).partition(":") if ":" in name else ("", "", "")
        return argument if colon and _spelt(function) in _FUNCTIONS else None

    def _rule(self, name: str) -> str | None:
        rule = self._rules.get(name)
        if rule is None and "-" in name:
            rule = self._rules.get(f"{name.partition('-')[0]}-*")
        return rule


def read_rules(text: str, *, where: str) -> dict[str, dict[str, str]]:
    """The rules of a TOML file: a table for each language, and one named ``all``.

    Args:
        text: Of the file.
        where: The file, for messages.
    """
    try:
        tables = cast("dict[str, object]", tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where}: found no TOML: {error}") from error
    for language, table in tables.items():
        rules = cast("dict[object, object]", table) if isinstance(table, dict) else {"": 0}
        for name, rule in rules.items():
            if not isinstance(rule, str):
                raise ConfigError(
                    f"{where}: [{language}] {name}: expected a table for each language, or for "
                    'all, with rules such as "nowrap" = "{1}"'
                )
    return cast("dict[str, dict[str, str]]", tables)


@cache
def _known_rules() -> dict[str, dict[str, str]]:
    file = resources.files("openluke.wikipedia.wikitext") / RULES
    return read_rules(file.read_text(encoding="utf-8"), where=RULES)


def _spelt(name: str) -> str:
    return " ".join(name.replace("_", " ").replace(HOLE, " ").split()).lower()


def _arguments(content: str) -> dict[str, str]:
    """The arguments of a template by name or number; within links no sign separates them."""
    fields: list[str] = []
    start = depth = 0
    for sign in _SEPARATOR.finditer(content):
        if sign[0] == "[[":
            depth += 1
        elif sign[0] == "]]":
            depth = max(0, depth - 1)
        elif not depth:
            fields.append(content[start : sign.start()])
            start = sign.end()
    fields.append(content[start:])
    arguments: dict[str, str] = {}
    unnamed = 0
    for field in fields[1:]:
        before, equals, value = field.partition("=")
        name = before.strip() if equals else ""
        if name and len(name) <= _LONGEST_NAME and not _NO_NAME.search(name):
            arguments[name] = value.strip()
        else:
            unnamed += 1
            arguments[str(unnamed)] = field.strip()
    return arguments


def _filled(rule: str, *, arguments: Mapping[str, str], title: str) -> str:
    def filled(text: str) -> tuple[str, bool]:
        values = [_value(field, arguments=arguments, title=title) for field in _FIELD.findall(text)]
        left = iter(values)
        return _FIELD.sub(lambda _: next(left), text), all(values)

    def optional(part: "re.Match[str]") -> str:
        text, is_full = filled(part[1])
        return text if is_full else ""

    return filled(_OPTIONAL.sub(optional, rule))[0] or HOLE


def _value(field: str, *, arguments: Mapping[str, str], title: str) -> str:
    if field == "=":
        return title
    if field.startswith("*"):
        given = (value for name, value in arguments.items() if name.isdecimal() and value)
        return field[1:].join(given)
    return next((arguments[name] for name in field.split("|") if arguments.get(name)), "")
