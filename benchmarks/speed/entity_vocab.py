"""Time and memory to open entity vocabularies of the size of mLUKE's: 1.2 million entities.

    python -m benchmarks.speed.entity_vocab --output benchmarks/results/entity_vocab.json

Two workloads, on synthetic titles in ten languages and seven scripts:

- one name per entity, read from ``entity_vocab.json``, against ``json.load`` of the same file,
  which is all that the tokenizers of ``transformers`` do;
- ten names per entity (12 million), built into the memory-mapped form and opened from it.

Every measurement runs in a process of its own; peak memory is its ``ru_maxrss``, Python and NumPy
included. This process stays small, for a child's figure begins with what its parent had.
"""

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.speed.measure import environment, ratios, report
from openluke.entities.mapped_names import write_mapped
from openluke.entities.name_index import VocabRow, with_special
from openluke.entities.titles import Name, join_key
from openluke.entities.vocab import EntityVocab

N_ENTITIES = 1_200_000
N_LOOKUPS = 200_000
SCRIPTS = {
    "en": "aeioulnrstdm", "de": "aeioulnrstdä", "fr": "aeioulnrstdé", "ru": "аеиоулнрстдм",
    "ar": "ابتثجحدرسعلم", "hi": "कखगचजतदनपमरस", "ja": "アイウカキサシタナハマ東",
    "ko": "가나다라마바사아자차카하", "th": "กขคงจชดตนบปม", "zh": "中国人大学山水木火土金𠀋",
}  # fmt: skip
LANGUAGES = list(SCRIPTS)
LIMITS = {
    "json_seconds": 2.0,
    "json_peak_mb": 400.0,
    "mapped_open_seconds": 1.0,
}
"""What a person waits for: times on the wall, of the median round."""


def words_of(language: str) -> list[str]:
    """4,096 different words of a language."""
    letters = SCRIPTS[language]
    length = 2 if language in ("ja", "ko", "zh") else 5
    rng = random.Random(language)
    words: dict[str, None] = {}
    while len(words) < 4096:
        words["".join(rng.choices(letters, k=rng.randint(length, length + 4)))] = None
    return list(words)


class Titles:
    """Different titles of two words for every number below 2**24."""

    def __init__(self) -> None:
        self._words = {language: words_of(language) for language in LANGUAGES}

    def name(self, number: int) -> Name:
        """The name of a number; its language is the last digit."""
        language = LANGUAGES[number % 10]
        words = self._words[language]
        mixed = number * 0x9E3779B1 % (1 << 24)  # an odd factor: no two numbers give the same
        return Name(f"{words[mixed >> 12].capitalize()} {words[mixed & 4095]}", language)

    def rows(self, *, n_names: int) -> Iterator[VocabRow]:
        """Entities with the special ones before them, ``N_ENTITIES`` together."""
        entities = (
            VocabRow([self.name(number + i) for i in range(n_names)], N_ENTITIES - number)
            for number in range(0, (N_ENTITIES - 3) * n_names, n_names)
        )
        return with_special(entities)

    def sample(self, *, n_names: int) -> list[Name]:
        """Names to look up, in random order."""
        numbers = random.Random(1).sample(range((N_ENTITIES - 3) * n_names), k=N_LOOKUPS)
        return [self.name(number) for number in numbers]


