"""Every dump at hand to a page store: that all of them are read, and what is in them.

    python -m benchmarks.quality.wikipedia_counts

``OPENLUKE_DATA`` is as in recipes/README.md.
"""

import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.speed.measure import environment, write
from openluke.errors import DataError
from openluke.manifests import read_manifest
from openluke.wikipedia.parse_dump import parse_dump

RESULT = Path("benchmarks/results/wikipedia_counts.json")
_TOLD = ("pages", "redirects", "paragraphs", "characters", "links", "wikitext_characters")
_MANY = "dbpedia-minidumps"
"""A directory of small dumps, which are told in sum."""


def main() -> None:
    """Parse them all, print the counts and write them."""
    data = Path(os.environ["OPENLUKE_DATA"]) / "wikipedia"
    counts: dict[str, Counter[str]] = {}
    refused: dict[str, str] = {}
    n_files = 0
    for file in _dumps(data):
        name = file.parent.name if file.parent.name == _MANY else file.name
        n_files += 1
        try:
            found = _counts(file)
        except DataError as error:
            refused[file.name] = str(error).replace(str(file), file.name)
        else:
            counts[name] = counts.get(name, Counter()) + found
    result: dict[str, Any] = {
        "benchmark": "wikipedia_counts",
        "unit": "pages, links and so on",
        "files": n_files,
        "counts": {name: dict(found) for name, found in sorted(counts.items())},
        "refused": refused,
    }
    write(result | environment(), output=RESULT)


def _dumps(data: Path) -> Iterator[Path]:
    for file in sorted(data.rglob("*")):
        if file.suffixes[-1:] == [".xml"] or file.suffixes[-2:] == [".xml", ".bz2"]:
            yield file


def _counts(file: Path) -> Counter[str]:
    with tempfile.TemporaryDirectory() as directory:
        output = Path(directory) / "pages"
        parse_dump(file, output=output, workers=1)
        counts = read_manifest(output).counts
    return Counter({name: counts.get(name, 0) for name in _TOLD})


if __name__ == "__main__":
    main()
