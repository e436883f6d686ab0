"""The parts of a job in several processes of this machine, any of which may die."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import Connection

from openluke.errors import OpenLukeError
from openluke.part_work import Part, PartWork

_MOST_DEATHS = 3
"""How many processes may end at the same part."""

_Pools = list[ProcessPoolExecutor]
_Future = Future[dict[str, int]]
_Done = Callable[[int, Mapping[str, int]], None]


def run_in_processes(
    job: PartWork[Part], *, parts: Mapping[int, Part], workers: int, on_done: _Done
) -> None:
    """Do parts, by number, in processes; each has one at a time.

    A part whose process dies is done again by a new one.

    Raises:
        OpenLukeError: A part ends every process that does it.
    """
    with _processes(workers) as (idle, start):
        waiting = deque(parts)
        running: dict[_Future, tuple[int, ProcessPoolExecutor]] = {}
        deaths = Counter[int]()
        while waiting or running:
            while waiting and idle:
                pool, number = idle.pop(), waiting.popleft()
                future = _submit(pool, job=job, part=parts[number], number=number)
                running[future] = number, pool
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                number, pool = running.pop(future)
                error = future.exception()
                if isinstance(error, BrokenProcessPool):
                    deaths[number] += 1
                    _check_deaths(deaths[number], part=parts[number], number=number, cause=error)
                    waiting.appendleft(number)
                    idle.append(start())
                elif error is not None:
                    error.add_note(describe(parts[number], number=number))
                    raise error
                else:
                    idle.append(pool)
                    on_done(number, future.result())


def describe(part: object, *, number: int) -> str:
    """Which part it was, for the reader of an error."""
    return f"in part {number}: {part!r:.300}"


@contextmanager
def _processes(
    workers: int,
) -> Generator[tuple[_Pools, Callable[[], ProcessPoolExecutor]], None, None]:
    """Pools of one process each, so that it is known which part a process died of.

    They end with the block: when it fails, and when this process dies, at once.
    """
    context = multiprocessing.get_context("spawn")  # a fork would copy other threads' locks
    heard, alive = context.Pipe(duplex=False)
    pools: _Pools = []

    def start() -> ProcessPoolExecutor:
        pool = ProcessPoolExecutor(1, mp_context=context, initializer=_begin, initargs=(heard,))
        pools.append(pool)
        with _without_interrupts():
            pool.submit(int)  # starts the process
        return pool

    try:
        for _ in range(workers):
            start()
        yield list(pools), start
        for pool in pools:
            pool.shutdown()
    finally:
        alive.close()  # those that still work end here
        for pool in pools:
            pool.shutdown()
        heard.close()


def _submit(pool: ProcessPoolExecutor, *, job: PartWork[Part], part: Part, number: int) -> _Future:
    try:
        return pool.submit(job.do, part, number=number)
    except BrokenProcessPool as error:  # it has died while it was idle
        failed: _Future = Future()
        failed.set_exception(error)
        return failed


def _begin(heard: Connection) -> None:
    """Make this process end when the one that started it ends or gives up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is for the other to be interrupted
    threading.Thread(target=_end_with, args=(heard,), daemon=True).start()


def _end_with(heard: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        heard.recv_bytes()
    os._exit(1)


@contextmanager
def _without_interrupts() -> Generator[None, None, None]:
    """Let processes that are started here be deaf to Ctrl-C from their first moment."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _check_deaths(n: int, *, part: object, number: int, cause: BaseException) -> None:
    if n >= _MOST_DEATHS:
        raise OpenLukeError(
            f"{n} processes have ended by themselves {describe(part, number=number)}; there may be "
            "too little memory: ask for fewer workers. (In a program of your own, what asks for "
            'workers has to stand below `if __name__ == "__main__":`.)'
        ) from cause
