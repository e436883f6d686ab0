"""What all programs that are compared share: sentences, the commands, and the figures they print.

Each program is a module that is run as ``python -m benchmarks.quality.peers.NAME COMMAND``:

``learn``
    trains on all sentences and keeps the model; goes on where it was killed.
``tag``
    writes the tags that the model gives to sentences.
``time-learning`` and ``time-tagging``
    say how many sentences are read per second, and what memory that took.

This file imports nothing but the standard library: it is read in environments without openluke.
"""

import argparse
import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple, Protocol


class Sentence(NamedTuple):
    """Words with their IOB2 tags."""

    words: list[str]
    tags: list[str]


class Job(NamedTuple):
    """How a model is trained."""

    encoder: str
    """Directory of the encoder that is started from."""
    train: Path
    """The sentences, as JSON lines."""
    epochs: int
    batch_size: int
    learning_rate: float
    seed: int
    dtype: str
    """What training computes in where it is safe, ``float32`` or ``bfloat16``."""

    def sentences(self) -> list[Sentence]:
        """What is learnt from."""
        return read_sentences(self.train)


class Tagger(Protocol):
    """A program that learns tags of words."""

    distributions: Sequence[str]
    """What of its environment the figures depend on."""

    def learn(self, job: Job, *, output: Path) -> None:
        """Train, and leave the model in a directory; go on with what is there."""
        ...

    def load(self, directory: Path) -> Callable[[Sequence[Sentence]], list[list[str]]]:
        """What gives the tags of sentences by a model that was left there."""
        ...


def run(tagger: Tagger, *, description: str) -> None:
    """Do what the command line says."""
    values = vars(_parser(description).parse_args())
    print(json.dumps(_COMMANDS[values.pop("command")](tagger, **values)))


def read_sentences(path: Path) -> list[Sentence]:
    """JSON lines ``{"words": …, "tags": …}``."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Sentence(**json.loads(line)) for line in lines]


def labels_of(sentences: Sequence[Sentence]) -> list[str]:
    """All tags, ``O`` first."""
    return ["O", *sorted({tag for one in sentences for tag in one.tags} - {"O"})]


def _learn(tagger: Tagger, *, model: Path, **options: Any) -> dict[str, Any]:
    tagger.learn(Job(**options), output=model)
    return {"versions": {name: metadata.version(name) for name in tagger.distributions}}


def _tag(tagger: Tagger, *, model: Path, sentences: Path, output: Path) -> dict[str, Any]:
    tags = tagger.load(model)(read_sentences(sentences))
    output.write_text("".join(json.dumps(one) + "\n" for one in tags), encoding="utf-8")
    return {"sentences": len(tags)}


def _time_learning(tagger: Tagger, *, model: Path, **options: Any) -> dict[str, Any]:
    job = Job(**options)
    with tempfile.TemporaryDirectory(dir=model) as folder:
        start = time.perf_counter()
        tagger.learn(job, output=Path(folder))
        seconds = time.perf_counter() - start
    return _figures(job.epochs * len(job.sentences()), seconds=[seconds])


def _time_tagging(tagger: Tagger, *, model: Path, sentences: Path, rounds: int) -> dict[str, Any]:
    read = read_sentences(sentences)
    tag = tagger.load(model)
    tag(read[:32])
    seconds: list[float] = []
    for _ in range(rounds):
        start = time.perf_counter()
        tag(read)
        seconds.append(time.perf_counter() - start)
    return _figures(len(read), seconds=seconds)


def _figures(n_sentences: int, *, seconds: Sequence[float]) -> dict[str, Any]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    megabytes = peak / (1e6 if sys.platform == "darwin" else 1e3)
    rate = n_sentences / statistics.median(seconds)
    return {"sentences_per_second": round(rate, 2), "peak_memory_mb": round(megabytes)}


_COMMANDS = {
    "learn": _learn,
    "tag": _tag,
    "time-learning": _time_learning,
    "time-tagging": _time_tagging,
}


def _parser(description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in _COMMANDS:
        command = commands.add_parser(name)
        command.add_argument("--model", type=Path, required=True)
        if name.endswith("learning") or name == "learn":
            command.add_argument("--encoder", required=True)
            command.add_argument("--train", type=Path, required=True)
            command.add_argument("--epochs", type=int, required=True)
            command.add_argument("--batch-size", type=int, required=True)
            command.add_argument("--learning-rate", type=float, required=True)
            command.add_argument("--seed", type=int, required=True)
            command.add_argument("--dtype", choices=["float32", "bfloat16"], required=True)
        else:
            command.add_argument("--sentences", type=Path, required=True)
        if name == "tag":
            command.add_argument("--output", type=Path, required=True)
        if name == "time-tagging":
            command.add_argument("--rounds", type=int, required=True)
    return parser
