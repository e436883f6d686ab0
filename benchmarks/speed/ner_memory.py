"""Memory of NER in one pass: what a pass adds to the model, for 128 words and for a full window."""

import argparse
import subprocess
import sys
import time
from pathlib import Path

import torch

from benchmarks.speed.luke_base import check_versions, circumstances, make_model, to_batch
from benchmarks.speed.measure import report
from benchmarks.speed.ner_inputs import all_spans, ner_inputs

WORDS, WINDOW = 128, 510
"""With its two special tokens the longer text fills the 512 positions that the model has."""

LIMIT_MB = 2000
"""What a pass over a full window may add."""


def added_megabytes(who: str, *, words: int) -> tuple[float, float]:
    """Peak memory that one pass adds, and its seconds, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.speed.ner_memory", "--pass", who, str(words)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    megabytes, seconds = map(float, done.stdout.split())
    return megabytes, seconds


@torch.inference_mode()
def one_pass(who: str, *, words: int) -> None:
    """Print the memory and the time of one pass."""
    torch.set_num_threads(1)
    model = make_model("LukeForEntitySpanClassification", kind="entity_span")
    short, inputs = (ner_inputs(n, chunks=[all_spans(n)]) for n in (4, words))
    run = {
        "ours": lambda given: model.run_ours(to_batch(given)),
        "theirs": model.run_theirs,
    }[who]
    run(short)
    # Makes Linux forget the peak so far, to which building the models belongs.
    Path("/proc/self/clear_refs").write_text("5")
    before, start = _megabytes("VmRSS"), time.process_time()
    run(inputs)
    print(_megabytes("VmHWM") - before, time.process_time() - start)


def main(*, output: Path | None = None) -> None:
    """Measure three passes and report one line; the ratio is one of memory."""
    theirs, _ = added_megabytes("theirs", words=WORDS)
    again, _ = added_megabytes("theirs", words=WORDS)
    ours, _ = added_megabytes("ours", words=WORDS)
    long, seconds = added_megabytes("ours", words=WINDOW)
    ratio = theirs / ours
    report(
        {
            "benchmark": "ner_memory",
            "ratio": ratio,
            "ratio_iqr": [ratio, ratio],
            "null_ratio": theirs / again,
            "unit": "MB",
            "ours": ours,
            "theirs": theirs,
            "words": WORDS,
            "full window": {"words": WINDOW, "ours": long, "limit": LIMIT_MB, "seconds": seconds},
            **circumstances(),
        },
        output=output,
    )
    assert long < LIMIT_MB, f"a full window adds {long:.0f} MB, expected less than {LIMIT_MB}"


def _megabytes(what: str) -> float:
    """A figure of this process as Linux tells it: ``VmRSS`` now, ``VmHWM`` at its peak."""
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == what:
            return int(value.split()[0]) / 1024
    raise AssertionError(f"/proc/self/status does not tell {what}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--pass", dest="one", nargs=2, metavar=("WHO", "WORDS"))
    arguments = parser.parse_args()
    check_versions()
    if arguments.one:
        one_pass(arguments.one[0], words=int(arguments.one[1]))
    else:
        torch.set_num_threads(1)
        main(output=arguments.output)
