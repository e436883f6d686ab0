"""``openluke predict``: texts, files and standard input in; JSON lines, colours and pages out."""

import io
import json
import os
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from rich.console import Console

from examples.tiny_model import TEXTS, tiny_model
from openluke.checkpoints.saving import save_bundle
from openluke.cli.html_page import write_page
from openluke.cli.main import main
from openluke.cli.settings import read_settings
from openluke.cli.terminal_view import print_view
from openluke.cli.visible_text import visible
from openluke.errors import ConfigError
from openluke.inference.views import Mark, View
from tests import toy_task
from tests.toy_task import ToyConfig, ToyTask

NESTED = View(
    text="in <Los> Angeles & more",
    marks=(
        Mark(start=3, end=16, label="CITY"),
        Mark(start=3, end=8, label="A"),
        Mark(start=9, end=18, label="X&Y"),
    ),
    notes=("a <note>",),
)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    toy_task.install(monkeypatch)
    bundle = tiny_model(TEXTS)
    task = ToyTask(ToyConfig(), setup=bundle.task_setup(("city", "river")))
    generator = torch.Generator().manual_seed(1)
    bundle = bundle.with_task("places", task=task, generator=generator)
    save_bundle(bundle, directory=tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def run(capsys: pytest.CaptureFixture):
    def call(*arguments: object) -> tuple[int, str, str]:
        status = 0
        try:
            main(["predict", *map(str, arguments), "--device", "cpu"])
        except SystemExit as ended:
            status = int(ended.code or 0)
        return (status, *capsys.readouterr())

    return call


def rows(lines: str) -> list[dict]:
    return [json.loads(line) for line in lines.splitlines()]


def test_a_text_gives_a_line_of_json(run, model: Path) -> None:
    status, out, _ = run(model, "Tokyo is large")
    assert status == 0
    (row,) = rows(out)
    assert set(row) == {"text", "label", "score", "scores"}


def test_files_and_standard_input_give_a_line_each(run, model: Path, tmp_path, monkeypatch) -> None:
    (tmp_path / "in.txt").write_text("Tokyo\nNile\n\nEgypt\n")
    _, of_file, _ = run(model, "--input", tmp_path / "in.txt")
    assert [row["text"] for row in rows(of_file)] == ["Tokyo", "Nile", "", "Egypt"]
    stdin = SimpleNamespace(buffer=io.BytesIO(b"Tokyo\nNile\n\nEgypt\n"), isatty=lambda: False)
    monkeypatch.setattr(sys, "stdin", stdin)
    assert run(model)[1] == of_file
    output = tmp_path / "out.jsonl"
    _, said, _ = run(model, "--input", tmp_path / "in.txt", "--output", output)
    assert said == f"{output}: predictions of 4 inputs\n"
    _, said, _ = run(model, "Tokyo", "--output", output, "--replace")
    assert said == f"{output}: predictions of 1 input\n"
    run(model, "--input", tmp_path / "in.txt", "--output", output, "--replace")
    assert output.read_text() == of_file


def test_a_person_who_types_is_answered_line_by_line(run, model: Path, monkeypatch) -> None:
    stdin = SimpleNamespace(buffer=io.BytesIO(b"Tokyo\nNile\n"), isatty=lambda: True)
    monkeypatch.setattr(sys, "stdin", stdin)
    _, out, err = run(model)
    assert [row["text"] for row in rows(out)] == ["Tokyo", "Nile"]
    assert err == "type a text and press Enter; Ctrl-D ends\n"


def test_what_is_no_terminal_gets_json_also_where_colours_are_forced(
    run, model: Path, monkeypatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    (row,) = rows(run(model, "Tokyo")[1])
    assert row["text"] == "Tokyo"


def test_options_of_the_task_can_be_set(run, model: Path) -> None:
    scores = [
        rows(run(model, "Tokyo", *options)[1])[0]["score"]
        for options in ((), ("--set", "temperature=0.01"))
    ]
    assert scores[0] < scores[1]
    assert "unknown key 'temp'" in run(model, "Tokyo", "--set", "temp=1")[2]
    assert "expected name=value" in run(model, "Tokyo", "--set", "temp")[2]
    for name in ("head", "self", "options"):
        assert f"unknown key '{name}'" in run(model, "Tokyo", "--set", f"{name}=3")[2]


def test_a_page_shows_what_was_found(run, model: Path, tmp_path: Path) -> None:
    page, output = tmp_path / "page.html", tmp_path / "out.jsonl"
    (tmp_path / "in.txt").write_text("1 < 2\nNile\n")
    assert run(model, "--input", tmp_path / "in.txt", "--html", page)[0] == 0
    first = page.read_text()
    assert "1 &lt; 2" in first
    both = ("--input", tmp_path / "in.txt", "--html", page, "--output", output)
    status, out, err = run(model, *both)
    assert (status, out) == (1, "")
    assert "page.html: already exists" in err
    assert run(model, *both, "--replace")[0] == 0
    assert page.read_text() == first


def test_an_output_that_cannot_be_or_would_destroy_another_file_is_refused(
    run, model: Path, tmp_path: Path
) -> None:
    texts = tmp_path / "in.txt"
    texts.write_text("Nile\n")
    link = tmp_path / "link"
    link.symlink_to(texts)
    for path, outputs, message in (
        (texts, ("--output", texts), "in.txt: is the input"),
        (texts, ("--html", texts), "in.txt: is the input"),
        (texts, ("--output", link), "link: is the input"),
        (texts, ("--html", tmp_path / "x", "--output", tmp_path / "x"), "named for two outputs"),
        (tmp_path, ("--output", tmp_path / "x"), "x: lies in the input"),
        (texts, ("--output", "/dev/null"), "null: is a device or pipe"),
        (texts, ("--output", tmp_path / "no" / "x"), f"x: there is no directory {tmp_path}/no"),
        (texts, ("--html", tmp_path / "no" / "x"), f"x: there is no directory {tmp_path}/no"),
    ):
        # before the model is opened
        status, _, err = run("no model", "--input", path, *outputs, "--replace")
        assert status == 1
        assert message in err
    assert texts.read_text() == "Nile\n"
    assert not (tmp_path / "no").exists()
    assert Path("/dev/null").is_char_device()


def test_a_page_beside_an_output_is_not_made_of_a_pipe(run, model: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    outputs = ("--html", tmp_path / "x", "--output", tmp_path / "y")
    status, _, err = run(model, "--input", tmp_path / "pipe", *outputs)
    assert status == 1
    assert "reads its input twice; give a file" in err


def test_files_of_other_forms_are_read_as_they_are(run, model: Path, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("river\tthe Nile\ncity\tTokyo\n")
    status, out, err = run(model, "--input", tmp_path / "in.txt")
    assert status == 0
    assert [row["text"] for row in rows(out)] == ["the Nile", "Tokyo"]
    assert "in.txt: read as tsv; --form text would read a text on each line" in err
    options = ("--form", "tsv", "--option", "lower=true")
    status, out, err = run(model, "--input", tmp_path / "in.txt", *options)
    assert ([row["text"] for row in rows(out)], err) == (["the nile", "tokyo"], "")
    _, out, _ = run(model, "--input", tmp_path / "in.txt", "--form", "text")
    assert [row["text"] for row in rows(out)] == ["river\tthe Nile", "city\tTokyo"]


def test_wrong_calls_are_errors_of_one_line(run, model: Path, tmp_path: Path) -> None:
    (tmp_path / "texts").write_text("Tokyo\n")
    for arguments, message in (
        ((model, "Tokyo", "--input", "x"), "give one of them"),
        ((model, tmp_path / "texts"), "is the name of a file; give --input"),
        ((model, "--html", "x", "--output", "y"), "reads its input twice"),
        ((model, "--input", tmp_path / "none"), "none: cannot be read: No such file"),
        ((model, "Tokyo", "--head", "ner"), "no head named 'ner'"),
    ):
        status, _, err = run(*arguments)
        assert status == 1
        assert message in err
        assert err.count("\n") == 1


def test_a_page_nests_and_crosses_marks(tmp_path: Path) -> None:
    write_page([NESTED], path=tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text().partition("<p>")[2].partition("</p>")[0]
    hues = [f'<mark style="background: hsl({30 * i} 80% 85%)">' for i in range(3)]
    assert text == (
        f"in {hues[0]}{hues[1]}&lt;Los&gt;<b>A</b></mark> {hues[2]}Angeles</mark>"
        f"<b>CITY</b></mark>{hues[2]} &amp;<b>X&amp;Y</b></mark> more"
    )


def test_a_terminal_shows_labels_behind_marks() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, color_system="standard", width=200)
    print_view(NESTED, console=console, colours={})
    assert "\x1b[" in stream.getvalue()
    plain = Console(file=(stream := io.StringIO()), width=200)
    print_view(NESTED, console=plain, colours={})
    assert stream.getvalue() == "in <Los> A  Angeles CITY  & X&Y  more\n  a <note>\n"


@pytest.mark.parametrize("character", ["\r", "\a", "\b", "\v", "\f", "\x1b", "\x9b", "\x7f"])
def test_control_characters_are_shown_and_move_no_mark(character: str) -> None:
    view = View(
        text=f"a{character}b\tTokyo",
        marks=(Mark(start=4, end=9, label=f"CITY{character}"),),
        notes=(character,),
    )
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, color_system="standard", width=200)
    print_view(view, console=console, colours={})
    pieces = re.split("\x1b\\[[0-9;]*m", stream.getvalue())
    assert "Tokyo" in pieces
    assert character not in "".join(pieces)
    plain = Console(file=(stream := io.StringIO()), width=200)
    print_view(view, console=plain, colours={})
    assert stream.getvalue().expandtabs(8).startswith(f"a{visible(character)}b     Tokyo CITY")


def test_output_for_programs_is_utf_8(model: Path, monkeypatch) -> None:
    content = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(content, encoding="cp1252"))
    with pytest.raises(SystemExit, match="0"):
        main(["predict", str(model), "東京 🙂", "--device", "cpu"])
    sys.stdout.flush()
    assert rows(content.getvalue().decode("utf-8"))[0]["text"] == "東京 🙂"


def test_no_inputs_are_an_error_wherever_the_output_goes(
    run, model: Path, tmp_path: Path, monkeypatch
) -> None:
    (tmp_path / "in.txt").write_text("")
    for outputs in ((), ("--html", tmp_path / "x"), ("--output", tmp_path / "y")):
        status, out, err = run(model, "--input", tmp_path / "in.txt", *outputs)
        assert (status, out) == (1, "")
        assert "no inputs; expected at least one" in err
    assert {path.name for path in tmp_path.iterdir()} == {"in.txt", "model"}
    stdin = SimpleNamespace(buffer=io.BytesIO(b""), isatty=lambda: False)
    monkeypatch.setattr(sys, "stdin", stdin)
    assert run(model)[0] == 1


def test_settings_are_read_as_toml_or_texts() -> None:
    given = ["a=1.5", "b=nested", 'c=["x"]', "training.epochs=3", "training.seed=1", "d=x=y"]
    assert read_settings(given) == {
        "a": 1.5,
        "b": "nested",
        "c": ["x"],
        "training": {"epochs": 3, "seed": 1},
        "d": "x=y",
    }
    with pytest.raises(ConfigError, match="'=3': expected name=value"):
        read_settings(["=3"])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["a=1", "a.b=2"], r"'a\.b=2': a is given as 1, which has no parts"),
        (["a.b=text", "a.b.c=2"], r"'a\.b\.c=2': b is given as 'text', which has no parts"),
        (["a.b=2", "a=1"], "'a=1': a is given already"),
        (["a=1", "b=2", "a=1"], "'a=1': a is given already; give it once"),
        (["a.b=1", "a.b=2"], r"'a\.b=2': a\.b is given already"),
        (["a..b=1"], "expected name=value"),
        (["a.=1"], "expected name=value"),
    ],
)
def test_settings_that_do_not_go_together_are_errors(given: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_settings(given)
