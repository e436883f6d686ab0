"""``openluke inspect``: what lies at a path."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from openluke.cli.facts import print_facts
from openluke.cli.inspected import describe_path


def inspect(path: Path, *, json: Annotated[bool, Parameter(negative="")] = False) -> None:
    """Say what a file or directory is, how large, and what it holds.

    Args:
        path: A model directory or a file of one, an archive of the original project, weights, an
            entity vocabulary, a tokenizer, vectors, a fine-tuning run, a recipe, texts, examples,
            or another artefact.
        json: Print one JSON object instead of a table.
    """
    description = describe_path(path)
    print_facts(description.kind, facts=description.facts, as_json=json)
