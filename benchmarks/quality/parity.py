"""How far openluke's scores and gradients are from those of transformers, head by head.

Random weights, float32, CPU, padded batches with and without entities; the tests hold every
difference below 1e-5 (gradients 1e-4), this program prints what they are.
"""

import argparse
from typing import Any

import torch
from torch import Tensor

from benchmarks.speed.measure import environment, write
from tests.parity.twins import Twins, add_ends, make_inputs, make_twins

HEADS: dict[str, tuple[str, str | None]] = {
    "encoder": ("LukeModel", None),
    "masked": ("LukeForMaskedLM", "masked"),
    "entity": ("LukeForEntityClassification", "entity"),
    "entity pair": ("LukeForEntityPairClassification", "entity_pair"),
    "entity span": ("LukeForEntitySpanClassification", "entity_span"),
    "token": ("LukeForTokenClassification", "token"),
    "sequence": ("LukeForSequenceClassification", "sequence"),
    "question answering": ("LukeForQuestionAnswering", "extractive_qa"),
}
SEEDS = range(5)


def main() -> None:
    """Print, and with ``--output`` write, the largest differences."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output")
    arguments = parser.parse_args()
    rows = {
        f"{name}, {'entity-aware' if aware else 'plain'}": _largest(name, entity_aware=aware)
        for name in HEADS
        for aware in (True, False)
    }
    result = {
        "benchmark": "parity",
        "largest_difference": max(row["scores"] for row in rows.values()),
        "largest_gradient_difference": max(row["gradients"] for row in rows.values()),
        "unit": "absolute difference to transformers, over all seeds",
        "seeds": len(SEEDS),
        "heads": rows,
    }
    write(result | environment(), output=arguments.output)


def _largest(name: str, *, entity_aware: bool) -> dict[str, float]:
    architecture, kind = HEADS[name]
    found = {"scores": 0.0, "gradients": 0.0}
    for seed in SEEDS:
        extra: dict[str, Any] = {"bias": False} if kind == "entity_pair" else {}
        twins = make_twins(architecture, kind=kind, entity_aware=entity_aware, seed=seed, **extra)
        inputs = (
            add_ends(make_inputs(seed=seed)) if kind == "entity_span" else make_inputs(seed=seed)
        )
        pairs = list(_scores(twins, inputs=inputs, kind=kind))
        found["scores"] = max(found["scores"], *(float((a - b).abs().max()) for a, b in pairs))
        sum((a.square().mean() for a, _ in pairs), torch.zeros(())).backward()
        sum((b.square().mean() for _, b in pairs), torch.zeros(())).backward()
        differences = [float((a - b).abs().max()) for a, b in twins.gradients().values()]
        found["gradients"] = max(found["gradients"], *differences)
    return found


def _scores(
    twins: Twins, *, inputs: dict[str, Tensor], kind: str | None
) -> list[tuple[Tensor, Tensor]]:
    """The same scores of both models, without padding."""
    theirs = twins.run_theirs(inputs)
    ours, batch = twins.run_ours(inputs)
    words, entities = inputs["attention_mask"].bool(), inputs["entity_attention_mask"].bool()
    match kind:
        case None:
            return [
                (theirs.last_hidden_state[words], ours.words),
                (theirs.entity_last_hidden_state[entities], ours.entities),
            ]
        case "masked":
            return [
                (theirs.logits[words], ours.words),
                (theirs.entity_logits[entities], ours.entities),
            ]
        case "extractive_qa":
            return [(theirs.start_logits[words], ours.start), (theirs.end_logits[words], ours.end)]
        case "entity":
            return [(theirs.logits, ours[list(batch.layout.entity_starts)])]
        case "entity_span":
            return [(theirs.logits[entities], ours)]
        case "token":
            return [(theirs.logits[words], ours)]
        case _:
            return [(theirs.logits, ours)]


if __name__ == "__main__":
    main()
