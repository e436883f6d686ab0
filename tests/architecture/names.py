"""Rule 2: no file or folder named for being useful rather than for what it is."""

from tests.architecture.source import Finding, Tree

DUMPING_GROUNDS = {
    *("util", "utils", "utilities", "helper", "helpers", "common", "misc", "miscellaneous"),
    *("base", "core", "manager", "managers"),
}
NEVER_LAST = {"util", "utils", "helper", "helpers", "misc", "manager"}
"""Refused at the end of longer names too: ``text_utils``."""


def dumping_grounds(tree: Tree) -> list[Finding]:
    """Files and folders with such a name, with or without underscores."""
    return [
        file.finding(
            f"{part!r} says nothing about what is in it; a function used by one file belongs in "
            "that file, one used by two in the lowest floor that owns its concept"
        )
        for file in tree
        for part in file.path.with_suffix("").parts
        if _is_empty_name(part)
    ]


def _is_empty_name(part: str) -> bool:
    words = part.lower().strip("_").split("_")
    return "_".join(words) in DUMPING_GROUNDS or words[-1] in NEVER_LAST
