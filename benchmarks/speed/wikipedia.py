"""How fast dumps become pages, beside wikipedia2vec, and what memory that takes.

    python -m benchmarks.speed.wikipedia --python PEER/bin/python

``PEER`` is an environment with wikipedia2vec 2.0 (see benchmarks/quality/peers/
wikipedia2vec_pages.py) and ``OPENLUKE_DATA`` is as in recipes/README.md. Every program is a process
of its own, whose processor time, with that of its children, counts. Both sides read the same dump
with one worker: ``openluke wikipedia parse`` to a page store, and ``build-dump-db`` to a database.
Parsing alone is that of the same wikitext, without reading and writing, in a process for each side.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.speed.measure import environment, ratios, write
from openluke.wikipedia.dump import Dump, open_dump, read_part
from openluke.wikipedia.site import ARTICLES

PEER = "benchmarks.quality.peers.wikipedia2vec_pages"
PARSING = "benchmarks.speed.wikitext_parsing"
RESULT = Path("benchmarks/results/wikipedia.json")
BIG = "enwiki-2006/enwiki-20060303-pages-articles-100M-modern.xml.bz2"
DUMPS = (
    BIG,
    *(f"truncated-2023/{name}wiki-20230501-truncated.xml.bz2" for name in ("el", "ja", "vi")),
)
PARSED_CHARACTERS = 4_000_000
"""Of each dump, for parsing alone."""
_MB = 1e6


class Run(NamedTuple):
    """What a process took."""

    cpu: float
    wall: float
    peak_mb: float


def main() -> None:
    """Measure all, print it and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", required=True, help="that has wikipedia2vec")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    data = Path(os.environ["OPENLUKE_DATA"]) / "wikipedia"
    with tempfile.TemporaryDirectory() as directory:
        bench = _Bench(Path(directory), python=arguments.python, rounds=arguments.rounds)
        workloads: dict[str, Any] = {}
        for name in DUMPS:
            workloads |= bench.beside_peer(data / name)
        result = {
            "benchmark": "wikipedia",
            "against": "wikipedia2vec",
            "unit": "s",
            "null_ratio": None,
            "rounds": arguments.rounds,
            "workloads": workloads,
            "workers": bench.workers(data / BIG),
            "peak_memory": bench.memory(data / BIG),
            "vocab_and_candidates": bench.reductions(data / BIG),
        }
    write(result | environment(threads=2), output=RESULT)


