"""Paired timing of two programs on a machine that others share, and the line that reports it.

A benchmark program is run as a module from the repository root and looks like this::

    from benchmarks.speed.measure import environment, paired, report

    def main(*, output: Path | None = None) -> None:
        timing = paired(ours, theirs, null=same_as_theirs, rounds=15)
        report({"benchmark": "ner_32_words", **timing, **environment()}, output=output)

Only compare programs whose outputs are equal: assert it before timing them.
"""

import datetime
import gc
import json
import os
import platform
import random
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

Clock = Literal["cpu", "wall"]

CIRCUMSTANCES = ("benchmark", "unit", "versions", "hardware", "date")
"""Keys without which a figure means nothing."""
REQUIRED = (*CIRCUMSTANCES, "ratio", "ratio_iqr", "null_ratio", "ours", "theirs")
"""Keys of a figure of speed; ``report`` refuses a result that lacks one."""

DISTRIBUTIONS = ("openluke", "torch", "transformers", "tokenizers", "numpy")


def paired(
    ours: Callable[[], object],
    theirs: Callable[[], object],
    *,
    null: Callable[[], object] | None = None,
    rounds: int,
    clock: Clock = "cpu",
    seed: int = 0,
    warmup: int = 1,
) -> dict[str, Any]:
    """Time programs in alternation and summarise the ratios of the pairs.

    In every round each program runs once, in random order, so that a slow moment of the machine
    or a position in the round favours none; a ratio is taken inside its round.

    Args:
        ours: What should be fast.
        theirs: What it is compared with; ratios are theirs / ours, above 1 means ours is faster.
        null: A control: ``theirs`` once more, with a state of its own. Its ratio should read
            about 1, and how far it is away is the error of the measurement.
        rounds: How many times each program is timed.
        clock: What ``ratio``, ``ours`` and ``theirs`` are taken from: the processor time of the
            process (steady on a shared machine, for one thread) or the time on the wall. The
            ratio on the other clock is reported beside it.
        seed: Seed of the random order.
        warmup: Untimed runs of each program before the first round.

    Returns:
        ``ratio``, ``ratio_iqr`` (its quartiles), ``null_ratio`` (None without a control),
        ``unit``, ``ours`` and ``theirs`` (medians), ``clock``, ``rounds``, ``cpu_ratio`` and
        ``wall_ratio``.
    """
    if rounds < 1:
        raise ValueError(f"found rounds = {rounds}, expected at least 1")
    programs = {"ours": ours, "theirs": theirs} | ({} if null is None else {"null": null})
    for program in programs.values():
        for _ in range(warmup):
            program()
    seconds = _alternate(programs, rounds=rounds, rng=random.Random(seed))
    chosen = {name: [getattr(sample, clock) for sample in seconds[name]] for name in programs}
    pairs = ratios(chosen["theirs"], chosen["ours"])
    return {
        "ratio": statistics.median(pairs),
        "ratio_iqr": _quartiles(pairs),
        "null_ratio": statistics.median(ratios(chosen["theirs"], chosen["null"])) if null else None,
        "unit": "s",
        "ours": statistics.median(chosen["ours"]),
        "theirs": statistics.median(chosen["theirs"]),
        "clock": clock,
        "rounds": rounds,
        "cpu_ratio": _median_ratio(seconds, clock="cpu"),
        "wall_ratio": _median_ratio(seconds, clock="wall"),
    }


def environment(*, threads: int | None = None) -> dict[str, Any]:
    """What a figure depends on: ``versions``, ``hardware`` and ``date``.

    Args:
        threads: How many threads the programs used; by default those of torch where torch is
            loaded, else 1. Torch is never imported for it.
    """
    if threads is None:
        torch = sys.modules.get("torch")
        threads = 1 if torch is None else torch.get_num_threads()
    return {
        "versions": {"python": platform.python_version()} | _versions(),
        "hardware": {"cpu": _cpu_model(), "cores": _cores(), "threads": threads},
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
    }


def report(result: Mapping[str, Any], *, output: str | Path | None = None) -> None:
    """Print a result as one line of JSON and, given a file, write it there.

    The command that was run is added to it, so that a committed figure can be had again.
    """
    missing = [key for key in REQUIRED if key not in result]
    if missing:
        raise ValueError(f"the result lacks {', '.join(missing)}; expected {', '.join(REQUIRED)}")
    write(result, output=output)


def write(result: Mapping[str, Any], *, output: str | Path | None = None) -> None:
    """Print any result, of speed or not, as one line of JSON and, given a file, write it there."""
    whole = {"command": _command(sys.orig_argv)} | _rounded(dict(result))
    print(json.dumps(whole, ensure_ascii=False), flush=True)
    if output is not None:
        path = Path(output)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(whole, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def ratios(numerators: Sequence[float], denominators: Sequence[float]) -> list[float]:
    """Ratios of paired timings; a time too short for the clock counts as one nanosecond."""
    return [max(a, 1e-9) / max(b, 1e-9) for a, b in zip(numerators, denominators, strict=True)]


class _Sample:
    """Seconds that one run took, on both clocks."""

    __slots__ = ("cpu", "wall")

    def __init__(self, program: Callable[[], object]) -> None:
        # Else a program pays for the garbage of the one before it.
        gc.collect()
        wall, cpu = time.perf_counter(), time.process_time()
        program()
        self.cpu = time.process_time() - cpu
        self.wall = time.perf_counter() - wall


def _alternate(
    programs: Mapping[str, Callable[[], object]], *, rounds: int, rng: random.Random
) -> dict[str, list[_Sample]]:
    samples: dict[str, list[_Sample]] = {name: [] for name in programs}
    for _ in range(rounds):
        for name in rng.sample(sorted(programs), k=len(programs)):
            samples[name].append(_Sample(programs[name]))
    return samples


def _median_ratio(samples: Mapping[str, Sequence[_Sample]], *, clock: Clock) -> float:
    theirs, ours = ([getattr(s, clock) for s in samples[name]] for name in ("theirs", "ours"))
    return statistics.median(ratios(theirs, ours))


def _quartiles(values: Sequence[float]) -> list[float]:
    if len(values) == 1:
        return [values[0], values[0]]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return [low, high]


def _versions() -> dict[str, str]:
    found = {}
    for name in DISTRIBUTIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _cpu_model() -> str:
    """The processor's name as the system gives it, which ``platform`` does not know on Linux."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _command(argv: Sequence[str]) -> str:
    """The command line with the interpreter's place on this machine left out."""
    return " ".join(["python", *argv[1:]])


def _rounded(value: Any) -> Any:
    """Four significant digits: more would claim a precision that timing does not have."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, Mapping):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list | tuple) else value
