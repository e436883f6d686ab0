"""Paired timing: the right ratio, an order that favours nobody, and reports that say it all."""

import json
import sys
import time

import pytest

from benchmarks.speed import measure


class Clock:
    """A clock that only moves when a program says how long it took."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cpu = self.wall = 0.0
        self.calls: list[str] = []
        monkeypatch.setattr(time, "process_time", lambda: self.cpu)
        monkeypatch.setattr(time, "perf_counter", lambda: self.wall)

    def program(self, name, *, cpu, wall=None):
        def run():
            self.calls.append(name)
            self.cpu += cpu
            self.wall += cpu if wall is None else wall

        return run


@pytest.fixture(autouse=True)
def _no_garbage(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """That of all other tests would be looked through before each of a hundred timings."""
    if "garbage" not in request.node.name:
        monkeypatch.setattr(measure.gc, "collect", lambda: 0)


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


def result(**changes):
    timing = dict.fromkeys(measure.REQUIRED, 1.0) | {"benchmark": "words", "unit": "s"}
    return timing | measure.environment() | changes


def test_ratio_is_how_many_times_longer_theirs_takes(clock):
    timing = measure.paired(
        clock.program("ours", cpu=1.0), clock.program("theirs", cpu=3.0), rounds=5
    )
    assert timing["ratio"] == pytest.approx(3.0)
    assert timing["ratio_iqr"] == pytest.approx([3.0, 3.0])
    assert (timing["ours"], timing["theirs"]) == pytest.approx((1.0, 3.0))
    assert timing["null_ratio"] is None


def test_null_control_is_compared_with_theirs(clock):
    timing = measure.paired(
        clock.program("ours", cpu=1.0),
        clock.program("theirs", cpu=3.0),
        null=clock.program("null", cpu=2.0),
        rounds=3,
    )
    assert timing["null_ratio"] == pytest.approx(1.5)


def test_a_slow_round_does_not_move_the_median(clock):
    speeds = iter([1.0] * 4 + [50.0] + [1.0] * 20)

    def theirs():
        clock.cpu += 2.0 * next(speeds)

    timing = measure.paired(clock.program("ours", cpu=1.0), theirs, rounds=9)
    assert timing["ratio"] == pytest.approx(2.0)


def test_each_clock_gives_its_own_ratio(clock):
    ours = clock.program("ours", cpu=1.0, wall=1.0)
    theirs = clock.program("theirs", cpu=2.0, wall=8.0)
    timing = measure.paired(ours, theirs, rounds=3, clock="wall")
    assert timing["clock"] == "wall"
    assert timing["ratio"] == timing["wall_ratio"] == pytest.approx(8.0)
    assert timing["cpu_ratio"] == pytest.approx(2.0)


def test_every_round_runs_each_program_once_in_an_order_that_the_seed_decides(clock):
    def order(seed):
        clock.calls.clear()
        measure.paired(
            clock.program("ours", cpu=1.0),
            clock.program("theirs", cpu=1.0),
            rounds=20,
            seed=seed,
            warmup=0,
        )
        return list(clock.calls)

    first = order(0)
    rounds = [tuple(first[i : i + 2]) for i in range(0, 40, 2)]
    assert set(rounds) == {("ours", "theirs"), ("theirs", "ours")}
    assert order(0) == first
    assert order(1) != first


def test_warmup_runs_are_not_timed(clock):
    costs = iter([100.0, 1.0, 1.0])

    def ours():
        clock.cpu += next(costs)

    timing = measure.paired(ours, clock.program("theirs", cpu=1.0), rounds=2, warmup=1)
    assert timing["ours"] == pytest.approx(1.0)


def test_zero_rounds_are_refused():
    with pytest.raises(ValueError, match="found rounds = 0, expected at least 1"):
        measure.paired(list, list, rounds=0)


def test_environment_names_versions_hardware_and_date():
    found = measure.environment(threads=2)
    assert found["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert "torch" in found["versions"]
    assert found["hardware"]["cpu"]
    assert found["hardware"]["cores"] >= 1
    assert found["hardware"]["threads"] == 2
    assert len(found["date"]) == len("2026-01-31")


def test_environment_does_not_import_torch(monkeypatch):
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    assert measure.environment()["hardware"]["threads"] == 1
    assert "torch" not in sys.modules


def test_report_prints_one_line_and_writes_the_same_to_a_file(tmp_path, capsys):
    measure.report(result(ratio=1.23456789), output=tmp_path / "new" / "words.json")
    (line,) = capsys.readouterr().out.splitlines()
    printed = json.loads(line)
    assert printed["ratio"] == 1.235
    assert printed["command"].startswith("python ")
    assert json.loads((tmp_path / "new" / "words.json").read_text()) == printed


def test_report_refuses_a_result_without_its_hardware():
    bare = result()
    del bare["hardware"]
    with pytest.raises(ValueError, match="the result lacks hardware"):
        measure.report(bare)


def test_command_leaves_out_where_the_interpreter_lies():
    argv = ["/home/somebody/.venv/bin/python3", "-m", "benchmarks.speed.ner"]
    assert measure._command(argv) == "python -m benchmarks.speed.ner"
