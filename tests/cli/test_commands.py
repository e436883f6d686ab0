"""The commands do what their help says, and fail in one line."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import openluke
from examples.tiny_model import TEXTS, tiny_model
from openluke.checkpoints import hub
from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.model_card import CardNotes
from openluke.checkpoints.saving import save_bundle
from openluke.cli.main import main
from openluke.entities.vocab import EntityVocab
from tests.checkpoints.released import Released, english, write_released
from tests.checkpoints.test_from_encoder import write_encoder
from tests.checkpoints.test_original import Original


class Result:
    """What a command printed, and its exit status."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err


@pytest.fixture
def run(capsys: pytest.CaptureFixture):
    def call(*arguments: object) -> Result:
        status = 0
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as ended:
            status = int(ended.code or 0)
        captured = capsys.readouterr()
        return Result(status, captured.out, captured.err)

    return call


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("models") / "tiny"
    save_bundle(tiny_model(TEXTS), directory=directory)
    return directory


def test_python_runs_the_command_line_too() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "openluke", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == openluke.__version__


def test_help_names_every_command(run) -> None:
    found = run("--help")
    assert found.status == 0
    commands = ("tasks", "check", "finetune", "evaluate", "calibrate", "predict", "inspect")
    for name in (*commands, "embed", "convert", "upload"):
        assert name in found.out
    conversions = run("convert", "--help").out
    for name in (
        *("from-original", "from-encoder", "to-original"),
        *("lite", "quantise", "dequantise", "vocab"),
    ):
        assert name in conversions


COMMANDS = ["tasks", "check", "finetune", "evaluate", "calibrate", "predict", "inspect", "embed"]


@pytest.mark.parametrize("command", [*COMMANDS, "convert lite", "convert from-encoder"])
def test_every_command_has_help(command: str, run) -> None:
    found = run(*command.split(), "--help")
    assert found.status == 0
    assert "Usage: openluke" in found.out


def test_the_help_of_a_command_is_all_that_its_function_says(run) -> None:
    assert "goes on when the same command is given again" in run("finetune", "--help").out
    assert "goes on when" not in run("--help").out


def test_inspect_prints_a_table_or_json(run, model: Path) -> None:
    table = run("inspect", model)
    assert table.status == 0
    assert "openluke model" in table.out
    facts = json.loads(run("inspect", model, "--json").out)
    assert facts["kind"] == "openluke model"
    assert facts["parameters"] > 0


def test_embed_writes_a_line_for_each_text(run, model: Path, tmp_path: Path) -> None:
    output = tmp_path / "vectors.jsonl"
    found = run("embed", model, "--input", TEXTS, "--output", output, "--device", "cpu")
    assert found.status == 0, found.err
    assert str(output) in found.out
    n_texts = len(TEXTS.read_text(encoding="utf-8").splitlines())
    rows = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == n_texts
    again = run("embed", model, "--input", TEXTS, "--output", output)
    assert again.status == 1
    assert "already exists" in again.err


def test_lite_and_quantised_models_are_written(run, model: Path, tmp_path: Path) -> None:
    for command in ("lite", "quantise"):
        made = run("convert", command, model, tmp_path / command)
        assert made.status == 0
        assert "openluke model" in made.out
    assert load_bundle(tmp_path / "lite").entities.n_ids == 4
    assert (tmp_path / "quantise" / "model.int8.safetensors").is_file()
    back = run("convert", "dequantise", tmp_path / "quantise", tmp_path / "plain", "--json")
    assert back.status == 0
    facts = json.loads(back.out)
    assert facts["written to"] == str(tmp_path / "plain")
    assert facts["parameters"] == run_facts(run, tmp_path / "plain")["parameters"]
    assert (tmp_path / "plain" / "model.safetensors").is_file()


def test_conversions_keep_what_the_card_says(run, tmp_path: Path) -> None:
    notes = CardNotes(title="Names", licence="mit", sections=("## Training\n\nOn rivers.",))
    save_bundle(tiny_model(TEXTS), directory=tmp_path / "model", notes=notes)
    source = tmp_path / "model"
    for command in ("lite", "quantise", "dequantise"):
        made = run("convert", command, source, tmp_path / command)
        assert made.status == 0, made.err
        source = tmp_path / command
        card = (source / "README.md").read_text(encoding="utf-8")
        for text in ("# Names", "license: mit", "On rivers.", f'load("{command}")'):
            assert text in card


