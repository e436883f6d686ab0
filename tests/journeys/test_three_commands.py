"""What a new user does: look at a file of one's own, fine-tune on it, predict on raw text."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from openluke.checkpoints.saving import save_bundle
from openluke.cli.main import main
from tests.finetuning.tiny_start import tiny_bundle

PEOPLE = ("Ana", "Beyoncé", "Bo")
PLACES = ("Tokyo", "Los Angeles", "Egypt")
PAIRS = [(person, place) for person in PEOPLE for place in PLACES] * 10
Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> Run:
    """A shell in a directory with a model to start from."""
    save_bundle(tiny_bundle(), directory=tmp_path / "tiny-luke")
    monkeypatch.chdir(tmp_path)

    def call(line: str, *texts: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main([*line.split(), *texts])
        out, err = capsys.readouterr()
        assert not ended.value.code, err
        return out

    return call


def write(name: str, lines: list[str]) -> None:
    Path(name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def learn(run: Run, task: str, *, train: str) -> None:
    run(
        f"finetune {task} --model tiny-luke --train {train} --output run --device cpu "
        "--epochs 2 --batch-size 6 --learning-rate 0.005"
    )


def found_by(run: Run, *texts: str) -> dict:
    return json.loads(run("predict run/model --device cpu", *texts))


def spans(row: dict) -> list[tuple[str, str]]:
    return [(mention["text"], mention["label"]) for mention in row["mentions"]]


def test_entities_from_a_file_of_columns(run: Run) -> None:
    lines: list[str] = []
    for person, place in PAIRS:
        words = [*zip(place.split(), ("B-LOC", "I-LOC"), strict=False), (".", "O"), ("", "")]
        lines += [f"{person} B-PER", "lives O", "in O", *(" ".join(pair) for pair in words)]
    write("train.conll", [line.strip() for line in lines])
    assert "LOC" in run("check ner train.conll")
    learn(run, "ner", train="train.conll")
    row = found_by(run, "Ana lives in Los Angeles.")
    assert set(row) == {"text", "mentions"}
    assert spans(row) == [("Ana", "PER"), ("Los Angeles", "LOC")]
    mention = row["mentions"][1]
    assert set(mention) == {"start", "end", "text", "label", "score"}
    assert row["text"][mention["start"] : mention["end"]] == "Los Angeles"
    assert 0 < mention["score"] <= 1


def test_entities_from_json_lines(run: Run) -> None:
    rows = []
    for person, place in PAIRS:
        text = f"{place} is where {person} lives"
        spans_of = [[0, len(place), "LOC"], [len(place) + 10, len(text) - 6, "PER"]]
        rows.append(json.dumps({"text": text, "mentions": spans_of}, ensure_ascii=False))
    write("train.jsonl", rows)
    assert "PER" in run("check ner train.jsonl")
    learn(run, "ner", train="train.jsonl")
    text = "Los Angeles is where Beyoncé lives"
    assert spans(found_by(run, text)) == [("Los Angeles", "LOC"), ("Beyoncé", "PER")]


def test_relations(run: Run) -> None:
    rows = []
    for person, place in PAIRS:
        for verb, label in (("lives in", "lives_in"), ("left", "no_relation")):
            words = [person, *verb.split(), *place.split()]
            tail = len(words) - len(place.split())
            rows.append(
                {
                    "token": words,
                    "subj_start": 0,
                    "subj_end": 0,
                    "obj_start": tail,
                    "obj_end": len(words) - 1,
                    "subj_type": "PERSON",
                    "obj_type": "CITY",
                    "relation": label,
                    "id": str(len(rows)),
                }
            )
    Path("train.json").write_text(json.dumps(rows), encoding="utf-8")
    assert "lives_in" in run("check relation_classification train.json")
    learn(run, "relation_classification", train="train.json")
    text = "Beyoncé lives in Los Angeles"
    Path("in.jsonl").write_text(json.dumps({"text": text, "mentions": [[0, 7], [17, 28]]}))
    row = json.loads(run("predict run/model --device cpu --input in.jsonl"))
    (relation,) = [one for one in row["relations"] if one["head"] == [0, 7]]
    assert set(relation) == {"head", "tail", "label", "score"}
    assert (relation["tail"], relation["label"]) == ([17, 28], "lives_in")


def test_answers(run: Run) -> None:
    questions = []
    for number, (person, place) in enumerate(PAIRS):
        context = f"{person} lives in {place}."
        asked = (("Where?", place, len(person) + 10), ("Who?", person, 0))
        qas = [
            {"id": f"{number}-{q}", "question": q, "answers": [{"text": a, "answer_start": s}]}
            for q, a, s in asked
        ]
        questions.append({"context": context, "qas": qas})
    data = {"version": "1.1", "data": [{"title": "Homes", "paragraphs": questions}]}
    Path("train.json").write_text(json.dumps(data), encoding="utf-8")
    assert "180" in run("check extractive_qa train.json")
    learn(run, "extractive_qa", train="train.json")
    row = {"question": "Where?", "context": "Ana lives in Egypt."}
    Path("in.jsonl").write_text(json.dumps(row))
    answer = json.loads(run("predict run/model --device cpu --input in.jsonl"))["answer"]
    assert answer["text"] == "Egypt"
    assert (answer["start"], answer["end"]) == (13, 18)
    assert 0 < answer["score"] <= 1
