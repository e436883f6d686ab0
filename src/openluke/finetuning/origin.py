"""What a fine-tuning run is made from: its recipe, its data and the model it starts from."""

from collections.abc import Mapping
from typing import Any

from openluke.finetuning.recipe import FinetuneConfig, recipe_values
from openluke.training.origin import FREE

PREDICTIONS = "predictions"

_FILES = ("train", "dev")
"""Where these lie may change, what is in them and how it is read not."""
_TESTS = ("test", "tests")
"""No choice is made by these."""


def origin_of(
    config: FinetuneConfig, *, data: Mapping[str, Mapping[str, str]], model: str
) -> dict[str, Any]:
    """What a run must have in common with its earlier lives.

    Args:
        config: The recipe.
        data: Hashes of the files that are learnt from and chosen by, by head and split.
        model: What tells the model that is started from, from others.
    """
    values = recipe_values(config)
    for name in ("paper", "licence", "model", "leave_checkpoints"):
        del values[name]
    for table in (values, *values["tasks"]):
        if table["data"] is not None:
            kept = {k: v for k, v in table["data"].items() if k not in _TESTS}
            table["data"] = kept | {name: _reading(kept[name]) for name in _FILES}
    training = values["training"]
    values["training"] = {k: v for k, v in training.items() if k not in FREE}
    return {"recipe": values, "data": {k: dict(v) for k, v in data.items()}, "model": model}


def hashes_of(origin: Mapping[str, Any]) -> dict[str, str]:
    """What to say of files that are not the same as before; see ``run_directory.owned``."""
    files = {
        f"data.{head}.{split}": f"the {split} file of {head} is another one, or has changed since"
        for head, splits in origin["data"].items()
        for split in splits
    }
    return files | {"model": "the model to start from is another one, or has changed since"}


def _reading(file: str | Mapping[str, Any] | None) -> dict[str, Any] | None:
    """How a file is read, where that is said of it alone."""
    if isinstance(file, Mapping):
        return {name: value for name, value in file.items() if name != "path"}
    return None