def run_facts(run, path: Path) -> dict[str, Any]:
    return json.loads(run("inspect", path, "--json").out)


@pytest.mark.parametrize("command", ["lite", "quantise", "dequantise", "to-original"])
@pytest.mark.parametrize("place", [".", "inner", ".."])
def test_a_conversion_never_takes_the_place_of_its_input(
    command: str, place: str, run, tmp_path: Path
) -> None:
    source = tmp_path / "outer" / "tiny"
    save_bundle(tiny_model(TEXTS), directory=source, quantise=command == "dequantise")
    before = run_facts(run, source)
    found = run("convert", command, source, source / place, "--replace")
    assert found.status == 1
    assert "choose another output" in found.err
    assert run_facts(run, source) == before
    assert [path.name for path in source.parent.iterdir()] == ["tiny"]


def test_a_vocabulary_is_written_in_another_form(run, model: Path, tmp_path: Path) -> None:
    source, mapped = model / "entity_vocab.json", tmp_path / "mapped"
    made = run("convert", "vocab", source, mapped, "--json")
    assert made.status == 0, made.err
    facts = json.loads(made.out)
    assert (facts["form"], facts["entities"]) == ("mapped", EntityVocab.read(source).n_ids)
    assert EntityVocab.read(mapped).id("Nile") == EntityVocab.read(source).id("Nile")
    assert run("convert", "vocab", mapped, tmp_path / "v.jsonl", "--form", "jsonl").status == 0
    again = run("convert", "vocab", tmp_path / "v.jsonl", tmp_path / "v.jsonl", "--replace")
    assert "is the input" in again.err


def test_a_faulty_vocabulary_is_repaired_on_request(run, tmp_path: Path) -> None:
    faulty = tmp_path / "v.json"
    faulty.write_text('{"[PAD]": 0, "[UNK]": 1, "[MASK]": 2, "A": 4, "A": 5}')
    refused = run("convert", "vocab", faulty, tmp_path / "mapped")
    assert refused.status == 1
    assert "--repair" in refused.err
    assert run("convert", "vocab", faulty, tmp_path / "mapped", "--repair").status == 0
    assert EntityVocab.read(tmp_path / "mapped").id("A") == 5


