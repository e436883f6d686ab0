"""The data of a run: what is set aside, and what is refused or told before anything is trained."""

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from openluke.config import from_mapping
from openluke.errors import DataError
from openluke.finetuning.data import Splits, read_scored, read_splits
from openluke.finetuning.pieces import piece_of, uncut_stretches
from openluke.finetuning.recipe import DataConfig
from openluke.records import Document, Mention, Relation, Span
from openluke.task import load_task


def read(task: str, *, seed: int = 0, **data: Any) -> Splits:
    kind = load_task(task)
    config = DataConfig(**data)
    return read_splits(config, task=kind, seed=seed, options=kind.config_type())


def columns(path: Path, *, n: int, documents: int = 1) -> Path:
    rows = "-DOCSTART- O\n\n" + "".join(f"Ana{i} B-PER\nran O\n. O\n\n" for i in range(n))
    path.write_text(rows * documents)
    return path


def lines(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def words(examples: list[Document]) -> list[str]:
    return [word for example in examples for word in example.text.split() if word[:3] == "Ana"]


@pytest.mark.parametrize(("n", "documents", "n_dev"), [(600, 1, 60), (30, 1, 3), (40, 3, 12)])
def test_a_few_long_documents_are_cut_between_sentences(tmp_path, caplog, n, documents, n_dev):
    path = columns(tmp_path / "a.conll", n=n, documents=documents)
    splits = read("ner", train=path)
    assert splits.held_out
    assert abs(len(words(splits.dev)) - n_dev) <= 3
    assert sorted(words(splits.train) + words(splits.dev)) == sorted(
        documents * [f"Ana{i}" for i in range(n)]
    )
    for example in splits.train + splits.dev:
        assert [mention.span.of(example.text) for mention in example.mentions] == words([example])
        assert len(example.sentences) == len(example.mentions)
    assert sum(map(len, (one.sentences for one in splits.train))) > 5 * len(splits.train)
    (message,) = caplog.messages
    assert f"too few training examples ({documents}) to set any aside whole" in message
    assert read("ner", train=path) == splits
    assert read("ner", train=path, seed=1) != splits


def test_texts_whose_sentences_are_not_given_are_split(tmp_path):
    text = " ".join(f"Ana{i} went home." for i in range(20))
    mentions = [[text.index(f"Ana{i} "), text.index(f"Ana{i} ") + 4, "PER"] for i in range(20)]
    splits = read("ner", train=lines(tmp_path / "a", {"text": text, "mentions": mentions}))
    assert [len(words(part)) for part in (splits.train, splits.dev)] == [18, 2]
    assert all(one.sentences is None for one in splits.dev)


@pytest.mark.parametrize("n", [1, 5])
def test_what_cannot_be_cut_leaves_no_dev_data_and_that_is_told(tmp_path, caplog, n):
    splits = read("ner", train=columns(tmp_path / "a.conll", n=n))
    assert splits.dev == []
    assert not splits.held_out
    assert "nothing chooses the best model, so the last one is kept; give a dev" in caplog.text


def test_who_sets_nothing_aside_is_told_nothing(tmp_path, caplog):
    splits = read("ner", train=columns(tmp_path / "a.conll", n=600), dev_share=0.0)
    assert splits.dev == []
    assert not caplog.messages


def test_nothing_is_cut_that_belongs_together():
    text = "Ana ran. Bob did. Who? Nobody. End."
    ends = [text.index(mark) + len(mark) for mark in ("ran.", "did.", "Who?", "Nobody.", "End.")]
    sentences = tuple(
        Span(start + bool(start), end) for start, end in zip([0, *ends[:-1]], ends, strict=True)
    )
    words = tuple(Span(i, i + 3) for i in (0, 9))
    document = Document(
        text=text,
        mentions=(Mention(start=18, end=29, label="X"), Mention(start=0, end=3, label="PER")),
        relations=(Relation(head=Span(9, 12), tail=Span(0, 3), label="R"),),
        sentences=sentences,
        words=words,
    )
    stretches = uncut_stretches(document)
    assert [span.of(text) for span in stretches] == ["Ana ran. Bob did.", "Who? Nobody.", "End."]
    piece = piece_of(document, span=stretches[1])
    assert piece == Document(
        text="Who? Nobody.",
        mentions=(Mention(start=0, end=11, label="X"),),
        sentences=(Span(0, 4), Span(5, 12)),
        words=(),
    )
    assert piece_of(document, span=stretches[0]).relations == document.relations


def test_what_cannot_be_learnt_from_is_named_with_its_line(tmp_path):
    good = {"text": "Ana ran", "mentions": [[0, 3, "PER"]]}
    bare = {"text": "Ana ran", "mentions": [[0, 3]]}
    path = lines(tmp_path / "a", *[good] * 20, bare)
    with pytest.raises(DataError, match=r"a:21: the mention at characters 0 to 3 has no label"):
        read("ner", train=path)
    with pytest.raises(DataError, match=r"b: no mention was found to learn from"):
        read("ner", train=lines(tmp_path / "b", {"text": "Ana ran"}))
    path = lines(tmp_path / "c", {"text": "a", "label": "x"}, {"text": "b"})
    with pytest.raises(DataError, match=r"c:2: has no gold answer"):
        read("sequence_classification", train=path)


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ({"label": "x"}, {"value": 1.0}, "2: found the number 1 and no label, .* 'regression'"),
        ({"label": "x"}, {"value": 1.0, "label": "y"}, None),
        ({"labels": ["x", "y"]}, {"label": "x"}, None),
        ({"value": 1.0}, {"value": 2.0}, None),
    ],
)
def test_what_texts_have_says_what_is_learnt_of_them(tmp_path, first, second, message):
    rows = [{"text": "a"} | first, {"text": "b"} | second]
    path = lines(tmp_path / "c.jsonl", *rows)
    if message is None:
        assert len(read("sequence_classification", train=path, dev=path).train) == 2
        return
    with pytest.raises(DataError, match=f"c.jsonl:{message}"):
        read("sequence_classification", train=path)


