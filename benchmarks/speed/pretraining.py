"""Pretraining beside LukeForMaskedLM of transformers: whole steps of luke-base, 500,000 entities.

A step is a forward and a backward pass over inputs of 512 words with 40 to 128 entities, and AdamW
over everything. Both read the same masked inputs and have the same weights; losses and gradients
are compared before anything is timed. The control is transformers' step once more, on the same
model: a third one with its optimizer would not fit beside the two. The peak of memory is that of
one larger step in a process of its own for each.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor, nn
from transformers import LukeConfig, LukeForMaskedLM

from benchmarks.speed.luke_base import check_versions, clock
from benchmarks.speed.measure import environment, paired, report
from openluke.checkpoints.layout_tables import TRANSFORMERS_ENCODER, TRANSFORMERS_HEADS
from openluke.entities.name_index import VocabRow
from openluke.entities.titles import Name
from openluke.entities.vocab import EntityVocab
from openluke.features import Features
from openluke.instances import Instance, TaskBatch
from openluke.model.config import EncoderConfig, HeadConfig
from openluke.model.encoder import Encoder
from openluke.model.heads import build_head
from openluke.model.model import Model
from openluke.pretraining.masking import MaskingConfig
from openluke.pretraining.objective import MASKED, ObjectiveConfig, PretrainingObjective
from openluke.tokenization.tokenizer import WordTokenizer
from openluke.training.optim import OptimizerConfig, make_optimizer
from tests.parity.masked_batches import to_padded

ROUNDS, TIMED_INPUTS, LARGE_INPUTS = 5, 2, 8
LAYERS, N_WORDS, N_ENTITIES = 12, 50267, 500_000
WORDS, FEWEST, MOST, LONGEST, MENTION = 512, 40, 128, 5, 30
LEARNING_RATE, WEIGHT_DECAY, EPS = 1e-5, 0.01, 1e-6
FLOOR, MEMORY_FLOOR = 1.5, 0.4
"""How many times as fast a step must be, and which share of the memory it must save."""
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
PAD = 1

Step = Callable[[], Tensor]


@dataclass(frozen=True, kw_only=True)
class Size:
    """What is measured; all but a try has the sizes of luke-base."""

    layers: int
    entities: int
    entity_aware: bool

    @property
    def is_whole(self) -> bool:
        """Whether floors hold for it."""
        return (self.layers, self.entities) == (LAYERS, N_ENTITIES)


def make_objective(size: Size) -> PretrainingObjective:
    """The objective, of vocabularies of the right size that mean nothing."""
    letters = pre_tokenizers.ByteLevel.alphabet()
    tokens = [*SPECIAL[:4], *letters]
    tokens += [f"Ġ{i}" for i in range(N_WORDS - len(tokens) - 1)]
    tokens.append(SPECIAL[4])
    rust = Tokenizer(models.BPE({token: row for row, token in enumerate(tokens)}, []))
    rust.add_special_tokens(list(SPECIAL))
    titles = (VocabRow([Name(str(i))], 1) for i in range(size.entities - 3))
    return PretrainingObjective(
        ObjectiveConfig(masking=MaskingConfig()),
        tokenizer=WordTokenizer(rust, family="byte_level"),
        entities=EntityVocab.build(titles),
        max_mention_length=MENTION,
    )


def make_instances(size: Size, *, n: int) -> list[Instance]:
    """Full inputs of random words, with mentions of random entities all over them."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(n):
        words = rng.integers(len(SPECIAL) + 256, N_WORDS - 1, WORDS, dtype=np.int32)
        words[0], words[-1] = SPECIAL.index("<s>"), SPECIAL.index("</s>")
        m = int(rng.integers(FEWEST, MOST + 1))
        starts = np.sort(rng.integers(1, WORDS - LONGEST, m, dtype=np.int32))
        lengths = rng.integers(1, LONGEST, m, dtype=np.int32)
        features = Features(
            word_ids=words,
            word_offsets=np.zeros((WORDS, 2), dtype=np.int32),
            word_texts=np.zeros(WORDS, dtype=np.int32),
            word_types=np.zeros(WORDS, dtype=np.int32),
            entity_ids=rng.integers(3, size.entities, m, dtype=np.int32),
            entity_ranges=np.stack([starts, starts + lengths], axis=1),
            entity_types=np.zeros(m, dtype=np.int32),
            entity_sources=np.arange(m, dtype=np.int32),
        )
        found.append(Instance(features=(features,)))
    return found


