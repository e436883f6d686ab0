"""The parts of a job on a cluster: datatrove starts them under Slurm or Ray, or on this machine."""

import secrets
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from openluke.errors import ConfigError, MissingExtraError, OpenLukeError
from openluke.part_work import ClusterOptions, Part, PartWork
from openluke.resumable import SCRATCH

try:
    from datatrove.executor.local import LocalPipelineExecutor  # pyright: ignore[reportMissingTypeStubs]
    from datatrove.executor.ray import RayPipelineExecutor  # pyright: ignore[reportMissingTypeStubs]
    from datatrove.executor.slurm import SlurmPipelineExecutor  # pyright: ignore[reportMissingTypeStubs]
except ImportError:
    LocalPipelineExecutor = RayPipelineExecutor = SlurmPipelineExecutor = None

_SETTLING = 3
"""How often it is looked for the last parts when no job is left: file systems take a while."""


class _Step:
    """What datatrove runs for each task: the part that has the task's place in a list."""

    def __init__(self, job: PartWork[Any], *, parts: Mapping[int, Any]) -> None:
        self._job = job
        self._parts = list(parts.items())

    def __call__(self, data: object, rank: int = 0, world_size: int = 1) -> None:
        """Do a part."""
        del data, world_size
        number, part = self._parts[rank]
        if self._job.counts_of(number) is None:
            self._job.do(part, number=number)


def run_on_cluster(
    job: PartWork[Part],
    *,
    parts: Mapping[int, Part],
    workers: int | None,
    on_done: Callable[[int, Mapping[str, int]], None],
    executor: str,
    options: ClusterOptions,
) -> None:
    """Do parts, by number, wherever datatrove brings them, and wait until all are done.

    Raises:
        OpenLukeError: Some were not done.
        MissingExtraError: datatrove is not installed.
    """
    if LocalPipelineExecutor is None or RayPipelineExecutor is None:
        raise MissingExtraError("working on a cluster", extra="cluster")
    logs = job.directory / SCRATCH / "logs" / secrets.token_hex(4)
    shared: dict[str, Any] = {
        "pipeline": [_Step(job, parts=parts)],
        "tasks": len(parts),
        "workers": workers or -1,
        "logging_dir": str(logs),
    }
    missing = dict(parts)

    def look() -> None:
        for number in list(missing):
            if (counts := job.counts_of(number)) is not None:
                del missing[number]
                on_done(number, counts)

    if executor == "slurm":
        _wait_for_slurm(_start_slurm(shared, options=options), missing, look=look, options=options)
    elif executor == "ray":
        RayPipelineExecutor(mem_per_cpu_gb=options.memory_gb, **shared).run()
    else:
        LocalPipelineExecutor(**shared).run()
    look()
    if missing:
        raise OpenLukeError(
            f"{len(missing)} of {job.n_parts} parts were not done, the first of them number "
            f"{min(missing)}; the reasons are in {logs}; the same command again does these alone"
        )


def _start_slurm(shared: dict[str, Any], *, options: ClusterOptions) -> str:
    """Hand the tasks over to Slurm; the number of its job."""
    if options.partition is None:
        raise ConfigError("found no partition, and Slurm needs one to run in")
    pairs = [each.partition("=") for each in options.sbatch]
    assert SlurmPipelineExecutor is not None
    slurm: Any = SlurmPipelineExecutor(
        **shared,
        time=options.time,
        partition=options.partition,
        mem_per_cpu_gb=options.memory_gb,
        job_name="openluke",
        env_command=options.setup or f"export PATH={shlex.quote(_programs())}:$PATH",
        sbatch_args={name: value for name, _, value in pairs},
    )
    slurm.launch_merge_stats = _nothing  # there are no statistics of datatrove's to merge
    try:
        slurm.run()
    except (OSError, subprocess.SubprocessError) as error:
        raise OpenLukeError(f"Slurm does not take the job: {error}") from error
    return str(slurm.job_id)


def _nothing() -> None:
    """Do nothing; by name, so that Slurm's copy of the job can be made."""


def _programs() -> str:
    """Where this environment's programs are."""
    return str(Path(sys.executable).parent)


def _wait_for_slurm(
    number: str, missing: Mapping[int, object], *, look: Callable[[], None], options: ClusterOptions
) -> None:
    look()
    while missing and _is_queued(number):
        time.sleep(options.poll_seconds)
        look()
    for _ in range(_SETTLING):
        if missing:
            time.sleep(options.poll_seconds)
            look()


def _is_queued(number: str) -> bool:
    """Whether Slurm still has something to do for a job; it forgets those that have ended."""
    command = ["squeue", "--noheader", "--jobs", number]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if answer.returncode:
        return "Invalid job id" not in answer.stderr  # else it is too busy to answer
    return bool(answer.stdout.strip())
