"""``openluke wikipedia candidates``: what the names in texts may stand for."""

from dataclasses import replace as changed
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from openluke.cli.flags import Flag
from openluke.cli.wikipedia.counts import print_counts
from openluke.cli.wikipedia.machine import Machine
from openluke.cli.wikipedia.progress import stage_progress
from openluke.wikipedia.build_candidates import build_candidates
from openluke.wikipedia.candidate_options import CandidateOptions

_USUAL, _HERE = CandidateOptions(), Machine()


def candidates(
    pages: Path,
    output: Path,
    *,
    options: Annotated[CandidateOptions, Parameter(name="*", negative_iterable="")] = _USUAL,
    replace: Flag = False,
    json: Flag = False,
    machine: Machine = _HERE,
) -> None:
    """Make the table of names: which entities each may stand for, and how often it is a link.

    A job that is killed goes on where it was when the same command is given again.

    Args:
        pages: A page store.
        output: The directory to make.
        options: Which names and entities to take.
        replace: Replace a table that is there, or that was begun otherwise.
        json: Print one JSON object instead of a table.
        machine: Who does the work.
    """
    with stage_progress() as progress:
        counts = build_candidates(
            pages,
            output=output,
            options=options,
            limits=machine.limits,
            workforce=changed(machine.workforce, on_done=progress.step_done),
            replace=replace,
            reuse=not replace,
        )
    print_counts("candidate table", output=output, counts=counts, as_json=json, form=options.form)
