"""Trackers: what they write, what they show, and what they say when a package is missing."""

import io
import json
import logging
import math
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from openluke.errors import CheckpointError, ConfigError, DataError, MissingExtraError
from openluke.training.trackers import plot, tensorboard, trackio, wandb
from openluke.training.trackers.console import ConsoleTracker
from openluke.training.trackers.metrics_file import MetricsFile, read_metrics
from openluke.training.trackers.named import make_tracker
from openluke.training.trackers.tracker import RunFacts, Tracker, tracking
from tests.training import toy

REPORTS = [
    (10, {"epoch": 0.5, "loss": 2.0, "learning_rate": 1e-5, "instances_per_second": 12.0}),
    (20, {"epoch": 1.0, "loss": 1.0, "learning_rate": 5e-6, "instances_per_second": 12.0}),
    (20, {"epoch": 1.0, "score/f1": 0.5, "score/recall": 0.4}),
]


def facts(run_dir: Path, *, step: int = 0) -> RunFacts:
    return RunFacts(run_dir=run_dir, options={"seed": 1}, step=step, n_steps=20)


def report(tracker: Tracker, *, run_dir: Path, step: int = 0) -> None:
    with tracking([tracker], facts=facts(run_dir, step=step)):
        for at, values in REPORTS:
            if at > step:
                tracker.log(values, step=at)
                tracker.advance(at)


def test_every_report_is_a_line(tmp_path: Path):
    report(MetricsFile(), run_dir=tmp_path)
    lines = list(read_metrics(tmp_path / "metrics.jsonl"))
    assert lines == [{"step": step, **values} for step, values in REPORTS]


@pytest.mark.parametrize("torn", ["", '{"step": 20, "lo', "\x00\x00"])
def test_a_run_that_goes_on_writes_no_line_twice(torn: str, tmp_path: Path):
    report(MetricsFile(), run_dir=tmp_path)
    with (tmp_path / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write(torn)
    report(MetricsFile(), run_dir=tmp_path, step=10)
    lines = list(read_metrics(tmp_path / "metrics.jsonl"))
    assert [line["step"] for line in lines] == [10, 20, 20]


def test_a_line_that_is_no_json_is_named(tmp_path: Path):
    (tmp_path / "metrics.jsonl").write_text('{"step": 1}\n\x00\x00\n')
    with pytest.raises(DataError, match=r"metrics\.jsonl:2: not a line of JSON"):
        report(MetricsFile(), run_dir=tmp_path)


def test_a_full_disk_is_explained(tmp_path: Path):
    tracker = MetricsFile()
    tracker.start(facts(tmp_path))
    tracker._path = Path("/dev/full")
    with pytest.raises(CheckpointError, match="No space left on device; checkpoints are whole"):
        tracker.log({"loss": 1.0}, step=1)


def test_a_person_watches_a_bar(tmp_path: Path):
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=120)
    report(ConsoleTracker(console), run_dir=tmp_path)
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.getvalue())
    assert "20/20" in text
    assert "loss 1.0000, rate 5.00e-06, 12.0/s" in text
    assert "step 20 of 20, epoch 1.00: f1 0.5000, recall 0.4000" in text


def test_a_log_gets_a_line_for_each_report(tmp_path: Path):
    shown = io.StringIO()
    report(ConsoleTracker(Console(file=shown, width=20)), run_dir=tmp_path)
    assert shown.getvalue().splitlines() == [
        "step 10 of 20, epoch 0.50: loss 2.0000, rate 1.00e-05, 12.0/s",
        "step 20 of 20, epoch 1.00: loss 1.0000, rate 5.00e-06, 12.0/s",
        "step 20 of 20, epoch 1.00: f1 0.5000, recall 0.4000",
    ]


def test_a_run_that_goes_on_says_so(tmp_path: Path):
    shown = io.StringIO()
    report(ConsoleTracker(Console(file=shown, width=40)), run_dir=tmp_path, step=10)
    assert shown.getvalue().splitlines()[0] == f"{tmp_path}: goes on after step 10 of 20"


def test_the_run_is_drawn_rarely_and_at_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    drawn: list[Path] = []
    clock = iter([0.0, 61.0, 61.0, 120.0, 200.0, 200.0])
    monkeypatch.setattr(plot, "draw", drawn.append)
    monkeypatch.setattr(plot.time, "monotonic", lambda: next(clock))
    tracker = plot.PlotTracker()
    with tracking([tracker], facts=facts(tmp_path)):
        for number, expected in enumerate([1, 1, 2]):
            tracker.log({"score/f1": 0.5}, step=number)
            assert len(drawn) == expected
    assert len(drawn) == 3


def test_the_run_is_drawn(tmp_path: Path):
    pytest.importorskip("matplotlib", reason="an extra: pip install 'openluke[plots]'")
    report(MetricsFile(), run_dir=tmp_path)
    plot.draw(tmp_path)
    assert (tmp_path / "training.png").read_bytes().startswith(b"\x89PNG")


