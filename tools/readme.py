"""Write the parts of README.md that follow from the code: the tree of the house and its figures.

Run ``python -m tools.readme`` (or ``make readme``); a test compares the file with the code.
"""

import ast
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
REGION = "<!-- begin: {name} -->\n{content}\n<!-- end: {name} -->"
NO_FIGURES = "No figures are committed yet."
MODES = ("entity-aware", "plain", "words-only")
SECONDS = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 0.0))


def tree(package: Path, *, floors: Sequence[str]) -> str:
    """The package as an indented list: each file with the sentence that its docstring opens with.

    Files and folders directly in the package stand in the order of their floors, top floor first.
    """
    lines = [(f"{package.parent.name}/{package.name}/", opening_sentence(package))]
    lines += _entries(package, order=floors, indent="  ")
    width = max(len(name) for name, _ in lines) + 2
    return "\n".join(["```text", *(f"{name:<{width}}{text}" for name, text in lines), "```"])


def opening_sentence(path: Path) -> str:
    """The first line of a module's or a package's docstring."""
    file = path / "__init__.py" if path.is_dir() else path
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n")[0]


def read_floors(pyproject: Path) -> list[str]:
    """Names of the floors, top floor first, as import-linter keeps them."""
    tool = tomllib.loads(pyproject.read_text(encoding="utf-8"))["tool"]["importlinter"]
    (contract,) = (row for row in tool["contracts"] if row["id"] == "floors")
    return [name for layer in contract["layers"] for name in re.findall(r"\w+", layer)]


def figures(results: Path) -> str:
    """A table of the committed results, one row per benchmark."""
    rows = [_row(result) for path in sorted(results.glob("*.json")) for result in _read(path)]
    if not rows:
        return NO_FIGURES
    head = ("workload", "ratio", "against", "control", "ours", "theirs", "date")
    table = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in table)


def learnt(results: Path) -> str:
    """A table of what the small recipes reach on their test files, one row per recipe and file."""
    found = [
        json.loads(path.read_text("utf-8")) for path in sorted(results.glob("learning-*.json"))
    ]
    rows = [
        _learnt_row(result, file=file)
        for result in found
        for file in result["summary"]
        if file != "dev"
    ]
    if not rows:
        return NO_FIGURES
    head = ("recipe", "score", *MODES, "seeds", "epochs")
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, tuple("---" for _ in head), *rows])


def fill(text: str, *, regions: Mapping[str, str]) -> str:
    """The text with the content of each named region replaced."""
    for name, content in regions.items():
        begin, _, end = REGION.format(name=name, content="\0").partition("\0")
        if text.count(begin) != 1 or text.count(end) != 1:
            raise ValueError(f"expected one region {name!r} in the text: {begin!r} … {end!r}")
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}{content}{end}{rest.partition(end)[2]}"
    return text


def regions(root: Path) -> dict[str, str]:
    """What the regions of the README should hold."""
    floors = read_floors(root / "pyproject.toml")
    return {
        "tree": tree(root / "src" / "openluke", floors=floors),
        "figures": figures(root / "benchmarks" / "results"),
        "learnt": learnt(root / "benchmarks" / "results"),
    }


def main() -> None:
    """Write the regions of README.md."""
    text = README.read_text(encoding="utf-8")
    README.write_text(fill(text, regions=regions(ROOT)), encoding="utf-8")


def _entries(folder: Path, *, order: Sequence[str], indent: str) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.iterdir(), key=lambda path: _rank(path, order=order)):
        if path.is_dir() and (path / "__init__.py").is_file():
            yield f"{indent}{path.name}/", opening_sentence(path)
            yield from _entries(path, order=(), indent=f"{indent}  ")
        elif path.suffix == ".py" and path.stem != "__init__":
            yield f"{indent}{path.name}", opening_sentence(path)


def _rank(path: Path, *, order: Sequence[str]) -> tuple[int, str]:
    return (order.index(path.stem) if path.stem in order else len(order), path.name)


def _read(path: Path) -> Iterator[dict[str, Any]]:
    """The figures of speed in a file: that of each workload, where it has several."""
    content = json.loads(path.read_text(encoding="utf-8"))
    for result in content if isinstance(content, list) else [content]:
        workloads = result.get("workloads", {})
        for name, workload in workloads.items():
            yield result | workload | {"benchmark": f"{result['benchmark']}: {name}"}
        if "ratio" in result and not workloads:
            yield result


def _row(result: Mapping[str, Any]) -> tuple[str, ...]:
    low, high = result["ratio_iqr"]
    control = "" if result["null_ratio"] is None else f"{result['null_ratio']:.2f}"
    return (
        result["benchmark"].replace("_", " "),
        f"{result['ratio']:.2f} ({low:.2f} to {high:.2f})",
        result.get("against", "transformers"),
        control,
        _amount(result["ours"], unit=result["unit"]),
        _amount(result["theirs"], unit=result["unit"]),
        result["date"],
    )


def _learnt_row(result: Mapping[str, Any], *, file: str) -> tuple[str, ...]:
    modes: Mapping[str, Mapping[str, Any]] = result["summary"][file]
    metric = next(iter(next(iter(modes.values()))))
    name = Path(result["recipe"]).stem
    seeds = sorted({values["seeds"] for values in modes.values()})
    return (
        f"[{name}]({result['recipe']})",
        metric.replace("_", " ") if file == "test" else f"{metric} on {file}".replace("_", " "),
        *(_share(modes[mode], metric=metric) if mode in modes else "" for mode in MODES),
        " to ".join(map(str, (seeds[0], seeds[-1])[: len(seeds)])),
        str(result["epochs"]),
    )


def _share(values: Mapping[str, Any], *, metric: str) -> str:
    spread = values["deviation"]
    return f"{100 * values[metric]:.1f}" + ("" if spread is None else f" ± {100 * spread:.1f}")


def _amount(value: float, *, unit: str) -> str:
    if unit != "s":
        return f"{value:.3g} {unit}"
    name, size = next((name, size) for name, size in SECONDS if value >= size)
    return f"{value / (size or 1e-9):.3g} {name}"


if __name__ == "__main__":
    main()