def test_conversions_take_a_revision_of_the_hub(run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []

    def snapshot(name: str, *, revision: str | None, **_: object) -> str:
        asked.append(revision)
        raise OSError("no network")

    monkeypatch.setattr(hub, "snapshot_download", snapshot)
    for command in ("lite", "quantise", "dequantise", "to-original", "from-encoder"):
        assert run("convert", command, "owner/name", "out", "--revision", "v1").status == 1
    assert asked == ["v1"] * 5


def test_only_a_quantised_model_is_dequantised(run, model: Path, tmp_path: Path) -> None:
    found = run("convert", "dequantise", model, tmp_path / "plain")
    assert found.status == 1
    assert "not quantised" in found.err
    assert not (tmp_path / "plain").exists()


@pytest.mark.parametrize("command", ["lite", "quantise", "to-original"])
def test_the_head_of_a_foreign_model_can_be_said(command: str, run, tmp_path: Path) -> None:
    architecture = "LukeForEntityPairClassification"
    released = Released("x", architecture, english(), stated_architecture="SomebodysPairModel")
    write_released(released, directory=tmp_path / "foreign")
    arguments = ("convert", command, tmp_path / "foreign", tmp_path / "out")
    found = run(*arguments)
    assert found.status == 1
    assert "--head entity_pair" in found.err
    found = run(*arguments, "--head", "entity_pair")
    assert found.status == 0, found.err
    loaded = openluke.load(tmp_path / "foreign", device="cpu", head="entity_pair")
    assert loaded.bundle.heads[0].entry.config.kind == "entity_pair"


def test_our_own_models_say_their_heads(run, model: Path, tmp_path: Path) -> None:
    found = run("convert", "lite", model, tmp_path / "out", "--head", "entity_pair")
    assert found.status == 1
    assert "states its heads itself" in found.err


def test_an_archive_is_replaced_on_request_alone(run, model: Path, tmp_path: Path) -> None:
    arguments = ("convert", "to-original", model, tmp_path / "back")
    assert run(*arguments).status == 0
    again = run(*arguments)
    assert again.status == 1
    assert "--replace" in again.err
    assert run(*arguments, "--replace").status == 0


def test_the_encoder_that_an_archive_names_is_asked_for_its_tokenizer(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Original(tmp_path)
    asked: list[str] = []

    def snapshot(name: str, *, allow_patterns: list[str], **_: object) -> str:
        assert "*.safetensors" not in allow_patterns
        asked.append(name)
        return str(tmp_path / "tokenizer")

    monkeypatch.setattr(hub, "snapshot_download", snapshot)
    found = run("convert", "from-original", original.directory, tmp_path / "luke")
    assert found.status == 0, found.err
    assert asked == ["roberta-base"]


def test_archives_go_there_and_back(run, tmp_path: Path) -> None:
    original = Original(tmp_path)
    made = run(
        "convert", "from-original", original.directory, tmp_path / "luke",
        "--tokenizer", tmp_path / "tokenizer",
    )  # fmt: skip
    assert made.status == 0, made.err
    assert load_bundle(tmp_path / "luke").encoder.config.entity_aware
    back = run("convert", "to-original", tmp_path / "luke", tmp_path / "back")
    assert back.status == 0, back.err
    assert (tmp_path / "back" / "metadata.json").is_file()


def test_a_luke_is_started_from_an_encoder(run, tmp_path: Path) -> None:
    (tmp_path / "encoder").mkdir()
    write_encoder(tmp_path / "encoder", kind="roberta")
    vocab = tmp_path / "vocab.tsv"
    vocab.write_text("[PAD]\t0\n[UNK]\t0\n[MASK]\t0\nJapan\t5\n")
    found = run(
        "convert", "from-encoder", tmp_path / "encoder", tmp_path / "luke",
        "--vocab", vocab, "--entity-size", "8",
    )  # fmt: skip
    assert found.status == 0, found.err
    bundle = load_bundle(tmp_path / "luke")
    assert bundle.entities.id("Japan") == 3
    assert bundle.encoder.config.entity_size == 8


def test_a_damaged_model_is_not_uploaded(run, model: Path, monkeypatch, tmp_path: Path) -> None:
    sent: list[Path] = []
    monkeypatch.setattr(hub, "upload", lambda path, **_: sent.append(path) or "address")
    assert run("upload", model, "owner/name").out == "address\n"
    assert run("upload", tmp_path, "owner/name").status == 1
    assert sent == [model]


def test_an_expected_error_is_one_line(run, tmp_path: Path) -> None:
    found = run("inspect", tmp_path / "nothing")
    assert found.status == 1
    assert found.err.startswith("openluke: error: ")
    assert found.err.count("\n") == 1


def test_a_reader_that_goes_away_is_no_error(model: Path) -> None:
    code = "from openluke.cli.main import main; main()"
    command = [sys.executable, "-c", code, "inspect", str(model), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read().decode()
    assert "Traceback" not in errors


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_output_that_cannot_be_written_is_one_line() -> None:
    command = [sys.executable, "-m", "openluke", "tasks"]
    with Path("/dev/full").open("w") as full:
        found = subprocess.run(command, check=False, stdout=full, stderr=subprocess.PIPE, text=True)
    assert found.returncode == 1
    assert found.stderr.startswith("openluke: error: ")
    assert "No space left" in found.stderr
    assert found.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("call", "goes_on"),
    [
        ("predict m --input x --output=y", True),
        ("predict m --input x --output y --replace", False),
        ("embed m --input x --output y --replace", True),
        ("finetune ner --output run", True),
        ("predict m --input x", False),
        ("tasks", False),
    ],
)
def test_an_interrupted_command_says_whether_it_goes_on(
    run, monkeypatch: pytest.MonkeyPatch, call: str, goes_on: bool
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("openluke.cli.main.build_app", lambda _: interrupted)
    found = run(*call.split())
    told = "openluke: stopped" + "; the same command goes on where it was" * goes_on + "\n"
    assert (found.status, found.err) == (130, told)


def test_a_wrong_call_is_told_in_the_words_of_its_usage(run) -> None:
    for call, message in (
        ("check ner", "missing FILE; usage: openluke check TASK FILE … (openluke check --help"),
        ("finetune ner", "missing --output; usage: openluke finetune --output OUTPUT …"),
        ("predict m --input", "--input has no value; give one behind it"),
        ("check ner a b", "found 'b' behind all that is expected"),
        ("predict m --inptu x", "Did you mean --input?"),
        ("predictt m", 'unknown command "predictt"'),
    ):
        found = run(*call.split())
        assert found.status == 2
        assert found.err.startswith("openluke: error: ")
        assert message in found.err
        assert found.err.count("\n") == 1
