"""NER of a whole sentence in one pass, all spans at once: 32 words and 128 words."""

from pathlib import Path

from benchmarks.speed.luke_base import circumstances, clock, make_model, race, run
from benchmarks.speed.measure import report
from benchmarks.speed.ner_inputs import all_spans, ner_inputs

ROUNDS = 11
FLOORS = {32: 1.1, 128: 2.3}


def main(*, output: Path | None = None, rounds: int = ROUNDS) -> None:
    """Measure both lengths and report one line; the long one runs less often."""
    model = make_model("LukeForEntitySpanClassification", kind="entity_span")
    workloads = {}
    for words, times in ((32, rounds), (128, max(1, rounds // 3))):
        inputs = ner_inputs(words, chunks=[all_spans(words)])
        workloads[f"{words} words"] = race(model, inputs=inputs, rounds=times, clock=clock())
    report(
        {
            "benchmark": "ner_one_pass",
            **workloads["128 words"],
            **circumstances(),
            "workloads": workloads,
        },
        output=output,
    )
    for words, floor in FLOORS.items():
        found = workloads[f"{words} words"]["ratio"]
        assert found >= floor, f"{words} words: {found:.2f} is below its floor {floor}"


if __name__ == "__main__":
    run(main, rounds=ROUNDS, description=__doc__)
