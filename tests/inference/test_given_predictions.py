"""Predictions of a file find their examples: by their ids, or else by their order."""

from pathlib import Path

import pytest

from openluke.errors import DataError
from openluke.inference.given_predictions import read_predictions
from openluke.records import ClassifiedText


def texts(*rows: tuple[str, str | None]) -> list[ClassifiedText]:
    return [ClassifiedText(text=text, id=key) for text, key in rows]


def read(tmp_path: Path, lines: str, *, gold: list[ClassifiedText]) -> list[ClassifiedText]:
    (tmp_path / "p").write_text(lines)
    return read_predictions(tmp_path / "p", kind=ClassifiedText, gold=gold)


A, B = '{"text": "a", "id": "1"}\n', '{"text": "b", "id": "2"}\n'
NAMED = texts(("a", "1"), ("b", "2"))


def test_predictions_are_matched_by_their_ids(tmp_path: Path) -> None:
    assert read(tmp_path, B + A, gold=NAMED) == NAMED
    assert read(tmp_path, f"[{B}, {A}]", gold=NAMED) == NAMED


@pytest.mark.parametrize("gold", [texts(("a", None), ("b", "2")), texts(("a", "1"), ("b", "1"))])
def test_without_ids_that_tell_examples_apart_the_order_counts(gold, tmp_path: Path) -> None:
    assert [one.text for one in read(tmp_path, B + A, gold=gold)] == ["b", "a"]
    with pytest.raises(DataError, match="p: found 1 predictions for 2 examples; expected one"):
        read(tmp_path, A, gold=gold)


def test_predictions_without_ids_stand_in_order(tmp_path: Path) -> None:
    found = read(tmp_path, '{"text": "b"}\n' + A, gold=NAMED)
    assert [one.text for one in found] == ["b", "a"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (B, "p: found no predictions for 1 of 2 examples, such as that with the id '1'"),
        (A + A + B, "p: two predictions have the id '1'"),
        (A + B + '{"text": "c", "id": "3"}\n', "p: 1 predictions are for ids that no example has"),
        (A + '{"txt": "b"}\n', "p:2: ClassifiedText: unknown key 'txt'"),
        (A + "b\n", "p:2: not JSON"),
    ],
)
def test_predictions_that_do_not_fit_are_refused(lines: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        read(tmp_path, lines, gold=NAMED)
