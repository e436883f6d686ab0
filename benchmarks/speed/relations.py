"""Relation classification: 32 texts of 16 to 128 word pieces, two entities each, in one batch."""

from pathlib import Path

import torch

from benchmarks.speed.luke_base import (
    MASK_ENTITY,
    N_WORDS,
    TOLERANCE,
    Inputs,
    Model,
    circumstances,
    clock,
    make_model,
    race,
    run,
    to_batch,
)
from benchmarks.speed.measure import paired, report
from benchmarks.speed.ner_inputs import BOS, EOS, FIRST_WORD, MENTION_POSITIONS

ROUNDS = 4
FLOOR, BUCKETED_FLOOR = 1.8, 1.2
TEXTS, SHORTEST, LONGEST, BUCKET, PAD = 32, 16, 128, 8, 1


def relation_inputs() -> Inputs:
    """Padded texts; the two entities of each stand on three and on two words."""
    rng = torch.Generator().manual_seed(0)
    lengths = torch.randint(SHORTEST, LONGEST + 1, (TEXTS,), generator=rng)
    columns = torch.arange(int(lengths.max()))
    mask = (columns < lengths[:, None]).long()
    words = torch.randint(FIRST_WORD, N_WORDS, mask.shape, generator=rng)
    words[:, 0] = BOS
    words = words.scatter(1, (lengths - 1)[:, None], EOS)
    start = (torch.rand(TEXTS, 2, generator=rng) * (lengths[:, None] - 6)).long() + 1
    places = start[..., None] + torch.arange(MENTION_POSITIONS)
    end = start + torch.tensor([3, 2])
    return {
        "input_ids": torch.where(mask == 1, words, PAD),
        "attention_mask": mask,
        "entity_ids": torch.tensor([[MASK_ENTITY, MASK_ENTITY + 1]]).expand(TEXTS, -1).contiguous(),
        "entity_attention_mask": torch.ones(TEXTS, 2, dtype=torch.long),
        "entity_position_ids": torch.where(places < end[..., None], places, -1),
    }


def buckets(inputs: Inputs) -> list[Inputs]:
    """The same texts sorted by length, in small batches without columns of padding only."""
    lengths = inputs["attention_mask"].sum(1)
    found = []
    for rows in lengths.argsort().split(BUCKET):
        width = int(lengths[rows].max())
        part = {name: tensor[rows] for name, tensor in inputs.items()}
        for name in ("input_ids", "attention_mask"):
            part[name] = part[name][:, :width]
        found.append(part)
    return found


@torch.inference_mode()
def race_buckets(model: Model, *, inputs: Inputs, rounds: int) -> dict[str, float]:
    """Time ours against transformers fed with texts of like lengths."""
    batch, parts = to_batch(inputs), buckets(inputs)

    def bucketed() -> torch.Tensor:
        return torch.cat([model.run_theirs(part) for part in parts])

    order = inputs["attention_mask"].sum(1).argsort()
    assert (model.run_ours(batch)[order] - bucketed()).abs().max() <= TOLERANCE
    return paired(
        lambda: model.run_ours(batch),
        bucketed,
        rounds=rounds,
        clock="cpu" if clock() == "cpu" else "wall",
    )


def main(*, output: Path | None = None, rounds: int = ROUNDS) -> None:
    """Measure against the padded batch and against buckets, and report one line."""
    model = make_model("LukeForEntityPairClassification", kind="entity_pair", bias=False)
    inputs = relation_inputs()
    padded = race(model, inputs=inputs, rounds=rounds, clock=clock())
    bucketed = race_buckets(model, inputs=inputs, rounds=rounds)
    report(
        {
            "benchmark": "relations",
            **padded,
            **circumstances(),
            "workloads": {
                "padded": padded,
                "by length": bucketed
                | {"against": f"transformers in batches of {BUCKET} of like lengths"},
            },
        },
        output=output,
    )
    assert padded["ratio"] >= FLOOR, f"{padded['ratio']:.2f} is below its floor {FLOOR}"
    found = bucketed["ratio"]
    assert found >= BUCKETED_FLOOR, f"bucketed: {found:.2f} is below its floor {BUCKETED_FLOOR}"


if __name__ == "__main__":
    run(main, rounds=ROUNDS, description=__doc__)
