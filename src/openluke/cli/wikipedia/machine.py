"""Options that all stages share: how much of which machine they take."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from openluke.part_runner import ClusterOptions, Executor
from openluke.wikipedia.build_candidates import Workforce
from openluke.wikipedia.reductions import Limits

_GB = 1_000_000_000


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Who does the work; what comes out does not depend on it."""

    workers: Annotated[
        int | None,
        Parameter(help="Parts done at once; by default one on each core, or all of a cluster's."),
    ] = None
    memory: Annotated[
        float,
        Parameter(help="Gigabytes for joining and sorting; what does not fit goes to disk."),
    ] = 1.5
    executor: Annotated[
        Executor,
        Parameter(
            help="Who does the parts: local (this machine's cores); slurm, ray or datatrove-local "
            "by means of datatrove (pip install 'openluke[cluster]')."
        ),
    ] = "local"
    partition: Annotated[str | None, Parameter(help="The partition of Slurm.")] = None
    time: Annotated[str, Parameter(help="The longest that a part may take on Slurm.")] = "04:00:00"
    worker_memory: Annotated[int, Parameter(help="Gigabytes of each worker of a cluster.")] = 2
    sbatch: Annotated[
        list[str] | None,
        Parameter(
            help="More options of sbatch, such as account=nlp; may be given several times.",
            negative="",
        ),
    ] = None

    @property
    def limits(self) -> Limits:
        """What reductions may take."""
        return Limits(memory=int(self.memory * _GB), workers=self.workers)

    @property
    def cluster(self) -> ClusterOptions:
        """What a cluster has to know."""
        return ClusterOptions(
            partition=self.partition,
            time=self.time,
            memory_gb=self.worker_memory,
            sbatch=tuple(self.sbatch or ()),
        )

    @property
    def workforce(self) -> Workforce:
        """Who looks through pages."""
        return Workforce(workers=self.workers, executor=self.executor, cluster=self.cluster)
