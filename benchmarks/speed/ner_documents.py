"""NER of a document: a window of 512 word pieces, its 392 candidate spans in chunks of 98."""

import random
from pathlib import Path

from benchmarks.speed.luke_base import circumstances, clock, make_model, race, run
from benchmarks.speed.measure import report
from benchmarks.speed.ner_inputs import all_spans, ner_inputs

ROUNDS = 5
FLOOR = 1.4
WORDS, SPANS, CHUNK = 510, 392, 98


def main(*, output: Path | None = None, rounds: int = ROUNDS) -> None:
    """Measure one window and report one line."""
    model = make_model("LukeForEntitySpanClassification", kind="entity_span")
    spans = sorted(random.Random(0).sample(all_spans(WORDS), k=SPANS))
    chunks = [spans[i : i + CHUNK] for i in range(0, SPANS, CHUNK)]
    inputs = ner_inputs(WORDS, chunks=chunks)
    result = race(model, inputs=inputs, rounds=rounds, clock=clock())
    report({"benchmark": "ner_documents", **result, **circumstances()}, output=output)
    assert result["ratio"] >= FLOOR, f"{result['ratio']:.2f} is below its floor {FLOOR}"


if __name__ == "__main__":
    run(main, rounds=ROUNDS, description=__doc__)
