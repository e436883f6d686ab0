"""Low-rank adapters on an encoder: few weights are trained beside frozen ones, and merged after."""

import importlib
import re
from importlib.util import find_spec
from typing import Any

from openluke.errors import ConfigError, MissingExtraError
from openluke.finetuning.recipe import LoraConfig
from openluke.model.encoder import Encoder
from openluke.model.linear import Linear


def add_adapters(encoder: Encoder, *, config: LoraConfig) -> list[str]:
    """Freeze an encoder and put adapters beside some of its layers; say which."""
    chosen = _layers(encoder, config=config)
    peft = _peft()
    adapters = peft.LoraConfig(
        r=config.rank,
        lora_alpha=config.alpha,
        lora_dropout=config.dropout,
        target_modules=chosen,
    )
    peft.inject_adapter_in_model(adapters, encoder)
    return chosen


def merge_adapters(encoder: Encoder) -> None:
    """Add what adapters have learnt to the layers that they stand beside, and take them away."""
    for name, module in list(encoder.named_modules()):
        if hasattr(module, "merge") and hasattr(module, "base_layer"):
            adapter: Any = module
            adapter.merge()
            parent = encoder.get_submodule(name.rpartition(".")[0])
            setattr(parent, name.rpartition(".")[2], adapter.base_layer)


def _layers(encoder: Encoder, *, config: LoraConfig) -> list[str]:
    linear = [name for name, module in encoder.named_modules() if isinstance(module, Linear)]
    found = [name for name in linear if re.fullmatch(config.layers, name)]
    if not found:
        raise ConfigError(
            f"lora.layers {config.layers!r} matches none of the encoder's linear layers, such as "
            f"{', '.join(linear[:6])}"
        )
    return found


def _peft() -> Any:
    if find_spec("peft") is None:
        raise MissingExtraError("fine-tuning with LoRA", extra="lora")
    return importlib.import_module("peft")
