"""How a model is trained: the options of the loop."""

from dataclasses import dataclass, field
from typing import Literal

from openluke.errors import ConfigError
from openluke.training.optim import OptimizerConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """Options of a training run.

    A step is made of micro-batches: ``accumulation`` of them in each process. What is learnt does
    not depend on which process reads which: two processes with one micro-batch each do the same as
    one with two.
    """

    seed: int = 0
    """Where all randomness begins: the order of the data, what is drawn in it, and dropout."""
    epochs: int = 3
    """How often the data is read."""
    max_steps: int | None = None
    """After how many steps to end, if that is before the last epoch's end."""
    accumulation: int = 1
    """Micro-batches of each process in a step."""
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    """What is trained, and at which rates."""
    data_workers: int = 0
    """Threads in each process that read and collate the next steps' micro-batches while it computes
    this one's; what is learnt does not depend on their number."""
    max_grad_norm: float | None = 1.0
    """The length to which longer gradients are shortened; ``None`` leaves them."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """The type that is computed with where it is safe; weights are float32 always."""
    gradient_checkpointing: bool = False
    """Compute the layers twice instead of keeping their states: less memory, a third more time."""
    strategy: Literal["ddp", "fsdp"] = "ddp"
    """With several processes: each has the whole model (DDP), or a share of it (FSDP2)."""
    evaluate_every: int | None = None
    """Steps between evaluations; ``None`` evaluates after each epoch."""
    keep: Literal["best", "last"] = "best"
    """The weights that a run ends with, if there are evaluations: those of the best score, or its
    last, as in pretraining. There is a checkpoint of both in either case."""
    patience: int | None = None
    """After how many evaluations without a new best score to stop; ``None`` never stops early."""
    checkpoint_every: int | None = None
    """Steps between checkpoints; there is one at each evaluation and after each epoch anyway."""
    keep_checkpoints: int = 1
    """How many of the last checkpoints are kept, besides the best."""
    log_every: int = 10
    """Steps between the lines of ``metrics.jsonl``; each has the means of its steps."""
    measure_utilisation: bool = False
    """Whether lines say how much is computed in a second, as a share of what the device can at its
    fastest, which is measured at the beginning for half a second. The encoder's work counts, and
    that of heads where the objective counts it."""

    def __post_init__(self) -> None:
        for name in ("epochs", "accumulation", "keep_checkpoints", "log_every"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected 1 or more")
        for name in ("max_steps", "evaluate_every", "patience", "checkpoint_every"):
            if (value := getattr(self, name)) is not None and value < 1:
                raise ConfigError(f"{name} is {value}, expected 1 or more, or nothing")
        if self.data_workers < 0:
            raise ConfigError(f"data_workers is {self.data_workers}, expected 0 or more")
        if self.max_grad_norm is not None and not self.max_grad_norm > 0:
            raise ConfigError(f"max_grad_norm is {self.max_grad_norm}, expected more than 0")
        if self.seed < 0:
            raise ConfigError(f"seed is {self.seed}, expected 0 or more")
