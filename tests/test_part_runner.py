"""Jobs in parts: the same result from any number of processes, however often they are killed."""

import errno
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from openluke import part_cluster
from openluke.errors import (
    CheckpointError,
    ConfigError,
    DataError,
    MissingExtraError,
    OpenLukeError,
)
from openluke.part_runner import ClusterOptions, available_cores, run_parts
from openluke.resumable import SCRATCH
from tests import squares
from tests.architecture.rules import ROOT

COUNTS = Counter(numbers=7, sum=21)


def files(path: Path) -> dict[str, bytes]:
    """Everything in a directory, by name."""
    found = [one for one in path.rglob("*") if one.is_file()]
    return {one.relative_to(path).as_posix(): one.read_bytes() for one in sorted(found)}


@pytest.fixture
def whole(tmp_path: Path) -> dict[str, bytes]:
    """What is made by one process that nobody kills."""
    squares.make(tmp_path / "whole" / "out")
    return files(tmp_path / "whole")


def start(path: Path, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.squares", str(path), *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=ROOT, text=True, stderr=subprocess.PIPE, start_new_session=True
    )


def run(path: Path, *arguments: object) -> int:
    process = start(path, *arguments)
    _, told = process.communicate(timeout=240)
    assert process.returncode == 0, told
    return process.returncode


def test_the_parts_are_done_in_order_and_added_up(tmp_path, whole) -> None:
    told: list[squares.PartDone] = []
    assert squares.make(tmp_path / "a" / "out", told=told) == COUNTS
    assert [(one.number, one.was_done) for one in told] == [(n, False) for n in range(7)]
    assert told[3].counts == {"numbers": 1, "sum": 3}
    assert files(tmp_path / "a") == whole
    assert set(whole) == {
        "out/manifest.json",
        "out/sum.txt",
        *(f"out/{name}/{n:05d}.txt" for name in ("squares", "cubes") for n in range(7)),
    }


@pytest.mark.parametrize("workers", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_any_number_of_processes_makes_the_same(tmp_path, whole, workers) -> None:
    told: list[squares.PartDone] = []
    assert squares.make(tmp_path / "a" / "out", workers=workers, told=told) == COUNTS
    assert sorted(one.number for one in told) == list(range(7))
    assert files(tmp_path / "a") == whole


def test_a_process_that_is_killed_is_replaced(tmp_path, whole) -> None:
    work = squares.once_deadly_square
    assert squares.make(tmp_path / "a" / "out", workers=2, work=work) == COUNTS
    assert files(tmp_path / "a") == whole


def test_a_part_that_ends_every_process_is_named_and_the_rest_is_kept(tmp_path, whole) -> None:
    out = tmp_path / "a" / "out"
    with pytest.raises(OpenLukeError, match=r"3 processes .* in part 4: 4; .* fewer workers"):
        squares.make(out, workers=2, work=squares.deadly_square)
    assert not out.exists()
    told: list[squares.PartDone] = []
    assert squares.make(out, told=told) == COUNTS
    assert any(one.was_done for one in told)
    assert files(tmp_path / "a") == whole


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_a_part_is_told_as_it_is_with_the_part(tmp_path, workers) -> None:
    with pytest.raises(DataError, match=r"numbers\.txt:4: found a 3") as caught:
        squares.make(tmp_path / "out", workers=workers, work=squares.wrong_square)
    assert caught.value.__notes__ == ["in part 3: 3"]
    assert (caught.value.file, caught.value.line) == ("numbers.txt", 4)


def test_what_was_done_is_not_done_again(tmp_path, whole) -> None:
    with pytest.raises(DataError):
        squares.make(tmp_path / "a" / "out", work=squares.wrong_square)
    told: list[squares.PartDone] = []
    squares.make(tmp_path / "a" / "out", told=told)
    assert [one.number for one in told if one.was_done] == [0, 1, 2]
    assert files(tmp_path / "a") == whole


def test_a_part_whose_files_or_mark_were_lost_is_done_again(tmp_path) -> None:
    def go() -> list[int]:
        told: list[squares.PartDone] = []
        run_parts(
            squares.square, parts=range(4), directory=tmp_path, workers=1, on_done=told.append
        )
        return [one.number for one in told if not one.was_done]

    assert go() == [0, 1, 2, 3]
    (tmp_path / "squares/00001.txt").write_text("1")
    (tmp_path / "cubes/00002.txt").unlink()
    marks = tmp_path / SCRATCH / "parts"
    (marks / "00003.json").write_text("{")
    (marks / "00003.12345678.partial").mkdir()
    assert go() == [1, 2, 3]
    assert go() == []
    assert sorted(path.name for path in marks.iterdir()) == [f"{n:05d}.json" for n in range(4)]
    told: list[squares.PartDone] = []
    run_parts(squares.square, parts=range(5), directory=tmp_path, workers=1, on_done=told.append)
    assert not any(one.was_done for one in told), "the parts of another job"


def test_wrong_options_are_told(tmp_path) -> None:
    with pytest.raises(ConfigError, match="workers is 0, expected at least 1"):
        run_parts(squares.square, parts=[1], directory=tmp_path, workers=0)
    with pytest.raises(ConfigError, match="'spark', expected one of local, slurm, ray"):
        squares.make(tmp_path / "out", executor="spark")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ConfigError, match="found no partition"):
        squares.make(tmp_path / "out", executor="slurm")
    assert list(tmp_path.iterdir()) == []
    assert available_cores() >= 1