def make_theirs(size: Size) -> LukeForMaskedLM:
    """Their model with random weights, tied as every released one is."""
    torch.manual_seed(0)
    model = LukeForMaskedLM(
        LukeConfig(
            vocab_size=N_WORDS,
            entity_vocab_size=size.entities,
            num_hidden_layers=size.layers,
            max_position_embeddings=514,
            type_vocab_size=1,
            layer_norm_eps=1e-5,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            use_entity_aware_attention=size.entity_aware,
            attn_implementation="eager",
        )
    )
    theirs = cast("Any", model)
    theirs.lm_head.decoder.weight = theirs.luke.embeddings.word_embeddings.weight
    theirs.lm_head.decoder.bias = theirs.lm_head.bias
    table = theirs.luke.entity_embeddings.entity_embeddings
    theirs.entity_predictions.decoder.weight = table.weight
    return model.train()


def make_ours(size: Size) -> Model:
    """Our model with random weights."""
    encoder = Encoder(
        EncoderConfig(
            n_words=N_WORDS,
            n_entities=size.entities,
            n_layers=size.layers,
            entity_aware=size.entity_aware,
            hidden_dropout=0.0,
            attention_dropout=0.0,
        )
    )
    head = build_head(HeadConfig(kind="masked"), encoder=encoder)
    return Model(encoder, heads={MASKED: head}).train()


def our_names(theirs: nn.Module, *, ours: Model) -> dict[str, str]:
    """Names of our parameters by those of theirs."""
    found = {}
    for name, _ in theirs.named_parameters():
        encoder = TRANSFORMERS_ENCODER.ours(name)
        head = TRANSFORMERS_HEADS["masked"].ours(name)
        found[name] = f"heads.{MASKED}.{head}" if encoder is None else f"encoder.{encoder}"
    assert set(found.values()) == {name for name, _ in ours.named_parameters()}
    return found


@torch.no_grad()
def copy_weights(theirs: nn.Module, *, ours: Model) -> None:
    """Give our model their weights."""
    of_ours = dict(ours.named_parameters())
    names = our_names(theirs, ours=ours)
    for name, parameter in theirs.named_parameters():
        of_ours[names[name]].copy_(parameter)


def their_loss(model: nn.Module, *, inputs: TaskBatch) -> Step:
    """Their loss of a batch."""
    padded = to_padded(inputs, word_pad_id=PAD, max_mention_length=MENTION)
    return lambda: model(**padded).loss


def our_loss(model: Model, *, objective: PretrainingObjective, inputs: TaskBatch) -> Step:
    """Our loss of a batch: the sum of the means."""

    def loss() -> Tensor:
        sums = objective.losses(inputs, model=model)
        return torch.stack([sums[name] / n for name, n in inputs.n_targets.items()]).sum()

    return loss


def step_of(loss: Step, *, optimizer: torch.optim.Optimizer) -> Step:
    """A whole step with a loss."""

    def step() -> Tensor:
        found = loss()
        found.backward()
        optimizer.step()
        optimizer.zero_grad()
        return found.detach()

    return step


def their_optimizer(model: nn.Module) -> torch.optim.Optimizer:
    """AdamW as a plain loop makes it."""
    return torch.optim.AdamW(
        model.parameters(), lr=LEARNING_RATE, eps=EPS, weight_decay=WEIGHT_DECAY
    )


def our_optimizer(model: Model) -> torch.optim.Optimizer:
    """AdamW as our training makes it."""
    config = OptimizerConfig(
        learning_rate=LEARNING_RATE, eps=EPS, weight_decay=WEIGHT_DECAY, decay_entities=True
    )
    return make_optimizer(model, config=config)


def compare(theirs: nn.Module, *, ours: Model, losses: tuple[Step, Step]) -> dict[str, float]:
    """How far losses and gradients are apart; raises where that is too far."""
    of_theirs, of_ours = (loss() for loss in losses)
    of_theirs.backward()
    of_ours.backward()
    parameters = dict(ours.named_parameters())
    pairs = [
        (parameter.grad, parameters[our_name].grad)
        for (_, parameter), our_name in zip(
            theirs.named_parameters(), our_names(theirs, ours=ours).values(), strict=True
        )
    ]
    assert all((a is None) == (b is None) for a, b in pairs), "a gradient is missing"
    norm = torch.stack([a.norm() for a, _ in pairs if a is not None]).norm()
    apart = [(a - b).norm() for a, b in pairs if a is not None and b is not None]
    found = {
        "loss": abs(of_ours.item() / of_theirs.item() - 1),
        "gradients": (torch.stack(apart).norm() / norm).item(),
    }
    theirs.zero_grad()
    ours.zero_grad()
    assert found["loss"] < 1e-5, f"losses differ: {found}"
    assert found["gradients"] < 1e-4, f"gradients differ: {found}"
    return found


