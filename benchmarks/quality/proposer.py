"""What the span proposer costs in F1 and what it saves, from exact to fast, on WNUT-17's dev data.

Run as ``python -m benchmarks.quality.proposer RUN...`` from the root of the repository, with the
runs of several seeds that ``benchmarks.quality.learning wnut17`` leaves and ``OPENLUKE_DATA`` set.
Every threshold is tried with every model; the difference to reading all spans is that of the mean
over models, with an interval by resampling the sentences, which are drawn together for all of them.

Spans see each other, so a model that learnt with a proposer meets something new where it reads all
spans. ``--all-spans RUN...`` therefore adds models that have read all spans in training too (mode
``all-spans`` of the same program), which is how LUKE's were made.
"""

import argparse
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.speed.measure import environment, write
from openluke.evaluation.intervals import bootstrap_interval, f1_of_counts, paired_bootstrap
from openluke.evaluation.spans import mention_counts
from openluke.formats.conll import read_conll
from openluke.inference.load import load
from openluke.inference.pipeline import Pipeline
from openluke.inference.task_pipeline import Computed, TaskPipeline
from openluke.records import Document

KEEPS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
RESULT = Path("benchmarks/results/proposer.json")
_Counts = npt.NDArray[Any]


class Reading(NamedTuple):
    """The dev data as one model reads it with one threshold."""

    counts: _Counts
    """Of each sentence. *Shape:* (N, 3)."""
    kept: float
    """Share of all spans that were read as entities."""
    recall: float
    """Share of the mentions that can be found whose spans were read."""
    seconds: float
    """Processor time from sentences to mentions."""


def main() -> None:
    """Try every threshold with every model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--all-spans", type=Path, nargs="*", default=[], metavar="RUN")
    parser.add_argument("--output", type=Path, default=RESULT)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    path = Path(os.environ["OPENLUKE_DATA"]) / "ner" / "wnut17" / "emerging.dev.conll"
    gold = list(read_conll(path, unit="sentence"))
    pipelines = [load(run / "model", device="cpu") for run in arguments.runs]
    exact = [read(pipeline, gold=gold, keep=None) for pipeline in pipelines]
    others = [load(run / "model", device="cpu") for run in arguments.all_spans]
    trained = [read(pipeline, gold=gold, keep=None) for pipeline in others]
    rows = [
        _row(keep, found=[read(one, gold=gold, keep=keep) for one in pipelines], exact=exact)
        for keep in KEEPS
    ]
    result = {
        "benchmark": "proposer",
        "unit": "share; sentences per second of processor time",
        "sentences": len(gold),
        "models": len(pipelines),
        "exact": _figures(exact),
        "thresholds": rows,
        "exact_after_training_on_all_spans": _figures(trained) if trained else None,
    }
    write(result | environment(), output=arguments.output)


def read(pipeline: Pipeline, *, gold: Sequence[Document], keep: float | None) -> Reading:
    """Find the names in the sentences, without a look at the gold ones."""
    task = pipeline.with_options(options={"keep": keep}).task()
    asked = [replace(document, mentions=()) for document in gold]
    start = time.process_time()
    found, computed = _predict(task, asked)
    seconds = time.process_time() - start
    n_read = sum(len(output["rows"]) for one in computed for output in one.outputs)
    n_spans = sum(len(instance.details) for one in computed for instance in one.instances)
    return Reading(
        counts=mention_counts(gold, predicted=found),
        kept=n_read / n_spans,
        recall=_recall(gold, computed=computed),
        seconds=seconds,
    )


def _predict(
    task: TaskPipeline, documents: Sequence[Document]
) -> tuple[list[Document], list[Computed]]:
    computed = task.compute(documents)
    found = [
        task.decode(document, instances=one.instances, outputs=one.outputs)
        for document, one in zip(documents, computed, strict=True)
    ]
    return found, computed


def _recall(gold: Sequence[Document], *, computed: Sequence[Computed]) -> float:
    """Of the mentions that are among the spans, the share of those that were read."""
    n_found = n_there = 0
    for document, one in zip(gold, computed, strict=True):
        pairs = list(zip(one.instances, one.outputs, strict=True))
        there = {tuple(span) for instance, _ in pairs for span in instance.details.tolist()}
        read = {tuple(span) for i, o in pairs for span in i.details[o["rows"]].tolist()}
        spans = {(mention.start, mention.end) for mention in document.mentions} & there
        n_there += len(spans)
        n_found += len(spans & read)
    return n_found / n_there


def _row(keep: float, *, found: Sequence[Reading], exact: Sequence[Reading]) -> dict[str, Any]:
    comparison = paired_bootstrap(
        _stacked(found),
        second=_stacked(exact),
        statistic=_mean_f1,
        rng=np.random.default_rng(0),
    )
    difference = comparison.difference
    return {
        "keep": keep,
        **_figures(found),
        "difference": round(difference.estimate, 5),
        "difference_interval": [round(difference.low, 5), round(difference.high, 5)],
        "times_as_fast": round(_mean(exact, "seconds") / _mean(found, "seconds"), 2),
    }


def _figures(readings: Sequence[Reading]) -> Mapping[str, Any]:
    interval = bootstrap_interval(
        _stacked(readings), statistic=_mean_f1, rng=np.random.default_rng(0)
    )
    return {
        "f1": round(interval.estimate, 4),
        "f1_interval": [round(interval.low, 4), round(interval.high, 4)],
        "f1_of_models": [round(float(_f1(one)), 4) for one in readings],
        "kept": round(_mean(readings, "kept"), 4),
        "proposer_recall": round(_mean(readings, "recall"), 4),
        "sentences_per_second": round(len(readings[0].counts) / _mean(readings, "seconds"), 1),
    }


def _stacked(readings: Sequence[Reading]) -> _Counts:
    """*Shape:* (N, models, 3)."""
    return np.stack([one.counts for one in readings], axis=1)


def _mean_f1(sums: _Counts) -> _Counts:
    """*Shapes:* (R, models, 3) to (R,)."""
    return np.stack([f1_of_counts(sums[:, i]) for i in range(sums.shape[1])]).mean(axis=0)


def _f1(reading: Reading) -> float:
    return float(f1_of_counts(reading.counts.sum(axis=0, keepdims=True))[0])


def _mean(readings: Sequence[Reading], name: str) -> float:
    return statistics.mean(getattr(one, name) for one in readings)


if __name__ == "__main__":
    main()
