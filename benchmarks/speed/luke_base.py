"""Luke-base twice with the same random weights, by transformers and by us, and how to race them."""

import argparse
import copy
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import Tensor, nn
from transformers import LukeConfig

from benchmarks.speed.gemm_peak import peak_gflops
from benchmarks.speed.measure import environment, paired
from openluke.checkpoints.layout_tables import TRANSFORMERS_ENCODER, TRANSFORMERS_HEADS
from openluke.checkpoints.renames import RenameTable
from openluke.model.batch import Batch
from openluke.model.config import EncoderConfig, HeadConfig, HeadKind
from openluke.model.encoder import Encoder
from openluke.model.heads import build_head
from openluke.model.linear import pack

N_WORDS, N_ENTITIES, N_LABELS = 5000, 100, 5
"""The tables are small: their size does not matter to the layers."""

MASK_ENTITY = 2
TOLERANCE = 1e-5
TESTED = {"transformers": "5.23.", "torch": "2.13."}

_NAMES = {
    "attention_mask": "word_mask",
    "entity_ids": "entity_ids",
    "entity_attention_mask": "entity_mask",
    "entity_position_ids": "entity_positions",
    "entity_start_positions": "entity_start",
    "entity_end_positions": "entity_end",
}

Inputs = dict[str, Tensor]


@dataclass
class Model:
    """One model of each kind, with equal weights."""

    theirs: nn.Module
    encoder: Encoder
    head: Any

    def run_theirs(self, inputs: Inputs) -> Tensor:
        """Scores by transformers."""
        return self.theirs(**inputs).logits.flatten(0, -2)

    def run_ours(self, batch: Batch) -> Tensor:
        """The same scores by us."""
        output = self.encoder(batch, last_rows=self.head.last_rows)
        return self.head(output, batch)


def make_model(
    architecture: str, *, kind: HeadKind, bias: bool = True, n_words: int = N_WORDS
) -> Model:
    """Luke-base with a head, entity-aware, in float32, ready for inference."""
    torch.manual_seed(0)
    theirs = getattr(transformers, architecture)(
        LukeConfig(
            vocab_size=n_words,
            entity_vocab_size=N_ENTITIES,
            max_position_embeddings=514,
            type_vocab_size=1,
            layer_norm_eps=1e-5,
            num_labels=N_LABELS,
            attn_implementation="eager",
        )
    ).eval()
    has_pooler = theirs.luke.pooler is not None
    config = EncoderConfig(n_words=n_words, n_entities=N_ENTITIES, pooler=has_pooler)
    encoder = Encoder(config).eval()
    head = build_head(HeadConfig(kind=kind, n_labels=N_LABELS, bias=bias), encoder=encoder).eval()
    state = theirs.state_dict()
    encoder.load_state_dict(_renamed(state, table=TRANSFORMERS_ENCODER))
    head.load_state_dict(_renamed(state, table=TRANSFORMERS_HEADS[kind]))
    pack(encoder)
    return Model(theirs, encoder, head)


def to_batch(inputs: Inputs) -> Batch:
    """The inputs of transformers, packed."""
    given = {ours: inputs[theirs] for theirs, ours in _NAMES.items() if theirs in inputs}
    return Batch.from_padded(inputs["input_ids"], word_pad_id=1, **given)


def useful_gflop(batch: Batch) -> float:
    """Floating-point operations of twelve layers for what the batch holds, without padding."""
    rows = map(sum, zip(batch.layout.word_counts, batch.layout.entity_counts, strict=True))
    return sum(184.0e6 * n + 36864 * n**2 for n in rows) / 1e9


@torch.inference_mode()
def race(
    model: Model, *, inputs: Inputs, rounds: int, clock: str, kept: Tensor | None = None
) -> dict[str, Any]:
    """Time both on one workload, after their scores were found equal.

    Args:
        model: Both models.
        inputs: Padded inputs for transformers; ours are packed from them beforehand.
        rounds: How many pairs are timed.
        clock: ``cpu`` or ``wall``.
        kept: Which rows of their scores are no padding; all by default.
    """
    batch = to_batch(inputs)
    ours, theirs = model.run_ours(batch), model.run_theirs(inputs)
    difference = (ours - (theirs if kept is None else theirs[kept])).abs().max().item()
    assert difference <= TOLERANCE, f"scores differ by {difference}"
    copied = Model(copy.deepcopy(model.theirs), model.encoder, model.head)
    ours_run = Watched(lambda: model.run_ours(batch))
    theirs_run = Watched(lambda: model.run_theirs(inputs))
    timing = paired(
        ours_run,
        theirs_run,
        null=lambda: copied.run_theirs(inputs),
        rounds=rounds,
        clock="cpu" if clock == "cpu" else "wall",
    )
    in_system = {"ours": ours_run.share_in_system, "theirs": theirs_run.share_in_system}
    return (
        timing
        | speeds(timing, gflop=useful_gflop(batch))
        | {"share_in_system": in_system, "max_difference": difference}
    )


class Watched:
    """A program, and how much of its processor time the system took.

    Nearly all of that is giving out fresh memory, which is what large score tables cost.
    """

    def __init__(self, program: Callable[[], object]) -> None:
        self.program = program
        self.user = self.system = 0.0

    def __call__(self) -> None:
        """Run it."""
        before = os.times()
        self.program()
        after = os.times()
        self.user += after.user - before.user
        self.system += after.system - before.system

    @property
    def share_in_system(self) -> float:
        """Between 0 and 1, over all calls."""
        return self.system / max(self.user + self.system, 1e-9)


def speeds(timing: Mapping[str, Any], *, gflop: float) -> dict[str, Any]:
    """How far both are from what matrix products reach on this machine at this time."""
    peak = peak_gflops()
    ours, theirs = gflop / timing["ours"], gflop / timing["theirs"]
    return {
        "useful_gflop": gflop,
        "gemm_peak_gflops": peak,
        "gflops": {"ours": ours, "theirs": theirs},
        "share_of_peak": {"ours": ours / peak, "theirs": theirs / peak},
    }


def run(main: Callable[..., None], *, rounds: int, description: str | None) -> None:
    """Read the options that all model benchmarks have, and start one."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--threads", type=int, default=1, help="more than one: time on the wall")
    arguments = parser.parse_args()
    check_versions()
    torch.set_num_threads(arguments.threads)
    main(output=arguments.output, rounds=arguments.rounds)


def check_versions() -> None:
    """Refuse to compare what was never compared before."""
    for name, expected in TESTED.items():
        found = metadata.version(name)
        assert found.startswith(expected), f"{name} is {found}, this compares with {expected}x"


def clock() -> str:
    """Processor time for one thread, which others on the machine disturb least, else the wall."""
    return "cpu" if torch.get_num_threads() == 1 else "wall"


def circumstances() -> dict[str, Any]:
    """``environment`` of these benchmarks, and that our weights were packed."""
    return environment() | {"packed": True}


def _renamed(state: Mapping[str, Tensor], *, table: RenameTable) -> dict[str, Tensor]:
    names = {name: table.ours(name) for name in state}
    return {ours: state[name] for name, ours in names.items() if ours is not None}
