"""Time and memory of tables of names: 10 million to open, and texts to look through.

    python -m benchmarks.speed.candidates --output benchmarks/results/candidates.json

The names are synthetic: one to four words, drawn as those of a language are, the frequent ones
often; but none is a single one of the thousand most frequent words, which are hardly ever links
where they stand and so are in no real table. The text is synthetic too, unless ``--text`` names a
file; then the names are made of its words. It is looked through for the longest names from left to
right, by ours and by ``Trie.prefixes`` of marisa at the start of every word, which is what else
Python has for as many names. Both must find the same, save one in a hundred (names that begin with
a mark are not looked for by the other). Ours knows no name from before when it begins.

Every measurement runs in a process of its own; peak memory is its ``ru_maxrss``, Python and NumPy
included. Lookups and searches are timed by the processor.
"""

import argparse
import json
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed.measure import environment, paired, report
from openluke.entities.candidate_files import CandidateRow
from openluke.entities.candidates import CandidateTable
from openluke.entities.key_trie import open_trie
from openluke.tokenization.candidate_writing import write_candidates
from openluke.tokenization.mention_scan import MentionScanner

N_LOOKUPS = 200_000
N_WORDS = 200_000
N_FREQUENT = 1_000
N_CHARACTERS = 5_000_000
LIMITS = {"open_seconds": 1.0, "open_resident_mb": 100.0, "build_peak_mb": 3000.0}
_WORD = re.compile(r"[^\W_]+")


