"""What a run will take: its steps, memory and time, from one step that is measured."""

# The stubs of torch leave the types of some functions open.
# pyright: reportUnknownMemberType=false

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from openluke.checkpoints.bundle import Bundle
from openluke.pretraining.corpus.corpus import Corpus
from openluke.pretraining.objective import PretrainingObjective
from openluke.pretraining.phases import corpus_data, model_of, training_of
from openluke.pretraining.recipe import PretrainConfig
from openluke.training.distributed import Losses, World
from openluke.training.optim import freeze, make_optimizer
from openluke.training.step import Stepper

_FLOAT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseEstimate:
    """What a phase will take."""

    name: str
    steps: int
    inputs: int
    """Of a step."""
    epochs: float
    """How often all corpora are read."""
    n_trained: int
    """Parameters that are trained."""
    n_frozen: int
    weights: int
    """Bytes of all parameters."""
    gradients: int
    """Bytes, also of the optimizer's two moments: three numbers for each trained parameter."""
    activations: int
    """Bytes that one micro-batch keeps for its backward pass."""
    step_seconds: float
    """Of one step: its micro-batches and the optimizer, here and by this process alone."""

    @property
    def memory(self) -> int:
        """Bytes in all, besides what the program itself takes."""
        return self.weights + self.gradients + self.activations

    @property
    def seconds(self) -> float:
        """Of the whole phase, on this machine."""
        return self.steps * self.step_seconds


def estimate_phases(
    config: PretrainConfig, *, bundle: Bundle, corpora: Sequence[Corpus], device: torch.device
) -> list[PhaseEstimate]:
    """Measure a micro-batch and an optimizer step of each phase; the model is changed by them.

    Args:
        config: The recipe.
        bundle: What it starts from.
        corpora: What it reads.
        device: Where it will run.
    """
    return [
        _estimate(config, number=number, bundle=bundle, corpora=corpora, device=device)
        for number in range(len(config.phases))
    ]


def _estimate(
    config: PretrainConfig,
    *,
    number: int,
    bundle: Bundle,
    corpora: Sequence[Corpus],
    device: torch.device,
) -> PhaseEstimate:
    phase, world = config.phases[number], World(device=device)
    data = corpus_data(config, corpora=corpora, number=number)
    training = training_of(phase, data=data, world=world)
    model = model_of(bundle, config=config, number=number).to(device).train()
    model.requires_grad_(True)  # noqa: FBT003 - as torch has it
    freeze(model, config=training.optimizer)
    bundle.encoder.gradient_checkpointing = training.gradient_checkpointing
    objective = PretrainingObjective(
        config.objective,
        tokenizer=bundle.tokenizer,
        entities=bundle.entities,
        max_mention_length=bundle.inputs.max_mention_length,
    )
    stepper = Stepper(
        module=Losses(model, objective=objective),
        objective=objective,
        data=data,
        world=world,
        seed=config.seed,
        dtype=getattr(torch, training.dtype),
    )
    optimizer = make_optimizer(model, config=replace(training.optimizer, learning_rate=1e-12))
    kept = _Kept(model)
    with torch.autograd.graph.saved_tensors_hooks(kept.pack, kept.unpack):
        stepper.backward(step=0, first=0, size=1)
    optimizer.step()  # now the moments are there
    began = _now(device)
    stepper.backward(step=0, first=1, size=1)
    batch_seconds = _now(device) - began
    began = _now(device)
    optimizer.step()
    optimizer_seconds = _now(device) - began
    optimizer.zero_grad()
    n_steps = training.max_steps or -(-data.start(training.epochs) // training.step_batches)
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    whole = sum(p.numel() for p in model.parameters())
    return PhaseEstimate(
        name=phase.name,
        steps=n_steps,
        inputs=training.step_inputs,
        epochs=n_steps * training.step_batches / data.start(1),
        n_trained=trained,
        n_frozen=whole - trained,
        weights=whole * _FLOAT,
        gradients=3 * trained * _FLOAT,
        activations=kept.n_bytes,
        step_seconds=training.step_batches * batch_seconds + optimizer_seconds,
    )


class _Kept:
    """Counts the bytes that are kept for a backward pass, besides the parameters."""

    def __init__(self, model: torch.nn.Module) -> None:
        self._parameters = {p.untyped_storage().data_ptr() for p in model.parameters()}
        self._sizes: dict[int, int] = {}

    @property
    def n_bytes(self) -> int:
        return sum(self._sizes.values())

    def pack(self, tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in self._parameters:
            self._sizes[storage.data_ptr()] = storage.nbytes()
        return tensor

    def unpack(self, tensor: Tensor) -> Tensor:
        return tensor


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()
