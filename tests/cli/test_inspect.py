"""``openluke inspect`` says of every file that openluke writes or reads what it is."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from examples.tiny_model import TEXTS, tiny_model
from openluke.checkpoints.saving import save_bundle
from openluke.cli.main import main

ROOT = Path(__file__).parents[2]
Inspect = Callable[[Path], dict[str, Any]]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("models") / "tiny"
    save_bundle(tiny_model(TEXTS), directory=directory)
    return directory


@pytest.fixture
def inspect(capsys: pytest.CaptureFixture) -> Inspect:
    def call(path: Path) -> dict[str, Any]:
        with pytest.raises(SystemExit) as ended:
            main(["inspect", str(path), "--json"])
        out, err = capsys.readouterr()
        return json.loads(out) if not ended.value.code else {"error": err}

    return call


@pytest.mark.parametrize("form", ["jsonl", "npz", "parquet"])
def test_vectors_are_counted(
    form: str, model: Path, inspect: Inspect, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    output = tmp_path / "vectors"
    arguments = f"embed {model} --input {TEXTS} --output {output} --format {form}"
    with pytest.raises(SystemExit):
        main([*arguments.split(), "--device", "cpu"])
    capsys.readouterr()
    n_texts = len(TEXTS.read_text(encoding="utf-8").splitlines())
    expected = {"kind": "vectors of texts", "form": form, "texts": n_texts, "width": 32}
    assert inspect(output) == expected


@pytest.mark.parametrize("form", ["npz", "parquet"])
def test_damaged_vectors_say_so(form: str, inspect: Inspect, tmp_path: Path) -> None:
    (tmp_path / "v").write_bytes({"npz": b"PK\3\4" * 30, "parquet": b"PAR1" * 30}[form])
    assert "damaged" in inspect(tmp_path / "v")["error"]


@pytest.mark.parametrize(
    "name",
    [
        *("config.json", "openluke.json", "tokenizer.json", "tokenizer_config.json"),
        *("manifest.json", "vocab.json", "merges.txt"),
    ],
)
def test_a_file_of_a_model_names_the_directory(name: str, model: Path, inspect: Inspect) -> None:
    found = inspect(model / name)
    assert found["use"] == f"openluke inspect {model}"
    assert any(word in found["kind"] for word in ("model", "tokenizer", "artefact"))


def test_texts_name_the_command_that_reads_them(inspect: Inspect) -> None:
    found = inspect(TEXTS)
    assert found["kind"] == "texts"
    assert found["use"] == [f"openluke embed MODEL --input {TEXTS} --output VECTORS"]


def test_a_recipe_says_its_tasks(inspect: Inspect) -> None:
    found = inspect(ROOT / "recipes/published/conll-2003.toml")
    assert (found["kind"], found["tasks"]) == ("recipe of a fine-tuning", ["ner"])


def test_examples_name_the_tasks_that_read_them(inspect: Inspect, tmp_path: Path) -> None:
    file = tmp_path / "train.conll"
    file.write_text("Ana B-PER\nlives O\nin O\nTokyo B-LOC\n. O\n\nBo B-PER\n", encoding="utf-8")
    found = inspect(file)
    assert found["kind"] == "examples of tasks"
    assert found["forms by task"]["ner"] == "conll"
    assert found["use"] == [f"openluke check TASK {file}"]


def test_a_table_of_numbers_is_no_vocabulary(inspect: Inspect, tmp_path: Path) -> None:
    file = tmp_path / "train.tsv"
    file.write_text("a text\t1\nanother\t0\n", encoding="utf-8")
    assert inspect(file)["kind"] == "examples of tasks"


@pytest.mark.parametrize("is_finished", [False, True])
def test_a_run_says_how_far_it_is(is_finished: bool, inspect: Inspect, tmp_path: Path) -> None:
    recipe = {"task": "ner", "tasks": []}
    run = {"recipe": recipe, "data": {}, "model": "x"}
    (tmp_path / "recipe.json").write_text(json.dumps(run), encoding="utf-8")
    if is_finished:
        scores = {"scores": {"ner": {"dev": {"values": {"f1": 0.5}}}}, "data": {}}
        (tmp_path / "scores.json").write_text(json.dumps(scores), encoding="utf-8")
        assert inspect(tmp_path / "scores.json")["use"] == f"openluke inspect {tmp_path}"
    found = inspect(tmp_path)
    assert (found["kind"], found["tasks"]) == ("fine-tuning run", ["ner"])
    assert found["finished"] is is_finished
    assert found.get("scores") == ({"ner": {"dev": {"f1": 0.5}}} if is_finished else None)
    assert inspect(tmp_path / "recipe.json")["use"] == f"openluke inspect {tmp_path}"


@pytest.mark.parametrize("content", ['{"a": [1]}', '{"step": 1}\n{"step": 2}\n'])
def test_what_is_not_known_is_not_called_damaged(
    content: str, inspect: Inspect, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text(content, encoding="utf-8")
    error = inspect(tmp_path / "file")["error"]
    assert "nothing that openluke knows; expected a model" in error
    assert "damaged" not in error


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "file: the file is empty"),
        (b"\n \n", "file: the file is empty"),
        (b"prose\nof the caf\xe9\n", "file: is not UTF-8 (line 2), begins with 'prose"),
        (b"\xf3\x00\x01\n", "which is nothing that openluke knows"),
    ],
)
def test_what_is_no_vocabulary_is_not_expected_to_be_one(
    content: bytes, message: str, inspect: Inspect, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(content)
    error = inspect(tmp_path / "file")["error"]
    assert message in error
    assert "entity_vocab.json" not in error


@pytest.mark.parametrize(
    "content", [b"caf\xe9 O\nLuke B-PER\n", '{"text": "café"}\n'.encode("latin-1")]
)
def test_examples_in_another_encoding_are_told_as_such(
    content: bytes, inspect: Inspect, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(content)
    found = inspect(tmp_path / "file")
    assert found["kind"] == "examples of tasks"
    assert found["encoding"] == "not UTF-8 (line 1)"


def test_a_character_at_the_end_of_what_is_looked_at_may_be_cut(
    inspect: Inspect, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("ab O\n" + "東京 O\n" * 9000, encoding="utf-8")
    found = inspect(tmp_path / "file")
    assert found["kind"] == "examples of tasks"
    assert "encoding" not in found


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"[PAD]": 0, "[UNK]": 1, "[MA', "damaged JSON"),
        ('{"model_type": "lu', "damaged JSON"),
        ("[PAD]\t0\n[UNK]\t0\nx\n", "found 'x"),
    ],
)
def test_what_is_damaged_is_called_so(
    content: str, message: str, inspect: Inspect, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text(content, encoding="utf-8")
    assert message in inspect(tmp_path / "file")["error"]


def test_other_arrays_are_no_vectors(inspect: Inspect, tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", a=np.zeros(3))
    assert "x.npz" in inspect(tmp_path / "x.npz")["error"]
