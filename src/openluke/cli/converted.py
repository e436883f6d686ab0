"""What all conversions share: inputs that stay as they are, and a word on what was made."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openluke.checkpoints.bundle import Bundle
from openluke.cli.facts import print_facts
from openluke.errors import ConfigError


def check_apart(source: Path, *, output: Path) -> None:
    """Refuse an output that is the input, or in it, or around it: the input would be lost."""
    before, after = source.resolve(), output.resolve()
    if before == after:
        raise ConfigError(f"{output}: is the input; choose another output")
    for one, other, place in ((before, after, "in"), (after, before, "around")):
        if one in other.parents:
            raise ConfigError(f"{output}: lies {place} the input {source}; choose another output")


def print_model(
    kind: str, *, output: Path, bundle: Bundle, as_json: bool, notes: Sequence[str] = ()
) -> None:
    """Say what was made of a model, and where it is."""
    modules = (bundle.encoder, *(head.module for head in bundle.heads))
    parameters = {id(p): p.numel() for module in modules for p in module.parameters()}
    facts: dict[str, Any] = {
        "written to": str(output),
        "parameters": sum(parameters.values()),
        "word pieces": bundle.tokenizer.n_words,
        "entities": bundle.entities.n_ids,
        "heads": [head.entry.name for head in bundle.heads],
    }
    if notes:
        facts["notes"] = list(notes)
    print_facts(kind, facts=facts, as_json=as_json)
