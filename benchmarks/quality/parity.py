"""How far openluke's scores and gradients are from those of transformers, head by head.

Random weights, float32, CPU, padded batches with and without entities; the tests hold every
difference below 1e-5 (gradients 1e-4), this program prints what they are.
"""

import argparse
from typing import Any

import torch
from torch import Tensor

from benchmarks.speed.measure import environment, write
from tests.parity.twins import Twins, add_ends, make_inputs, make_twins, tie

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
_EXTRA: dict[str, dict[str, Any]] = {
    "entity pair": {"bias": False},
    "question answering": {"n_labels": 2},
}


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
        twins = make_twins(
            architecture, kind=kind, entity_aware=entity_aware, seed=seed, **_EXTRA.get(name, {})
        )
        if kind == "masked":
            tie(twins)
        inputs = make_inputs(seed=seed)
        pairs = _scores(
            twins, inputs=add_ends(inputs) if kind == "entity_span" else inputs, kind=kind
        )
        found["scores"] = max(found["scores"], *(_distance(a, b) for a, b in pairs))
        for side in zip(*pairs, strict=True):
            torch.stack([scores.square().mean() for scores in side]).sum().backward()
        gradients = (_distance(a, b) for a, b in twins.gradients().values())
        found["gradients"] = max(found["gradients"], *gradients)
    return found


def _distance(a: Tensor, b: Tensor) -> float:
    return float((a - b).detach().abs().max())


def _scores(
    twins: Twins, *, inputs: dict[str, Tensor], kind: str | None
) -> list[tuple[Tensor, Tensor]]:
    """The same scores of both models, without padding."""
    theirs = twins.run_theirs(inputs)
    ours, batch = twins.run_ours(inputs)
    words, entities = inputs["attention_mask"].bool(), inputs["entity_attention_mask"].bool()
    if kind is None:
        return [
            (theirs.last_hidden_state[words], ours.words),
            (theirs.entity_last_hidden_state[entities], ours.entities),
        ]
    if kind == "masked":
        return [(theirs.logits[words], ours.words), (theirs.entity_logits[entities], ours.entities)]
    if kind == "extractive_qa":
        return [(theirs.start_logits[words], ours.start), (theirs.end_logits[words], ours.end)]
    rows = {"entity_span": entities, "token": words}
    firsts = list(batch.layout.entity_starts)  # transformers scores the first entity of each
    return [
        (
            theirs.logits[rows[kind]] if kind in rows else theirs.logits,
            ours[firsts] if kind == "entity" else ours,
        )
    ]


if __name__ == "__main__":
    main()