class _Bench:
    def __init__(self, directory: Path, *, python: str, rounds: int) -> None:
        self._directory = directory
        self._python = python
        self._rounds = rounds

    def beside_peer(self, file: Path) -> dict[str, Any]:
        """Dump to pages, and parsing alone, of both sides in alternation."""
        dump = open_dump(file)
        size, sample = _wikitext(dump)
        pages = self._directory / "pages.jsonl"
        lines = [json.dumps([t, dump.site.language, w], ensure_ascii=False) for t, w in sample]
        pages.write_text("\n".join(lines), encoding="utf-8")
        sample_size = sum(len(text.encode()) for _, text in sample)
        ours, theirs, our_parsing, their_parsing = [], [], [], []
        for _ in range(self._rounds):
            ours.append(self._parse([file], workers=1).cpu)
            database = self._directory / "database"
            database.unlink(missing_ok=True)
            theirs.append(self._run([self._python, "-m", PEER, "build", file, database]).cpu)
            our_parsing.append(self._parsing([sys.executable, "-m", PARSING, pages]))
            their_parsing.append(self._parsing([self._python, "-m", PEER, "time-parsing", pages]))
        name = file.name.partition("-")[0]
        figures = {
            f"{name} to pages": _compared(ours, theirs=theirs, size=size),
            f"{name}, parsing": _compared(our_parsing, theirs=their_parsing, size=sample_size),
        }
        print(json.dumps(figures), file=sys.stderr, flush=True)
        return figures

    def workers(self, file: Path) -> dict[str, Any]:
        """Seconds on the wall with one and two workers, and how much two of these cores can gain.

        That is twice the time of one parse by that of two at once, each with one worker.
        """
        walls: dict[str, list[float]] = {"1": [], "2": []}
        apart: list[float] = []
        for _ in range(self._rounds):
            for workers, seconds in walls.items():
                seconds.append(self._parse([file], workers=int(workers)).wall)
            apart.append(self._parse_twice(file))
        gains = ratios(walls["1"], walls["2"])
        medians = {workers: statistics.median(seconds) for workers, seconds in walls.items()}
        return {
            "seconds": medians,
            "gain": statistics.median(gains),
            "gain of the machine": 2 * statistics.median(ratios(walls["1"], apart)),
        }

    def _parse_twice(self, file: Path) -> float:
        """Seconds on the wall of two parses at once, which know nothing of each other."""
        outputs = [self._directory / f"apart-{number}" for number in range(2)]
        commands = [
            [sys.executable, "-m", "openluke", "wikipedia", "parse", file, output, "--workers", "1"]
            for output in outputs
        ]
        began = time.perf_counter()
        running = [
            subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL)
            for command in commands
        ]
        for process in running:
            if process.wait():
                raise SystemExit(f"{process.args}: failed")
        seconds = time.perf_counter() - began
        for output in outputs:
            shutil.rmtree(output)
        return seconds

    def memory(self, file: Path) -> dict[str, float]:
        """Megabytes at most of any one process, with the dump once, twice and four times."""
        found: dict[str, float] = {}
        for times in (1, 2, 4):
            copies = [self._directory / f"{copy}.xml.bz2" for copy in range(times)]
            for copy in copies:
                shutil.copyfile(file, copy)
            found[f"{times} times"] = self._parse(copies, workers=2).peak_mb
        return found

    def reductions(self, file: Path) -> dict[str, Any]:
        """Seconds on the wall, and megabytes at most of any one process, of the later stages."""
        self._parse([file], workers=2)
        found: dict[str, Any] = {}
        for stage in ("vocab", "candidates"):
            output = self._directory / stage
            runs = []
            for _ in range(self._rounds):
                shutil.rmtree(output, ignore_errors=True)
                runs.append(self._openluke(stage, self._directory / "pages", output))
            found[stage] = {
                "seconds": statistics.median(run.wall for run in runs),
                "peak_mb": max(run.peak_mb for run in runs),
            }
        return found

    def _parse(self, files: Sequence[Path], *, workers: int) -> Run:
        output = self._directory / "pages"
        shutil.rmtree(output, ignore_errors=True)
        more = [argument for file in files[1:] for argument in ("--more", file)]
        return self._openluke("parse", files[0], output, *more, "--workers", workers)

    def _openluke(self, *arguments: object) -> Run:
        return self._run([sys.executable, "-m", "openluke", "wikipedia", *arguments])

    def _run(self, command: Sequence[object]) -> Run:
        start = time.perf_counter()
        process = subprocess.Popen(
            list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        if status:
            raise SystemExit(f"{command}: ended with {status}: {process.stderr.read()!r}")
        return Run(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * 1024 / _MB)

    def _parsing(self, command: Sequence[object]) -> float:
        """The seconds that a program says it took."""
        found = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True)
        return float(found.stdout)


def _wikitext(dump: Dump) -> tuple[int, list[tuple[str, str]]]:
    """Bytes of the wikitext of all articles, and titles and texts of the first of them."""
    size = characters = 0
    sample: list[tuple[str, str]] = []
    for part in dump.parts:
        for page in read_part(part, site=dump.site, namespaces=[ARTICLES]):
            if page.redirect is None:
                size += len(page.text.encode())
                if characters < PARSED_CHARACTERS:
                    characters += len(page.text)
                    sample.append((page.title, page.text))
    return size, sample


def _compared(ours: Sequence[float], *, theirs: Sequence[float], size: int) -> dict[str, Any]:
    """Seconds, how many times as fast, and MB of wikitext of articles per second."""
    pairs = ratios(theirs, ours)
    seconds = {"ours": statistics.median(ours), "theirs": statistics.median(theirs)}
    return {
        **seconds,
        "ratio": statistics.median(pairs),
        "ratio_iqr": [min(pairs), max(pairs)],
        "wikitext_mb": size / _MB,
        "mb_per_second": {side: size / _MB / value for side, value in seconds.items()},
    }


if __name__ == "__main__":
    main()
