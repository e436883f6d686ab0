"""Work in a second thread keeps its order, is bounded, and leaves no thread behind."""

import multiprocessing
import os
import threading
import time

import pytest

from openluke.tokenization.work_ahead import work_ahead


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = threading.active_count()
    yield
    assert threading.active_count() == before


@pytest.mark.parametrize("n", [0, 1, 2, 20])
def test_results_come_in_the_order_of_the_items(n) -> None:
    def work(item: int) -> int:
        time.sleep(0.001 * (item % 3))
        return item * item

    assert list(work_ahead(range(n), work=work)) == [(item, item * item) for item in range(n)]


def test_work_on_the_next_item_goes_on_while_one_is_looked_at() -> None:
    begun = [threading.Event() for _ in range(3)]
    results = work_ahead(range(3), work=lambda item: begun[item].set())
    for item, _ in results:
        if item < 2:
            assert begun[item + 1].wait(timeout=10)


def test_no_more_than_one_item_is_taken_ahead() -> None:
    taken = []

    def items():
        for item in range(9):
            taken.append(item)
            yield item

    for item, _ in work_ahead(items(), work=str):
        assert len(taken) <= item + 2


def test_what_the_work_raises_is_raised_to_the_caller() -> None:
    def work(item: int) -> int:
        return 1 // (2 - item)

    results = work_ahead(range(9), work=work)
    assert [next(results)[0], next(results)[0]] == [0, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_what_the_items_raise_is_raised_to_the_caller() -> None:
    def items():
        yield 1
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        list(work_ahead(items(), work=str))


def test_a_generator_closed_early_ends_its_thread() -> None:
    worked = []
    results = work_ahead(range(9), work=worked.append)
    next(results)
    results.close()
    assert worked in ([0], [0, 1])


def _work_in_child(queue) -> None:
    queue.put(list(work_ahead(range(3), work=str)))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_works_ahead_too() -> None:
    list(work_ahead(range(3), work=str))
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=_work_in_child, args=(queue,))
    child.start()
    assert queue.get() == [(0, "0"), (1, "1"), (2, "2")]
    child.join(timeout=30)
    assert child.exitcode == 0
