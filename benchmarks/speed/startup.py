"""How long `import openluke` and `openluke --help` take, beside importing transformers.

Every program is a process of its own; the time of a bare interpreter is taken off the imports.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

from benchmarks.speed.measure import environment, ratios, report

LIMITS = {"import_seconds": 0.15, "help_seconds": 0.5}
PROGRAMS = {
    "bare": ["-c", "pass"],
    "import": ["-c", "import openluke, sys; assert 'torch' not in sys.modules"],
    "help": ["-c", "from openluke.cli.main import main; main(['--help'])"],
    "theirs": ["-c", "import transformers"],
}


def main() -> None:
    """Print, and with ``--output`` write, the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--output")
    arguments = parser.parse_args()
    seconds: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for _ in range(arguments.rounds + 1):
        for name, program in PROGRAMS.items():
            seconds[name].append(_run(program))
    seconds = {name: values[1:] for name, values in seconds.items()}  # the first reads the disk
    bare = statistics.median(seconds["bare"])
    paired = ratios([s - bare for s in seconds["theirs"]], [s - bare for s in seconds["import"]])
    low, _, high = statistics.quantiles(paired, n=4, method="inclusive")
    ours = statistics.median(seconds["import"]) - bare
    helping = statistics.median(seconds["help"])
    result = {
        "benchmark": "startup",
        "against": "import transformers",
        "ratio": statistics.median(paired),
        "ratio_iqr": [low, high],
        "null_ratio": None,
        "unit": "s",
        "ours": ours,
        "theirs": statistics.median(seconds["theirs"]) - bare,
        "clock": "wall",
        "rounds": arguments.rounds,
        "import_seconds": ours,
        "help_seconds": helping,
        "interpreter_seconds": bare,
        "limits": LIMITS,
        "within_limits": ours < LIMITS["import_seconds"] and helping < LIMITS["help_seconds"],
    }
    report(result | environment(), output=arguments.output)


def _run(arguments: Sequence[str]) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
