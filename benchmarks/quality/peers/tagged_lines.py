"""What all peers share: sentences as JSON lines, the options, and the line of figures they print.

This file imports nothing but the standard library: it is read in environments without openluke.
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple


class Sentence(NamedTuple):
    """Words with their IOB2 tags."""

    words: list[str]
    tags: list[str]


class Job(NamedTuple):
    """What a peer is asked to do."""

    encoder: str
    train: list[Sentence]
    dev: list[Sentence]
    test: list[Sentence]
    epochs: int
    batch_size: int
    learning_rate: float
    seed: int

    @property
    def labels(self) -> list[str]:
        """The tags of the training data, ``O`` first."""
        return ["O", *sorted({tag for one in self.train for tag in one.tags} - {"O"})]


def read_job(description: str) -> Job:
    """The options that every peer takes."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--encoder", required=True, help="directory of a transformers encoder")
    for split in ("train", "dev", "test"):
        parser.add_argument(f"--{split}", required=True, help='JSON lines {"words": …, "tags": …}')
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--learning-rate", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    values = vars(parser.parse_args())
    for split in ("train", "dev", "test"):
        lines = Path(values[split]).read_text(encoding="utf-8").splitlines()
        values[split] = [Sentence(**json.loads(line)) for line in lines]
    return Job(**values)


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What a piece of work gives, and its seconds on the wall."""
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


def print_figures(figures: dict[str, Any]) -> None:
    """The last line of a peer's output: its figures with the memory that its process took."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    megabytes = peak / (1e6 if sys.platform == "darwin" else 1e3)
    print(json.dumps({**figures, "peak_memory_mb": round(megabytes)}))
