"""Rule 4: what is exempt from a rule is written in exceptions.toml, not only beside the code."""

import re

from tests.architecture.source import Finding, Tree

SIZE_CODES = re.compile(r"#\s*noqa:.*\b(C901|PLR09\d\d)\b")


def waived_sizes(tree: Tree) -> list[Finding]:
    """Comments that switch off a linter's limits of size or complexity for one line."""
    return [
        file.finding(f"line {number} switches off {match[1]}; list it in exceptions.toml")
        for file in tree
        for number, line in enumerate(file.text.splitlines(), start=1)
        if (match := SIZE_CODES.search(line))
    ]
