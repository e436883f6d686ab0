"""Write constraints.txt: the installed versions of everything that ``openluke[dev]`` needs.

Run it in the environment that was tested. Only names and versions are written, so the file serves
with every package index, and ``torch==2.13.0`` with every build of torch 2.13.0.
"""

from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
HEADER = """\
# The versions that openluke is tested with; use as: pip install -c constraints.txt .
# Written by `make constraints`: names and versions only.
"""


def closure(name: str, *, extras: frozenset[str]) -> dict[str, str]:
    """Versions of what a distribution needs, directly and indirectly, itself left out."""
    found: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [(name, extras)]
    while waiting:
        step = waiting.pop()
        if step in seen:
            continue
        seen.add(step)
        distribution = metadata.distribution(step[0])
        found[canonicalize_name(step[0])] = Version(distribution.version).public
        waiting += [
            (canonicalize_name(need.name), frozenset(need.extras))
            for need in map(Requirement, distribution.requires or ())
            if _applies(need, extras=step[1])
        ]
    del found[canonicalize_name(name)]
    return found


def _applies(need: Requirement, *, extras: frozenset[str]) -> bool:
    if need.marker is None:
        return True
    return any(need.marker.evaluate({"extra": extra}) for extra in extras | {""})


def main() -> None:
    """Write the file."""
    versions = closure("openluke", extras=frozenset({"dev"}))
    lines = [f"{name}=={version}\n" for name, version in sorted(versions.items())]
    (ROOT / "constraints.txt").write_text(HEADER + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
