"""Work on one thing after another in a second thread, a step ahead of who takes the results."""

import os
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_OFF = frozenset(["", "0", "f", "false", "n", "no", "off"])


def work_ahead(
    items: Iterable[Item], *, work: Callable[[Item], Result]
) -> Generator[tuple[Item, Result], None, None]:
    """Items with the results of work on them, in order.

    While the caller is busy with one item, work on the next goes on in another thread: this pays
    where the work is done outside Python's lock. No more than two items are held at a time. Close
    the generator when it is left early: the thread then ends after what it is at.

    Args:
        items: What to work on.
        work: What to do with each; what it raises is raised here.
    """
    waiting: tuple[Item, Future[Result]] | None = None
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="openluke-work-ahead")
    try:
        for item in items:
            begun = item, pool.submit(work, item)
            if waiting is not None:
                yield waiting[0], waiting[1].result()
            waiting = begun
        if waiting is not None:
            yield waiting[0], waiting[1].result()
    finally:
        pool.shutdown(cancel_futures=True)


def may_use_threads() -> bool:
    """Whether the environment lets the Rust tokenizers use threads of their own."""
    if os.environ.get("TOKENIZERS_PARALLELISM", "true").lower() in _OFF:
        return False
    return os.environ.get("RAYON_NUM_THREADS") != "1"
