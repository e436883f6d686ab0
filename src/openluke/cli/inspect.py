"""``openluke inspect``: what lies at a path."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from openluke.checkpoints.inspection import describe
from openluke.cli.facts import print_facts


def inspect(path: Path, *, json: Annotated[bool, Parameter(negative="")] = False) -> None:
    """Say what a file or directory is, how large, and what it holds.

    Args:
        path: A model directory, an archive of the original project, a weight file, an entity
            vocabulary, a tokenizer, or another artefact.
        json: Print one JSON object instead of a table.
    """
    description = describe(path)
    print_facts(description.kind, facts=description.facts, as_json=json)
