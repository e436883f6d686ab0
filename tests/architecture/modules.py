"""Which modules openluke has, and which of them are the text side, which never needs torch."""

import pkgutil

import openluke

NETWORK_SIDE = {
    *("model", "instances", "checkpoints", "decoding", "inference", "task", "tasks", "training"),
    *("finetuning", "pretraining", "serving", "integrations", "cli"),
}
"""Units below ``openluke`` that may import torch."""

LIGHT = {
    *("openluke.model.config", "openluke.model.ignore", "openluke.cli.main"),
    *("openluke.pretraining.corpus", "openluke.pretraining.shuffling"),
    *("openluke.pretraining.masking", "openluke.pretraining.word_groups"),
}
"""Modules in those units that must not, with all below them: what describes a model, what starts
the commands, what makes a corpus, what orders it and what hides some of it."""


def all_modules() -> list[str]:
    """Every module of the package, by name, without importing it."""
    return ["openluke", *_below(list(openluke.__path__), prefix="openluke.")]


def text_side() -> list[str]:
    """The modules that must import without torch."""
    return [
        name
        for name in all_modules()
        if _unit(name) not in NETWORK_SIDE or any(f"{name}.".startswith(f"{one}.") for one in LIGHT)
    ]


def _below(paths: list[str], *, prefix: str) -> list[str]:
    names = []
    for module in pkgutil.iter_modules(paths, prefix):
        names.append(module.name)
        if module.ispkg:
            inner = [f"{path}/{module.name.rpartition('.')[2]}" for path in paths]
            names += _below(inner, prefix=f"{module.name}.")
    return names


def _unit(name: str) -> str:
    return name.split(".")[1] if "." in name else ""
