"""Write the tables of recipes/README.md: every key that a recipe may have, with its default.

Run ``python -m tools.recipe_keys`` (or ``make readme``); a test compares the file with the code.
"""

from collections.abc import Mapping

from openluke.cli.field_notes import field_notes
from openluke.finetuning.recipe import (
    DataConfig,
    FileConfig,
    FinetuneConfig,
    InputsConfig,
    LearningConfig,
    LoraConfig,
    TaskConfig,
)
from openluke.pretraining.masking import MaskingConfig
from openluke.pretraining.objective import ObjectiveConfig
from openluke.pretraining.recipe import (
    PhaseConfig,
    PretrainConfig,
    PretrainingConfig,
    StartConfig,
)
from openluke.training.optim import OptimizerConfig
from tools.readme import ROOT, fill

FILE = ROOT / "recipes" / "README.md"
TABLES: dict[str, type] = {
    "the recipe itself": FinetuneConfig,
    "`[data]`": DataConfig,
    "a file of `[data]`, where it is a table such as `[data.dev]`": FileConfig,
    "`[[tasks]]`, where one encoder learns several": TaskConfig,
    "`[inputs]`": InputsConfig,
    "`[training]`": LearningConfig,
    "`[training.optimizer]`": OptimizerConfig,
    "`[lora]`": LoraConfig,
}
"""What the keys of each configuration stand in."""
PRETRAINING: dict[str, type] = {
    "a recipe for pretraining": PretrainConfig,
    "`[start]`": StartConfig,
    "`[[phases]]`": PhaseConfig,
    "`[training]` and `[phases.training]`": PretrainingConfig,
    "`[objective]`": ObjectiveConfig,
    "`[objective.masking]`": MaskingConfig,
}
"""The same of pretraining."""


def keys(tables: Mapping[str, type] = TABLES) -> str:
    """The tables, one behind the other."""
    return "\n\n".join(f"Keys of {place}:\n\n{_table(kind)}" for place, kind in tables.items())


def regions() -> dict[str, str]:
    """What stands in each region of the file."""
    return {"keys": keys(), "pretraining keys": keys(PRETRAINING)}


def main() -> None:
    """Write the tables."""
    text = FILE.read_text(encoding="utf-8")
    FILE.write_text(fill(text, regions=regions()), encoding="utf-8")


def _table(kind: type) -> str:
    rows = [
        (f"`{one.name}`", f"`{one.default}`" if one.default else "", _cell(one.note))
        for one in field_notes(kind)
    ]
    head = ("key", "default", "what it is")
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, tuple("---" for _ in head), *rows])


def _cell(note: str) -> str:
    return " ".join(note.replace("``", "`").replace("|", "\\|").split())


if __name__ == "__main__":
    main()