def test_dev_data_of_another_kind_than_the_training_data_is_named(tmp_path):
    train = lines(tmp_path / "train", {"text": "a", "label": "x"})
    dev = lines(tmp_path / "dev", {"text": "a", "labels": ["x", "y"]})
    with pytest.raises(DataError, match=r"dev:1: found 2 labels \(x, y\), expected one"):
        read("sequence_classification", train=train, dev=dev)


def test_texts_without_masks_teach_nothing_and_are_named(tmp_path):
    masked = {"text": "Ana ran", "masks": [[4, 7]]}
    mentioned = {"text": "Ana ran", "mentions": [[0, 3]]}
    path = lines(tmp_path / "c.jsonl", masked, mentioned)
    with pytest.raises(DataError, match=r"c.jsonl:2: has no masks, so there is nothing to learn"):
        read("fill_mask", train=path)


def test_labels_that_are_not_learnt_are_told_before_training(tmp_path, caplog):
    rows = [{"text": "a", "label": label} for label in ("x", "y")]
    train = lines(tmp_path / "train", *rows)
    dev = lines(tmp_path / "dev", *rows, {"text": "a", "label": "z"})
    with caplog.at_level(logging.WARNING):
        read("sequence_classification", train=train, dev=dev)
    (message,) = caplog.messages
    assert message == (f"{dev}: has labels that are not learnt, as no training example has them: z")
    with pytest.raises(DataError, match=r"empty: no label was found"):
        read("sequence_classification", train=train, dev=lines(tmp_path / "empty", {"text": "a"}))


def question(**changes: Any) -> dict[str, Any]:
    answers = [{"text": "Ana", "start": 0}]
    return {"question": "Who?", "context": "Ana won.", "answers": answers} | changes


def test_what_cannot_be_scored_is_refused_before_training_and_named(tmp_path):
    kind = load_task("extractive_qa")
    options = from_mapping(kind.config_type, values={"rules": "mlqa"}, where="test")
    train = lines(tmp_path / "train.jsonl", question())
    good = lines(tmp_path / "good.jsonl", question(language="de"))
    bad = lines(tmp_path / "bad.jsonl", question(language="de"), question())
    message = r"bad.jsonl:2: the language of a question is None, expected one that MLQA has"
    data = DataConfig(train=train, dev=good, tests={"xx": bad})
    with pytest.raises(DataError, match=message):
        read_scored(bad, data=data, task=kind, options=options)
    with pytest.raises(DataError, match=message):
        read_splits(replace(data, dev=bad), task=kind, seed=0, options=options)
    assert read_splits(data, task=kind, seed=0, options=options).dev
    with pytest.raises(DataError, match=r"train.jsonl:1: the language of a question is None"):
        read_splits(replace(data, dev=None), task=kind, seed=0, options=options)
    kept = replace(data, dev=None, dev_share=0.0)
    assert read_splits(kept, task=kind, seed=0, options=options).train


def test_questions_to_be_scored_without_known_answers_are_named(tmp_path):
    train = lines(tmp_path / "train.jsonl", question())
    dev = lines(tmp_path / "dev.jsonl", question(answers=None))
    with pytest.raises(DataError, match=r"dev.jsonl:1: has no gold answers, so it cannot be"):
        read("extractive_qa", train=train, dev=dev)


@pytest.mark.parametrize(("n_passages", "n_dev"), [(40, 16), (4, 10), (1, 4)])
def test_questions_on_a_passage_are_set_aside_together(tmp_path, caplog, n_passages, n_dev):
    n_each = 160 // n_passages if n_passages > 4 else 40 // n_passages
    rows = [
        question(question=f"Who {i}?", context=f"Ana won {number} times.")
        for number in range(n_passages)
        for i in range(n_each)
    ]
    splits = read("extractive_qa", train=lines(tmp_path / "train.jsonl", *rows))
    assert len(splits.dev) == n_dev
    assert len(splits.train) == len(rows) - n_dev
    contexts = [{one.context for one in part} for part in (splits.train, splits.dev)]
    assert contexts[0].isdisjoint(contexts[1]) or n_passages == 1
    told = ", those that share a text together" in caplog.text
    assert told == (n_passages > 1)


def test_two_long_passages_do_not_give_half_of_their_questions_away(tmp_path):
    rows = [question(context=f"Ana won {n // 50}.") for n in range(100)]
    splits = read("extractive_qa", train=lines(tmp_path / "train.jsonl", *rows))
    assert (len(splits.train), len(splits.dev)) == (90, 10)
