"""Jobs in parts: on all cores or on a cluster, with the same result, resumed where they stopped."""

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast, get_args

from openluke.errors import ConfigError
from openluke.part_processes import describe, run_in_processes
from openluke.part_work import ClusterOptions, Part, PartWork

__all__ = ["ClusterOptions", "Executor", "PartDone", "available_cores", "run_parts"]

Executor = Literal["local", "slurm", "ray", "datatrove-local"]
"""Who does the parts: processes of this machine, or a cluster by means of datatrove."""


class PartDone(NamedTuple):
    """What is told of a part when it is done."""

    number: int
    counts: Mapping[str, int]
    was_done: bool
    """Whether it was done before the job was taken up."""
    n_parts: int
    """How many parts the job has."""


def run_parts(
    work: Callable[[Part, Path], Mapping[str, int]],
    *,
    parts: Sequence[Part],
    directory: Path,
    workers: int | None = None,
    on_done: Callable[[PartDone], None] | None = None,
    executor: Executor = "local",
    cluster: ClusterOptions | None = None,
) -> Counter[str]:
    """Do all parts of a job, whatever was done before excepted, and add up what they count.

    The files of a part are moved into ``directory`` when all are complete, under the names that
    they were given; then the part is marked as done, below ``SCRATCH`` in ``directory``. What is
    there in the end depends neither on how many processes did it nor on how often they were killed.

    Args:
        work: Writes the files of a part into the directory that it gets, and counts. It must be
            importable (a function of a module, or an object of a class of one).
        parts: What the job consists of; small, since they are sent to the processes. The same job
            has the same parts in the same order.
        directory: Where the files go; the draft of a ``resumable_artifact``.
        workers: How many parts are done at once; all cores by default, or all that a cluster gives.
        on_done: Told of each part, those that were done before first.
        executor: Who does the parts.
        cluster: What a cluster has to know.

    Raises:
        OpenLukeError: Some part ends every process that does it.
        MissingExtraError: The executor needs packages that are not installed.
    """
    if executor not in get_args(Executor):
        names = ", ".join(get_args(Executor))
        raise ConfigError(f"found executor {executor!r}, expected one of {names}")
    if workers is not None and workers < 1:
        raise ConfigError(f"workers is {workers}, expected at least 1")
    tell: Callable[[PartDone], None] = on_done or _ignore
    job = PartWork(work=work, directory=directory.absolute(), n_parts=len(parts))
    done = {n: counts for n in range(len(parts)) if (counts := job.counts_of(n)) is not None}
    for number, counts in done.items():
        tell(PartDone(number, counts, was_done=True, n_parts=len(parts)))
    left = {number: part for number, part in enumerate(parts) if number not in done}

    def add(number: int, counts: Mapping[str, int]) -> None:
        done[number] = dict(counts)
        tell(PartDone(number, counts, was_done=False, n_parts=len(parts)))

    if executor == "local":
        job.clear()
        _run_here(job, parts=left, workers=workers or available_cores(), on_done=add)
    elif left:
        module = import_module("openluke.part_cluster")  # datatrove takes a second to import
        run = cast("Callable[..., None]", module.run_on_cluster)
        run(
            job,
            parts=left,
            workers=workers,
            on_done=add,
            executor=executor,
            options=cluster or ClusterOptions(),
        )
    total = Counter[str]()
    for number in sorted(done):
        total.update(done[number])
    return total


def available_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _run_here(
    job: PartWork[Part],
    *,
    parts: Mapping[int, Part],
    workers: int,
    on_done: Callable[[int, Mapping[str, int]], None],
) -> None:
    if min(workers, len(parts)) > 1:
        run_in_processes(job, parts=parts, workers=min(workers, len(parts)), on_done=on_done)
        return
    for number, part in parts.items():
        try:
            counts = job.do(part, number=number)
        except BaseException as error:
            error.add_note(describe(part, number=number))
            raise
        on_done(number, counts)


def _ignore(done: Any) -> None:
    del done
