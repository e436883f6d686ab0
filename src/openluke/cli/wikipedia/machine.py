"""Options that stages share: how much of which machine they take."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from openluke.errors import ConfigError
from openluke.part_runner import ClusterOptions, Executor
from openluke.wikipedia.build_candidates import Workforce
from openluke.wikipedia.reductions import LEAST_MEMORY, Limits

_GB = 1_000_000_000
_USUAL = ClusterOptions()

Workers = Annotated[
    int | None,
    Parameter(help="Parts done at once; by default one on each core, or all of a cluster's."),
]
Memory = Annotated[
    float, Parameter(help="Gigabytes for joining and sorting; what does not fit goes to disk.")
]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """What joining and sorting take of this machine; what comes out does not depend on it."""

    workers: Annotated[int | None, Parameter(help="Cores to use at once; all by default.")] = None
    memory: Memory = 1.5

    def __post_init__(self) -> None:
        _check_workers(self.workers)
        _check_memory(self.memory)

    @property
    def limits(self) -> Limits:
        """What reductions may take."""
        return Limits(memory=int(self.memory * _GB), workers=self.workers)


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Who does the parts of a stage; what comes out does not depend on it."""

    workers: Workers = None
    executor: Annotated[
        Executor,
        Parameter(
            help="Who does the parts: local (this machine's cores); slurm, ray or datatrove-local "
            "by means of datatrove (pip install 'openluke[cluster]')."
        ),
    ] = "local"
    partition: Annotated[str | None, Parameter(help="The partition of Slurm.")] = None
    time: Annotated[
        str | None,
        Parameter(help=f"The longest that a part may take on Slurm; by default {_USUAL.time}."),
    ] = None
    worker_memory: Annotated[
        int | None,
        Parameter(help=f"Gigabytes of each worker of Slurm or Ray; by default {_USUAL.memory_gb}."),
    ] = None
    sbatch: Annotated[
        list[str] | None,
        Parameter(
            help="More options of sbatch, such as account=nlp; may be given several times.",
            negative="",
        ),
    ] = None

    def __post_init__(self) -> None:
        _check_workers(self.workers)
        for_slurm = {"partition": self.partition, "time": self.time, "sbatch": self.sbatch}
        for name, value in for_slurm.items():
            if value is not None and self.executor != "slurm":
                raise ConfigError(
                    f"--{name} goes with --executor slurm alone, not with {self.executor}"
                )
        if self.executor == "slurm" and self.partition is None:
            raise ConfigError("--executor slurm needs --partition: the partition to run in")
        if self.worker_memory is not None:
            if self.executor not in ("slurm", "ray"):
                raise ConfigError(
                    "--worker-memory goes with --executor slurm or ray alone, not with "
                    f"{self.executor}"
                )
            if self.worker_memory < 1:
                raise ConfigError(
                    f"--worker-memory is {self.worker_memory}, expected at least 1 gigabyte"
                )
        for option in self.sbatch or ():
            if not all(option.partition("=")):
                raise ConfigError(f"--sbatch is {option!r}, expected NAME=VALUE")

    @property
    def cluster(self) -> ClusterOptions:
        """What a cluster has to know."""
        return ClusterOptions(
            partition=self.partition,
            time=_USUAL.time if self.time is None else self.time,
            memory_gb=_USUAL.memory_gb if self.worker_memory is None else self.worker_memory,
            sbatch=tuple(self.sbatch or ()),
        )

    @property
    def workforce(self) -> Workforce:
        """Who looks through pages."""
        return Workforce(workers=self.workers, executor=self.executor, cluster=self.cluster)


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Machine(Parts):
    """Who does the parts of a stage, and what its joining and sorting take."""

    memory: Memory = 1.5

    def __post_init__(self) -> None:
        Parts.__post_init__(self)
        _check_memory(self.memory)

    @property
    def limits(self) -> Limits:
        """What reductions may take."""
        return Limits(memory=int(self.memory * _GB), workers=self.workers)


def _check_workers(workers: int | None) -> None:
    if workers is not None and workers < 1:
        raise ConfigError(f"--workers is {workers}, expected at least 1")


def _check_memory(gigabytes: float) -> None:
    least = LEAST_MEMORY / _GB
    if not least <= gigabytes < float("inf"):
        raise ConfigError(f"--memory is {gigabytes:g} gigabytes, expected at least {least:g}")
