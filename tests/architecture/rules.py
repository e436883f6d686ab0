"""Which rule is kept where: the table of rules, its exceptions, and the tree they are read from."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.architecture import (
    documentation,
    failures,
    imports,
    names,
    reading,
    signatures,
    sizes,
    waivers,
)
from tests.architecture.source import Finding, Tree, read_tree

ROOT = Path(__file__).parents[2]
EXCEPTIONS = Path(__file__).with_name("exceptions.toml")

SOURCE = ("src",)
PROGRAMS = ("src", "benchmarks", "tools")
EVERYTHING = ("src", "benchmarks", "examples", "docs", "tests", "tools")


@dataclass(frozen=True)
class Rule:
    """A pure function from a tree to the places where it breaks a rule."""

    number: int
    """The rule's number in docs/contributing/architecture.md."""
    check: Callable[[Tree], list[Finding]]
    folders: Sequence[str]
    """Which folders of the repository it reads."""


RULES: Mapping[str, Rule] = {
    rule.check.__name__.replace("_", "-"): rule
    for rule in (
        Rule(1, imports.hidden_imports, SOURCE),
        Rule(1, imports.wildcard_imports, EVERYTHING),
        Rule(2, names.dumping_grounds, EVERYTHING),
        Rule(3, imports.dependent_tasks, SOURCE),
        Rule(3, imports.task_comparisons, SOURCE),
        Rule(4, sizes.long_files, EVERYTHING),
        Rule(4, sizes.long_functions, EVERYTHING),
        Rule(4, sizes.large_on_the_whole, SOURCE),
        Rule(4, waivers.waived_sizes, PROGRAMS),
        Rule(4, signatures.positional_arguments, SOURCE),
        Rule(5, imports.acting_modules, SOURCE),
        Rule(8, failures.blind_handlers, PROGRAMS),
        Rule(8, failures.silent_handlers, PROGRAMS),
        Rule(8, reading.pickles, PROGRAMS),
        Rule(11, documentation.opening_sentences, PROGRAMS),
        Rule(11, signatures.undocumented_functions, SOURCE),
        Rule(11, signatures.untyped_functions, SOURCE),
    )
}


@dataclass(frozen=True)
class Exempt:
    """A place that may break a rule, and why."""

    rule: str
    place: str
    reason: str


def read_exceptions() -> list[Exempt]:
    """The committed list of exceptions."""
    table = tomllib.loads(EXCEPTIONS.read_text(encoding="utf-8"))
    return [Exempt(**row) for row in table.get("exception", [])]


def broken(rule: str, *, root: Path = ROOT) -> list[Finding]:
    """Where the repository breaks a rule, exceptions included."""
    return RULES[rule].check(read_tree(root, folders=RULES[rule].folders))


def unexcused(findings: Sequence[Finding], *, rule: str, exempt: Sequence[Exempt]) -> list[Finding]:
    """The findings that no exception covers."""
    excused = {row.place for row in exempt if row.rule == rule}
    return [finding for finding in findings if finding.place not in excused]


def unneeded(findings: Sequence[Finding], *, rule: str, exempt: Sequence[Exempt]) -> list[Exempt]:
    """The exceptions of a rule that cover nothing any more: the list may only shrink."""
    found = {finding.place for finding in findings}
    return [row for row in exempt if row.rule == rule and row.place not in found]