def race(size: Size, *, rounds: int, n_inputs: int) -> dict[str, Any]:
    """Time steps of both in turns."""
    objective = make_objective(size)
    began = time.process_time()
    inputs = objective.collate(make_instances(size, n=n_inputs), rng=np.random.default_rng(0))
    collating = time.process_time() - began
    assert inputs.n_targets["words"] > 0.1 * inputs.batch.n_words, "too few words are masked"
    theirs, ours = make_theirs(size), make_ours(size)
    copy_weights(theirs, ours=ours)
    of_theirs = their_loss(theirs, inputs=inputs)
    of_ours = our_loss(ours, objective=objective, inputs=inputs)
    differences = compare(theirs, ours=ours, losses=(of_theirs, of_ours))
    their_step = step_of(of_theirs, optimizer=their_optimizer(theirs))
    timing = paired(
        step_of(of_ours, optimizer=our_optimizer(ours)),
        their_step,
        null=their_step,
        rounds=rounds,
        clock="cpu" if clock() == "cpu" else "wall",
    )
    return timing | {
        "inputs": n_inputs,
        "targets": dict(inputs.n_targets),
        "relative_difference": differences,
        "seconds_to_mask_and_collate": collating,
    }


def one_step(who: str, *, size: Size, n_inputs: int) -> None:
    """Print the peak of memory, in megabytes, and the seconds of one step, in this process."""
    torch.set_num_threads(1)
    objective = make_objective(size)
    inputs = objective.collate(make_instances(size, n=n_inputs), rng=np.random.default_rng(0))
    if who == "theirs":
        theirs = make_theirs(size)
        loss, optimizer = their_loss(theirs, inputs=inputs), their_optimizer(theirs)
    else:
        ours = make_ours(size)
        loss = our_loss(ours, objective=objective, inputs=inputs)
        optimizer = our_optimizer(ours)
    # makes Linux forget the peak so far, to which building the vocabularies belongs
    Path("/proc/self/clear_refs").write_text("5")
    start = time.process_time()
    step_of(loss, optimizer=optimizer)()
    status = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    print(peak / 1024, time.process_time() - start)


def memory(size: Size, *, n_inputs: int) -> dict[str, Any]:
    """The peaks of both, each in a process of its own."""
    found = {}
    for who in ("ours", "theirs"):
        command = [sys.executable, "-m", "benchmarks.speed.pretraining", "--one", who]
        command += ["--large-inputs", str(n_inputs), "--layers", str(size.layers)]
        command += ["--entities", str(size.entities)]
        command += [] if size.entity_aware else ["--plain"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        megabytes, seconds = map(float, done.stdout.split())
        found[who] = {"peak_mb": megabytes, "first_step_cpu_s": seconds}
    saved = 1 - found["ours"]["peak_mb"] / found["theirs"]["peak_mb"]
    return found | {"inputs": n_inputs, "saved": saved}


def main(
    size: Size, *, output: Path | None, rounds: int, timed_inputs: int, large_inputs: int
) -> None:
    """Measure memory, then time, and report one line."""
    peaks = memory(size, n_inputs=large_inputs)
    timing = race(size, rounds=rounds, n_inputs=timed_inputs)
    report(
        {
            "benchmark": "pretraining",
            **timing,
            **environment(),
            "layers": size.layers,
            "entities": size.entities,
            "entity_aware": size.entity_aware,
            "control": "transformers once more, on the same model",
            "memory": peaks,
        },
        output=output,
    )
    if size.is_whole:
        assert timing["ratio"] >= FLOOR, f"{timing['ratio']:.2f} is below its floor {FLOOR}"
        saved = peaks["saved"]
        assert saved >= MEMORY_FLOOR, f"{saved:.0%} less memory, expected {MEMORY_FLOOR:.0%}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--layers", type=int, default=LAYERS, help="fewer for a try")
    parser.add_argument("--entities", type=int, default=N_ENTITIES, help="fewer for a try")
    parser.add_argument("--plain", action="store_true", help="one query for all, as published")
    parser.add_argument("--timed-inputs", type=int, default=TIMED_INPUTS)
    parser.add_argument("--large-inputs", type=int, default=LARGE_INPUTS)
    parser.add_argument("--one", choices=("ours", "theirs"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    check_versions()
    size = Size(layers=given.layers, entities=given.entities, entity_aware=not given.plain)
    if given.one:
        one_step(given.one, size=size, n_inputs=given.large_inputs)
    else:
        torch.set_num_threads(1)
        main(
            size,
            output=given.output,
            rounds=given.rounds,
            timed_inputs=given.timed_inputs,
            large_inputs=given.large_inputs,
        )
