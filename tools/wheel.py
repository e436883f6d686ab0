"""Check a built wheel: the whole package, its marker of types and its licence, and nothing else."""

import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def faults(wheel: Path, *, source: Path) -> list[str]:
    """What the wheel lacks of the package under ``source``, and what it has too much."""
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    files = (path for path in source.rglob("*") if path.is_file())
    expected = {
        path.relative_to(source).as_posix() for path in files if "__pycache__" not in path.parts
    }
    information = {name for name in packed if ".dist-info/" in name}
    found = [f"{name} is missing" for name in sorted(expected - packed)]
    found += [f"{name} does not belong there" for name in sorted(packed - expected - information)]
    if not any(name.endswith("/LICENSE") for name in information):
        found.append("LICENSE is missing")
    if "openluke/py.typed" not in packed:
        found.append("openluke/py.typed is missing: type checkers would not read the types")
    return found


def main() -> None:
    """Check the one wheel in the folder given on the command line."""
    (wheel,) = Path(sys.argv[1]).glob("openluke-*.whl")
    problems = faults(wheel, source=ROOT / "src")
    if problems:
        sys.exit("\n".join(f"{wheel.name}: {problem}" for problem in problems))
    print(f"{wheel.name} holds what it should")


if __name__ == "__main__":
    main()