def write_json(path: Path) -> dict[str, Any]:
    """Write the file as ``transformers`` does: one key a line."""
    names = (row.names[0] for row in Titles().rows(n_names=1))
    ids = {join_key(n.title, language=n.language): i for i, n in enumerate(names)}
    path.write_text(json.dumps(ids, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return {"bytes": path.stat().st_size}


def load_json(path: Path) -> dict[str, Any]:
    """What the tokenizers of ``transformers`` do."""
    with timed() as time_of, path.open(encoding="utf-8") as stream:
        vocab = json.load(stream)
    found = [vocab[join_key(n.title, language=n.language)] for n in Titles().sample(n_names=1)]
    return time_of() | {"names": len(vocab), "check": sum(found)}


def read_json(path: Path) -> dict[str, Any]:
    """Our reading of the same file, with all checks."""
    with timed() as time_of:
        vocab = EntityVocab.read(path)
    result = time_of()
    assert vocab.has_languages
    return result | lookups(vocab, n_names=1)


def build_mapped(path: Path) -> dict[str, Any]:
    """Build the memory-mapped form from rows that are never all in memory."""
    titles = Titles()
    with timed() as time_of:
        write_mapped(path, rows=lambda: titles.rows(n_names=10))
    return time_of() | {"files": {f.name: f.stat().st_size for f in sorted(path.iterdir())}}


def open_mapped(path: Path) -> dict[str, Any]:
    """Open the memory-mapped form and look names up."""
    with timed() as time_of:
        vocab = EntityVocab.read(path)
    return time_of() | lookups(vocab, n_names=10)


def open_mapped_cold(path: Path) -> dict[str, Any]:
    """The same after the system has forgotten the files."""
    for file in path.iterdir():
        descriptor = os.open(file, os.O_RDONLY)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)
    return open_mapped(path)


def lookups(vocab: EntityVocab, *, n_names: int) -> dict[str, Any]:
    """Seconds per lookup of names and ids in random order, and memory before and after."""
    resident = resident_mb()
    sample = Titles().sample(n_names=n_names)
    before = time.perf_counter()
    ids = [vocab.find(title, language=language) for title, language in sample]
    middle = time.perf_counter()
    names = [vocab.names(entity_id) for entity_id in ids]
    after = time.perf_counter()
    assert all(name in of_id for name, of_id in zip(sample, names, strict=True))
    return {
        "names": len(vocab),
        "check": sum(ids),
        "find_us": (middle - before) / N_LOOKUPS * 1e6,
        "names_us": (after - middle) / N_LOOKUPS * 1e6,
        "resident_mb": resident,
    }


class timed:  # noqa: N801 - reads as a verb where it is used
    """Times a block; afterwards a call gives seconds and the peak memory up to the end."""

    def __enter__(self) -> Callable[[], dict[str, Any]]:
        self._start = time.perf_counter(), time.process_time()
        return lambda: self._result

    def __exit__(self, *error: object) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        self._result = {
            "wall": wall - self._start[0],
            "cpu": cpu - self._start[1],
            "peak_mb": peak,
        }


def resident_mb() -> float:
    """Memory of this process that is in RAM now, mapped files included."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


WORKERS: dict[str, Callable[[Path], dict[str, Any]]] = {
    f.__name__: f
    for f in (write_json, load_json, read_json, build_mapped, open_mapped, open_mapped_cold)
}


def run_worker(name: str, *, path: Path) -> dict[str, Any]:
    """Run one measurement in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.speed.entity_vocab", "--worker", name, str(path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def median(runs: list[dict[str, Any]], *, key: str) -> float:
    """The median of one figure over the rounds."""
    return statistics.median(run[key] for run in runs)


def compare_json(folder: Path, *, rounds: int) -> dict[str, Any]:
    """Read the JSON file by turns with ours and theirs, and theirs again as the control."""
    path = folder / "vocab"
    size = run_worker("write_json", path=path)["bytes"]
    programs = {"ours": "read_json", "theirs": "load_json", "null": "load_json"}
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in programs}
    rng = random.Random(0)
    for _ in range(rounds):
        for name in rng.sample(sorted(programs), k=len(programs)):
            runs[name].append(run_worker(programs[name], path=path))
    assert len({(run["names"], run["check"]) for many in runs.values() for run in many}) == 1
    cpu, wall = (
        {name: [run[clock] for run in many] for name, many in runs.items()}
        for clock in ("cpu", "wall")
    )
    pairs = ratios(cpu["theirs"], cpu["ours"])
    low, _, high = statistics.quantiles(pairs, n=4, method="inclusive")
    return {
        "ratio": statistics.median(pairs),
        "ratio_iqr": [low, high],
        "null_ratio": statistics.median(ratios(cpu["theirs"], cpu["null"])),
        "unit": "s",
        "ours": median(runs["ours"], key="cpu"),
        "theirs": median(runs["theirs"], key="cpu"),
        "clock": "cpu",
        "wall_ratio": statistics.median(ratios(wall["theirs"], wall["ours"])),
        "rounds": rounds,
        "json": {
            "names": runs["ours"][0]["names"],
            "bytes": size,
            "wall_seconds": median(runs["ours"], key="wall"),
            "peak_mb": median(runs["ours"], key="peak_mb"),
            "find_us": median(runs["ours"], key="find_us"),
            "theirs_wall_seconds": median(runs["theirs"], key="wall"),
            "theirs_peak_mb": median(runs["theirs"], key="peak_mb"),
        },
    }


def measure_mapped(folder: Path, *, rounds: int) -> dict[str, Any]:
    """Build the memory-mapped form once and open it several times, warm and cold."""
    path = folder / "mapped"
    built = run_worker("build_mapped", path=path)
    warm = [run_worker("open_mapped", path=path) for _ in range(rounds)]
    cold = [run_worker("open_mapped_cold", path=path) for _ in range(rounds)]
    return {
        "names": warm[0]["names"],
        "build_seconds": built["wall"],
        "build_peak_mb": built["peak_mb"],
        "files": built["files"],
        "open_seconds": median(warm, key="wall"),
        "open_cold_seconds": median(cold, key="wall"),
        "find_us": median(warm, key="find_us"),
        "find_cold_us": median(cold, key="find_us"),
        "names_of_id_us": median(warm, key="names_us"),
        "resident_after_open_mb": median(warm, key="resident_mb"),
        "peak_after_open_mb": median(warm, key="peak_mb"),
    }


def main(*, output: Path | None = None, rounds: int = 5) -> None:
    """Measure both workloads, hold them against the limits and report."""
    with tempfile.TemporaryDirectory() as folder:
        result = {
            "benchmark": "entity_vocab",
            "against": "json.load and dicts",
            "entities": N_ENTITIES,
        }
        result |= compare_json(Path(folder), rounds=rounds)
        result["mapped"] = measure_mapped(Path(folder), rounds=rounds)
    found = {
        "json_seconds": result["json"]["wall_seconds"],
        "json_peak_mb": result["json"]["peak_mb"],
        "mapped_open_seconds": result["mapped"]["open_cold_seconds"],
    }
    result["limits"] = LIMITS
    result["within_limits"] = all(found[name] < limit for name, limit in LIMITS.items())
    report(result | environment(threads=1), output=output)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--worker", nargs=2, metavar=("NAME", "PATH"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        print(json.dumps(WORKERS[options.worker[0]](Path(options.worker[1]))))
    else:
        main(output=options.output, rounds=options.rounds)