def test_no_parts_are_no_work(tmp_path) -> None:
    assert run_parts(squares.square, parts=[], directory=tmp_path, workers=3) == Counter()


def test_datatrove_has_to_be_installed(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(part_cluster, "RayPipelineExecutor", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'openluke\[cluster\]'"):
        squares.make(tmp_path / "out", executor="ray")


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
class TestKills:
    def test_whenever_a_process_is_killed_the_next_goes_on(self, tmp_path, whole) -> None:
        rng = random.Random(os.environ.get("CI", time.time()))
        touches = ",".join(str(rng.randint(1, 120)) for _ in range(8))
        out = tmp_path / "a" / "out"
        out.parent.mkdir()
        assert run(out, 1, "local", touches) == 0
        assert files(tmp_path / "a") == whole, touches
        assert "is finished already" in start(out, 1, "local").communicate(timeout=60)[1]

    @pytest.mark.slow
    def test_at_any_touch_of_the_disk_it_may_be_killed(self, tmp_path, whole) -> None:
        (tmp_path / "sweep").mkdir()
        assert run(tmp_path / "sweep", 1, "local", "sweep") == 0
        made = list((tmp_path / "sweep").iterdir())
        assert len(made) > 80
        wanted = {name: content for name, content in whole.items() if name.startswith("out/")}
        for path in made:
            found = files(path)
            assert {name: found.get(name) for name in wanted} == wanted, path.name
            # who dies after the artefact is there leaves his marks
            assert all(name.startswith(("out/", ".out.")) for name in found)

    def test_all_processes_end_with_the_first(self, tmp_path, whole) -> None:
        out = tmp_path / "a" / "out"
        out.parent.mkdir()
        process = start(out, 2, "local")
        wait_for(lambda: len(marks(out)) >= 2)
        workers = children(process.pid)
        assert len(workers) >= 2
        process.kill()
        process.communicate()
        wait_for(lambda: not any(is_alive(worker) for worker in workers))
        n_done = len(marks(out))
        assert 2 <= n_done < 7
        told: list[squares.PartDone] = []
        squares.make(out, told=told)
        assert sum(one.was_done for one in told) == n_done
        assert files(tmp_path / "a") == whole

    @pytest.mark.slow
    def test_workers_that_are_killed_at_random_change_nothing(self, tmp_path, whole) -> None:
        rng = random.Random(1)
        out = tmp_path / "a" / "out"
        out.parent.mkdir()
        process = start(out, 2, "local")
        for n_done in (1, 3):
            wait_for(lambda n=n_done: len(marks(out)) >= n)
            os.kill(rng.choice(children(process.pid)[-2:]), signal.SIGKILL)
        _, told = process.communicate(timeout=60)
        assert process.returncode == 0, told
        assert files(tmp_path / "a") == whole

    def test_ctrl_c_ends_all_processes_without_their_noise(self, tmp_path, whole) -> None:
        out = tmp_path / "a" / "out"
        out.parent.mkdir()
        process = start(out, 2, "local")
        wait_for(lambda: len(marks(out)) >= 1)
        workers = children(process.pid)
        os.killpg(process.pid, signal.SIGINT)
        _, told = process.communicate(timeout=60)
        assert told.count("Traceback") == 1
        assert "KeyboardInterrupt" in told
        wait_for(lambda: not any(is_alive(worker) for worker in workers))
        squares.make(out)
        assert files(tmp_path / "a") == whole

    def test_a_second_process_is_refused(self, tmp_path, whole) -> None:
        out = tmp_path / "a" / "out"
        out.parent.mkdir()
        process = start(out, 2, "local")
        wait_for(lambda: len(marks(out)) >= 1)
        with pytest.raises(ConfigError, match="out: another process is writing it at this moment"):
            squares.make(out)
        _, told = process.communicate(timeout=60)
        assert process.returncode == 0, told
        assert files(tmp_path / "a") == whole


@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_disk_is_told_and_what_was_done_is_kept(tmp_path, whole, workers) -> None:
    out = tmp_path / "a" / "out"
    with pytest.raises(CheckpointError, match=r"out: cannot be written: No space .*; free some"):
        squares.make(out, workers=workers, work=full_disk)
    told: list[squares.PartDone] = []
    squares.make(out, told=told)
    assert [one.number for one in told if one.was_done] == [0, 1, 2]
    assert files(tmp_path / "a") == whole


def full_disk(part: int, directory: Path):
    """Parts from the fourth on find no space."""
    if part < 3:
        return squares.square(part, directory)
    time.sleep(1.5)  # so that the first three are done
    raise OSError(errno.ENOSPC, "No space left on device", str(directory / "x"))


def test_datatrove_on_this_machine_makes_the_same(tmp_path, whole) -> None:
    told: list[squares.PartDone] = []
    out = tmp_path / "a" / "out"
    with pytest.raises(DataError):
        squares.make(out, work=squares.wrong_square)
    assert squares.make(out, workers=2, executor="datatrove-local", told=told) == COUNTS
    assert [(one.number, one.was_done) for one in told] == [(n, n < 3) for n in range(7)]
    assert files(tmp_path / "a") == whole


@pytest.mark.slow
def test_ray_makes_the_same(tmp_path, whole) -> None:
    pytest.importorskip("ray")
    out = tmp_path / "a" / "out"
    out.parent.mkdir()
    assert run(out, 2, "ray") == 0
    assert files(tmp_path / "a") == whole


STAND_INS = {
    # runs the tasks of a job at once, and forgets the job
    "sbatch": """#!{python}
import os, re, subprocess, sys
script = sys.argv[-1]
text = open(script).read()
assert "#SBATCH --partition=cpu" in text and "#SBATCH --account=nlp" in text, text
first, last = map(int, re.search(r"--array=(\\d+)-(\\d+)", text).groups())
for task in range(first, last + 1):
    env = os.environ | {{"SLURM_ARRAY_TASK_ID": str(task), "SLURM_NODELIST": "here"}}
    done = subprocess.run(["bash", script], env=env, capture_output=True, text=True)
    if done.returncode:
        print(done.stderr, file=sys.stderr)
print("Submitted batch job 17")
""",
    "squeue": "#!/bin/sh\necho 'slurm_load_jobs error: Invalid job id specified' >&2\nexit 1\n",
    "scontrol": "#!/bin/sh\necho here\n",
    "srun": '#!/bin/sh\nwhile [ "$1" != launch_pickled_pipeline ]; do shift; done\nexec "$@"\n',
}


@pytest.mark.skipif(os.name != "posix", reason="needs programs of a POSIX shell")
@pytest.mark.slow
def test_slurm_makes_the_same(tmp_path, whole, monkeypatch) -> None:
    """Slurm's programs are stand-ins that run the tasks here."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in STAND_INS.items():
        (programs / name).write_text(
            text.format(python=sys.executable) if name == "sbatch" else text
        )
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    cluster = ClusterOptions(partition="cpu", sbatch=("account=nlp",), poll_seconds=0.1)
    out = tmp_path / "a" / "out"
    with pytest.raises(
        OpenLukeError, match=r"1 of 7 parts were not done, .* number 3; the reasons"
    ):
        squares.make(out, executor="slurm", cluster=cluster, work=squares.wrong_square)
    told: list[squares.PartDone] = []
    assert squares.make(out, executor="slurm", cluster=cluster, told=told) == COUNTS
    assert [one.number for one in told if not one.was_done] == [3]
    assert files(tmp_path / "a") == whole


def marks(out: Path) -> list[Path]:
    return list((out.parent / f".{out.name}.unfinished/draft" / SCRATCH / "parts").glob("*.json"))


def wait_for(condition) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    if not path.exists():
        pytest.skip("needs the process table of Linux")
    return [int(one) for one in path.read_text().split()]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