def test_measures_are_drawn_below_the_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("matplotlib", reason="an extra: pip install 'openluke[plots]'")
    figures: list[Any] = []

    def make_figure(**options: Any) -> Any:
        figures.append(matplotlib_figure(**options))
        return figures[-1]

    matplotlib_figure: Any = plot.Figure
    monkeypatch.setattr(plot, "Figure", make_figure)
    lines = [
        {"step": step, "loss": 9.0 / step, "score/words/loss": 4.0, "score/words/a": 0.3}
        | {f"measure/words/{name}": value / 10 for name in "abcdefg"}
        for step, value in ((1, 1.0), (2, math.nan), (3, 3.0))
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (tmp_path / "metrics.jsonl").write_text(text)
    plot.draw(tmp_path)
    assert (tmp_path / "training.png").read_bytes().startswith(b"\x89PNG")
    above, below, beside = figures[0].axes
    assert [line.get_label() for line in above.lines] == ["loss"]
    assert [line.get_label() for line in beside.lines] == ["words/loss"]
    # no more than can be told apart
    of_steps = [f"words/{name}" for name in "abcdef"]
    assert [line.get_label() for line in below.lines] == [
        *of_steps[:1],
        "words/a (score)",
        *of_steps[1:],
    ]
    assert below.lines[0].get_color() == below.lines[1].get_color() != below.lines[2].get_color()
    assert [str(y) for y in below.lines[0].get_ydata()] == ["0.1", "nan", "0.3"]
    assert (below.get_xlabel(), above.get_xlabel()) == ("step", "")


def test_a_run_without_evaluation_or_reports_is_drawn_as_far_as_it_goes(tmp_path: Path):
    pytest.importorskip("matplotlib", reason="an extra: pip install 'openluke[plots]'")
    plot.draw(tmp_path)
    assert not (tmp_path / "training.png").exists()
    (tmp_path / "metrics.jsonl").write_text('{"step": 1, "loss": 1.0}\n')
    plot.draw(tmp_path)
    assert (tmp_path / "training.png").exists()


def test_without_matplotlib_the_run_says_once_how_to_get_the_plot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(plot, "Figure", None)
    with caplog.at_level(logging.WARNING):
        report(plot.PlotTracker(), run_dir=tmp_path)
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == [
        "it needs optional packages: pip install 'openluke[plots]'"
    ]


def test_tensorboard_gets_every_value(tmp_path: Path):
    reading = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator",
        reason="an extra: pip install 'openluke[tensorboard]'",
    )
    report(tensorboard.TensorBoardTracker(), run_dir=tmp_path)
    report(tensorboard.TensorBoardTracker(), run_dir=tmp_path, step=10)
    found = reading.EventAccumulator(str(tmp_path / "tensorboard"))
    found.Reload()
    assert [(event.step, event.value) for event in found.Scalars("loss")] == [(10, 2.0), (20, 1.0)]
    assert [event.step for event in found.Scalars("score/f1")] == [20]


class FakeService:
    """Stands for wandb and trackio: it remembers what it is told."""

    def __init__(self) -> None:
        self.begun: list[dict[str, Any]] = []
        self.logged: list[tuple[int, dict[str, float]]] = []
        self.finished = 0

    def init(self, **options: Any) -> Any:
        self.begun.append(options)
        return SimpleNamespace(log=self.log, finish=self.finish)

    def log(self, values: dict[str, float], *, step: int) -> None:
        self.logged.append((step, values))

    def finish(self) -> None:
        self.finished += 1


@pytest.mark.parametrize(("module", "kind"), [(wandb, "WandbTracker"), (trackio, "TrackioTracker")])
def test_a_service_is_told_everything_and_goes_on_with_its_run(
    module: Any, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    service = FakeService()
    monkeypatch.setattr(module, kind.removesuffix("Tracker").lower(), service)
    for step in (0, 10):
        report(getattr(module, kind)(), run_dir=tmp_path, step=step)
    assert service.logged == [*REPORTS, *REPORTS[1:]]
    assert service.finished == 2
    first, second = service.begun
    assert first == second
    assert first["resume"] == "allow"
    assert (first["name"], first["config"]) == (tmp_path.name, {"seed": 1})


@pytest.mark.parametrize(
    ("module", "absent", "kind", "extra"),
    [
        (wandb, "wandb", "WandbTracker", "wandb"),
        (trackio, "trackio", "TrackioTracker", "trackio"),
        (tensorboard, "SummaryWriter", "TensorBoardTracker", "tensorboard"),
    ],
)
def test_a_missing_package_is_named(
    module: Any, absent: str, kind: str, extra: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, absent, None)
    with pytest.raises(MissingExtraError, match=rf"pip install 'openluke\[{extra}\]'"):
        getattr(module, kind)()


def test_trackers_are_made_by_their_names():
    assert isinstance(make_tracker("console"), ConsoleTracker)
    assert isinstance(make_tracker("plot"), plot.PlotTracker)
    with pytest.raises(ConfigError, match="no tracker named 'comet'; trackers: console, tensorb"):
        make_tracker("comet")


def test_a_run_is_tracked_to_its_end(tmp_path: Path):
    pytest.importorskip("matplotlib", reason="an extra: pip install 'openluke[plots]'")
    shown = io.StringIO()
    trackers = [ConsoleTracker(Console(file=shown, width=120)), plot.PlotTracker()]
    toy.make_trainer(
        tmp_path, trackers=trackers, evaluate=toy.accuracy, max_steps=4, log_every=2
    ).run()
    assert "step 4 of 4, epoch 0.50: accuracy" in shown.getvalue()
    assert (tmp_path / "training.png").exists()
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [2, 4, 4]
