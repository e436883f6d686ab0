"""What is trained and how fast: AdamW with groups of parameters, each with its decay and rate."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from openluke.errors import ConfigError
from openluke.model.encoder import Encoder
from openluke.training.lazy import LazyAdamW, PartlyLazy
from openluke.training.schedules import Schedule, rate_factor

_BASE_WIDTH, _BASE_RATE = 768, 1e-5
"""The width of the base model, and the rate that LUKE is fine-tuned with."""
_HIGHEST_RATE = 5e-4
_SMALL_HEAD_FACTOR = 10.0
_ADAPTERS_FACTOR = 10.0
"""Adapters, which begin at nothing, learn at so many times the rate of whole weights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimizerConfig:
    """Options of AdamW, of its learning rates, and of what is trained."""

    learning_rate: float | None = None
    """The highest rate; ``None``: as the model's width asks for, see ``default_rate``."""
    schedule: Schedule = "warmup_linear"
    """What the rate does after the warm-up."""
    warmup: float = 0.06
    """The share of all steps in which the rate rises."""
    warmup_steps: int | None = None
    """The number of those steps, where it is not a share of all."""
    weight_decay: float = 0.01
    """How much matrices shrink in each step; biases and normalisations never do."""
    decay_entities: bool = False
    """Whether the entity table shrinks too. Without, rows that are never read do not change."""
    betas: tuple[float, float] = (0.9, 0.999)
    """How much of the means of gradients and of their squares stays in each step."""
    eps: float = 1e-6
    """What is added to the root of the mean square."""
    bias_correction: bool = True
    """Whether the means make up for beginning at zero. The published LUKE was fine-tuned without;
    steps are then longer for a while, since the mean of squares is the slower to rise."""
    head_factor: float | None = None
    """How many times the learning rate the heads have; ``None``: 1, but 10 where new ones are
    fine-tuned on an encoder that is narrower than 768."""
    layer_factor: float = 1.0
    """How many times the rate of the layer above each layer has: below 1, the lower the slower."""
    trained: tuple[str, ...] = ()
    """Modules or parameters that are trained, such as ``encoder.entities``; all by default."""
    frozen: tuple[str, ...] = ()
    """Of those, modules or parameters that are not trained, such as ``encoder.entities.table``."""
    lazy: tuple[str, ...] = ()
    """Of those, modules or parameters of which a step changes only the rows that have a gradient,
    such as ``encoder.entities.table`` where few entities are read and scored; see ``LazyAdamW``."""

    def __post_init__(self) -> None:
        for name in ("learning_rate", "head_factor", "layer_factor", "eps"):
            if (value := getattr(self, name)) is not None and not value > 0:
                raise ConfigError(f"{name} is {value}, expected more than 0")
        if not 0 <= self.warmup <= 1:
            raise ConfigError(f"warmup is {self.warmup}, expected a share from 0 to 1")
        if self.warmup_steps is not None and self.warmup_steps < 0:
            raise ConfigError(f"warmup_steps is {self.warmup_steps}, expected 0 or more")
        if not self.weight_decay >= 0:
            raise ConfigError(f"weight_decay is {self.weight_decay}, expected 0 or more")
        if not all(0 <= beta < 1 for beta in self.betas):
            raise ConfigError(f"betas are {self.betas}, expected two shares below 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How fast a model learns, in numbers."""

    learning_rate: float
    head_factor: float


def rates_of(
    config: OptimizerConfig, *, model: nn.Module, new_heads: bool = False, adapters: bool = False
) -> Rates:
    """The rates that are chosen, and where they are not, those that suit the model.

    Args:
        config: What is chosen.
        model: What is trained; its encoder's width counts.
        new_heads: Whether some of its heads begin at random.
        adapters: Whether adapters beside its encoder are trained in place of it.
    """
    width = min((encoder.config.hidden_size for encoder in _encoders(model)), default=_BASE_WIDTH)
    rate, factor = config.learning_rate, config.head_factor
    if factor is None:
        factor = _SMALL_HEAD_FACTOR if new_heads and width < _BASE_WIDTH else 1.0
    if rate is None:
        rate = default_rate(width) * (_ADAPTERS_FACTOR if adapters else 1)
    return Rates(learning_rate=rate, head_factor=factor)


def default_rate(width: int) -> float:
    """The learning rate that suits an encoder of a width.

    It is LUKE's own, 1e-5, for widths of 768 (base) and more (large). Half the width has ten times
    the rate, and so on along this power of the width, to 5e-4 at most: 1e-4 for 384.
    """
    rate = _BASE_RATE * (_BASE_WIDTH / width) ** math.log2(10)
    return min(max(float(f"{rate:.1e}"), _BASE_RATE), _HIGHEST_RATE)


def freeze(model: nn.Module, *, config: OptimizerConfig) -> None:
    """Let the chosen parameters of a model be trained, of those that were trainable before."""
    names = [name for name, _ in model.named_parameters()]
    for chosen in (*config.trained, *config.frozen, *config.lazy):
        if not any(_lies_in(name, modules=(chosen,)) for name in names):
            raise ConfigError(
                f"no module or parameter of the model is called {chosen!r}; the first levels are "
                f"{', '.join(sorted({'.'.join(name.split('.')[:2]) for name in names}))}"
            )
    for name, parameter in model.named_parameters():
        wanted = not config.trained or _lies_in(name, modules=config.trained)
        if not wanted or _lies_in(name, modules=config.frozen):
            parameter.requires_grad = False
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ConfigError("nothing is left to be trained: see the options trained and frozen")


def parameter_groups(model: nn.Module, *, config: OptimizerConfig) -> list[dict[str, Any]]:
    """The trainable parameters by their decay and the factor of their learning rate."""
    kept = set() if config.decay_entities else _ids(_entity_tables(model))
    factors = _factors(model, config=config)
    groups: dict[tuple[float, float, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            # vectors are biases and scales of normalisations
            decays = parameter.ndim > 1 and id(parameter) not in kept
            decay, factor = config.weight_decay if decays else 0.0, factors.get(id(parameter), 1.0)
            lazy = _lies_in(name, modules=config.lazy)
            groups.setdefault((decay, factor, lazy), []).append(parameter)
    return [
        {"params": parameters, "weight_decay": decay, "lr_factor": factor, "lazy": lazy}
        for (decay, factor, lazy), parameters in sorted(groups.items(), key=lambda item: item[0])
    ]


class UncorrectedAdamW(torch.optim.Optimizer):
    """AdamW without bias correction, as BERT was trained; the decay follows the step, as there."""

    def __init__(
        self,
        groups: Iterable[dict[str, Any]],
        *,
        lr: float,
        betas: tuple[float, float],
        eps: float,
    ) -> None:
        super().__init__(groups, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": 0.0})

    @torch.no_grad()
    def step(self) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Change every parameter that has a gradient."""
        for group in self.param_groups:
            rate, (beta_mean, beta_square) = group["lr"], group["betas"]
            for parameter in group["params"]:
                if (gradient := parameter.grad) is None:
                    continue
                state = self.state[parameter]
                if not state:
                    state["exp_avg"] = torch.zeros_like(parameter)
                    state["exp_avg_sq"] = torch.zeros_like(parameter)
                mean, square = state["exp_avg"], state["exp_avg_sq"]
                mean.mul_(beta_mean).add_(gradient, alpha=1 - beta_mean)
                square.mul_(beta_square).addcmul_(gradient, gradient, value=1 - beta_square)
                parameter.addcdiv_(mean, square.sqrt().add_(group["eps"]), value=-rate)
                if group["weight_decay"]:
                    parameter.mul_(1 - rate * group["weight_decay"])


def make_optimizer(model: nn.Module, *, config: OptimizerConfig) -> torch.optim.Optimizer:
    """AdamW for the trainable parameters, in the form that is fastest on their device."""
    groups = parameter_groups(model, config=config)
    rate = rates_of(config, model=model).learning_rate
    options: dict[str, Any] = {"lr": rate, "betas": config.betas, "eps": config.eps}
    parts: list[torch.optim.Optimizer] = []
    if whole := [group for group in groups if not group["lazy"]]:
        parts.append(
            torch.optim.AdamW(whole, **options, fused=True)
            if config.bias_correction
            else UncorrectedAdamW(whole, **options)
        )
    if lazy := [group for group in groups if group["lazy"]]:
        names = {parameter: name for name, parameter in model.named_parameters()}
        parts.append(
            LazyAdamW(lazy, **options, bias_correction=config.bias_correction, names=names)
        )
    return parts[0] if len(parts) == 1 else PartlyLazy(parts)


def set_rates(
    optimizer: torch.optim.Optimizer, *, config: OptimizerConfig, step: int, n_steps: int
) -> float:
    """Give every group its learning rate for a step, counted from 0; says the rate."""
    n_warmup = config.warmup_steps
    if n_warmup is None:
        n_warmup = int(n_steps * config.warmup)
    factor = rate_factor(step, n_steps=n_steps, n_warmup=n_warmup, schedule=config.schedule)
    rate = optimizer.defaults["lr"] * factor
    for group in optimizer.param_groups:
        group["lr"] = rate * group["lr_factor"]
    return rate


def _lies_in(name: str, *, modules: Sequence[str]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def _encoders(model: nn.Module) -> Iterable[Encoder]:
    return (module for module in model.modules() if isinstance(module, Encoder))


def _entity_tables(model: nn.Module) -> list[torch.Tensor]:
    return [
        encoder.entities.table.weight for encoder in _encoders(model) if encoder.config.n_entities
    ]


def _factors(model: nn.Module, *, config: OptimizerConfig) -> dict[int, float]:
    """The factor of each parameter's rate: of the encoder by its depth, of all else as a head."""
    head_factor = rates_of(config, model=model).head_factor
    factors = dict.fromkeys(_ids(model.parameters()), head_factor)
    for encoder in _encoders(model):
        depth = len(encoder.layers)
        factors |= dict.fromkeys(_ids(encoder.parameters()), config.layer_factor ** (depth + 1))
        for i, layer in enumerate(encoder.layers):
            factor = config.layer_factor ** (depth - i)
            factors |= dict.fromkeys(_ids(layer.parameters()), factor)
        if encoder.pooler is not None:
            factors |= dict.fromkeys(_ids(encoder.pooler.parameters()), 1.0)
    return factors


def _ids(parameters: Iterable[Any]) -> set[int]:
    return {id(parameter) for parameter in parameters}