def names_of(text: str, *, n_names: int) -> Iterator[str]:
    """Different names of the words of a text, frequent words often."""
    counts = Counter(_WORD.findall(text))
    words = sorted(counts)
    weights = np.cumsum([counts[word] ** 0.5 for word in words])
    rng = np.random.default_rng(1)
    drawn = n_names + n_names // 4
    chosen = np.searchsorted(weights, rng.random((drawn, 4)) * weights[-1]).astype(np.uint64)
    lengths = rng.choice(4, size=drawn, p=(0.05, 0.5, 0.33, 0.12)) + 1
    chosen[np.arange(4) >= lengths[:, None]] = len(words)  # no word
    mixed = (chosen * rng.integers(2**63, size=4, dtype=np.uint64)).sum(axis=1)
    is_first = np.zeros(drawn, dtype=np.bool_)
    is_first[np.unique(mixed, return_index=True)[1]] = True
    frequent = {word for word, _ in counts.most_common(N_FREQUENT)}
    known = [*words, ""]
    parts = np.array_split(chosen[is_first], 1 + drawn // 10_000)
    rows = (row for part in parts for row in part.tolist())
    names = (" ".join([known[word] for word in row]).rstrip() for row in rows)
    return islice((name for name in names if name not in frequent), n_names)


def synthetic_text() -> str:
    """Words with frequencies as those of a language, in lines."""
    rng = random.Random(2)
    letters = "etaoinshrdlucmfwypvbgk"
    words = ["".join(rng.choices(letters, k=rng.randint(2, 10))) for _ in range(N_WORDS)]
    weights = list(accumulate(1 / (rank + 3) for rank in range(N_WORDS)))
    chosen = rng.choices(words, cum_weights=weights, k=N_CHARACTERS // 6)
    lines = (chosen[i : i + 100] for i in range(0, len(chosen), 100))
    return "\n".join(" ".join(line) + "." for line in lines)[:N_CHARACTERS]


def write_text(folder: Path, *, source: Path | None) -> None:
    """Write the text to look through, and keep none of it in memory."""
    text = synthetic_text() if source is None else source.read_text(encoding="utf-8")
    (folder / "text").write_text(text[:N_CHARACTERS], encoding="utf-8")


def write_names(folder: Path, *, n_names: int) -> dict[str, Any]:
    """Write the names to a file, so that making them is no part of what is measured."""
    text = (folder / "text").read_text(encoding="utf-8")
    with (folder / "names").open("w", encoding="utf-8") as stream:
        stream.writelines(f"{name}\n" for name in names_of(text, n_names=n_names))
    return {}


def rows(folder: Path) -> Iterator[CandidateRow]:
    """Every name with one or two candidates."""
    with (folder / "names").open(encoding="utf-8") as stream:
        for number, line in enumerate(stream):
            name = line[:-1]
            candidates = [(name, 3, 3), (f"Page {number % 99_991}", 1, 1)]
            yield CandidateRow(name, 4, 9, candidates[: 1 + number % 2])


def build(folder: Path) -> dict[str, Any]:
    """Write the table."""
    start = time.perf_counter(), time.process_time()
    write_candidates(folder / "table", rows=lambda: rows(folder), form="written")
    files = {file.name: file.stat().st_size for file in sorted((folder / "table").iterdir())}
    return {
        "wall": time.perf_counter() - start[0],
        "cpu": time.process_time() - start[1],
        "peak_mb": peak_mb(),
        "bytes": sum(files.values()),
        "files": files,
    }


def open_table(folder: Path) -> dict[str, Any]:
    """Open the table with a scanner, and look names up."""
    before = resident_mb()
    start = time.perf_counter()
    table = CandidateTable.open(folder / "table")
    MentionScanner(table)
    seconds = time.perf_counter() - start
    resident = resident_mb()
    numbers = random.Random(3).sample(range(len(table)), k=min(N_LOOKUPS, len(table)))
    names = [table.mention(number) for number in numbers]
    middle = time.process_time()
    found = [table.number(name) for name in names]
    after = time.process_time()
    whole = [table.find(name) for name in names]
    last = time.process_time()
    assert found == numbers
    assert all(each is not None and each.links == 4 for each in whole)
    return {
        "names": len(table),
        "seconds": seconds,
        "resident_mb": resident,
        "resident_before_mb": before,
        "number_us": (after - middle) / len(names) * 1e6,
        "find_us": (last - after) / len(names) * 1e6,
    }


def scan(folder: Path, *, rounds: int) -> dict[str, Any]:
    """Look the text through for the names, by turns with marisa's own search for prefixes."""
    text = (folder / "text").read_text(encoding="utf-8")
    table = CandidateTable.open(folder / "table")
    trie: Any = open_trie(folder / "table" / "mentions.marisa")
    expected = prefixes(text, trie=trie)
    found = MentionScanner(table).scan(text)
    same = len(set(expected) & {(each.start, each.end) for each in found})
    assert same >= 0.99 * max(len(expected), len(found)), (same, len(expected), len(found))
    compared = paired(
        ours=lambda: MentionScanner(table).scan(text),
        theirs=lambda: prefixes(text, trie=trie),
        null=lambda: prefixes(text, trie=trie),
        rounds=rounds,
        warmup=0,
    )
    size = len(text.encode()) / 1e6
    before = time.process_time()
    lines = text.split("\n")
    n_all = sum(
        len(MentionScanner(table).occurrences(lines[i : i + 2000]).numbers)
        for i in range(0, len(lines), 2000)
    )
    return compared | {
        "mb": size,
        "found": len(found),
        "ours_mb_per_s": size / compared["ours"],
        "theirs_mb_per_s": size / compared["theirs"],
        "all_found": n_all,
        "all_mb_per_s": size / (time.process_time() - before),
        "resident_mb": resident_mb(),
    }


def prefixes(text: str, *, trie: Any) -> list[tuple[int, int]]:
    """The longest names from left to right, by all names that begin at the start of a word."""
    found: list[tuple[int, int]] = []
    after = 0
    for match in _WORD.finditer(text):
        start = match.start()
        if start < after:
            continue
        for name in reversed(trie.prefixes(text[start : start + 80])):
            end = start + len(name)
            if end == len(text) or not text[end].isalnum():
                found.append((start, end))
                after = end
                break
    return found


def peak_mb() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def resident_mb() -> float:
    """Memory of this process that is in RAM now, mapped files included."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def run_worker(name: str, *, folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Run one measurement in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.speed.candidates", "--worker", name]
    command += ["--folder", str(folder), "--names", str(arguments.names)]
    command += ["--rounds", str(arguments.rounds)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def work(arguments: argparse.Namespace) -> dict[str, Any]:
    """What a process does that ``run_worker`` has started."""
    workers: dict[str, Callable[[], dict[str, Any]]] = {
        "names": lambda: write_names(arguments.folder, n_names=arguments.names),
        "build": lambda: build(arguments.folder),
        "open": lambda: open_table(arguments.folder),
        "scan": lambda: scan(arguments.folder, rounds=arguments.rounds),
    }
    return workers[arguments.worker]()


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """All measurements, one after another."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_text(folder, source=arguments.text)
        steps = {
            step: run_worker(step, folder=folder, arguments=arguments)
            for step in ("names", "build", "open", "scan")
        }
    passed = {
        "open_seconds": steps["open"]["seconds"],
        "open_resident_mb": steps["open"]["resident_mb"],
        "build_peak_mb": steps["build"]["peak_mb"],
    }
    compared = {key: steps["scan"].pop(key) for key in COMPARED}
    return {
        "benchmark": "candidates",
        **compared,
        **environment(threads=1),
        "config": {"names": arguments.names, "text": arguments.text is not None},
        "limits": LIMITS,
        "passed": {key: passed[key] < LIMITS[key] for key in LIMITS},
        **{step: steps[step] for step in ("build", "open", "scan")},
    }


COMPARED = (
    "ratio", "ratio_iqr", "null_ratio", "unit", "ours", "theirs", "clock", "rounds", "cpu_ratio",
    "wall_ratio",
)  # fmt: skip


def main() -> None:
    """Measure, or do one measurement for the process that does."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--names", type=int, default=10_000_000)
    parser.add_argument("--text", type=Path, help="English text to look through")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        print(json.dumps(work(arguments)))
    else:
        report(measure(arguments), output=arguments.output)


if __name__ == "__main__":
    main()
