"""The well-known example of LUKE, in three lines."""

from pathlib import Path

import pytest

import openluke
from openluke.records import Span
from tests.checkpoints.released import Released, english, write_released

TEXT = "Beyoncé lives in Los Angeles."
MENTIONS = [(0, 7), (17, 28)]


@pytest.mark.network
def test_the_published_model_finds_where_beyonce_lives() -> None:
    model = openluke.load("studio-ousia/luke-large-finetuned-tacred")
    relations = model.predict(TEXT, mentions=MENTIONS).relations
    (found,) = [one for one in relations if one.head == (0, 7)]
    assert found.label == "per:cities_of_residence"
    assert found.tail == (17, 28)


ARCHITECTURES = {
    "LukeForEntityClassification": "mentions",
    "LukeForEntityPairClassification": "relations",
    "LukeForEntitySpanClassification": "mentions",
    "LukeForMaskedLM": "entities",
    "LukeForSequenceClassification": "label",
    "LukeForTokenClassification": "tags",
}
TAKING_MENTIONS = (
    "LukeForEntityClassification",
    "LukeForEntityPairClassification",
    "LukeForMaskedLM",
)
"""The others find them, or read texts alone."""


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_checkpoints_of_other_programs_are_used_in_three_lines(
    architecture: str, tmp_path: Path
) -> None:
    write_released(Released("x", architecture, english()), directory=tmp_path / "model")
    model = openluke.load(tmp_path / "model", device="cpu")
    fields = {"mentions": MENTIONS} if architecture in TAKING_MENTIONS else {}
    found = model.predict(TEXT, **fields)
    value = getattr(found, ARCHITECTURES[architecture])
    assert value is not None
    if architecture == "LukeForEntityPairClassification":
        assert {(one.head, one.tail) for one in value} == {
            (Span(0, 7), Span(17, 28)),
            (Span(17, 28), Span(0, 7)),
        }
        assert all(0 < one.score < 1 for one in value)


def test_questions_and_choices_are_asked_of_other_programs_checkpoints(tmp_path: Path) -> None:
    released = Released("x", "LukeForQuestionAnswering", english())
    write_released(released, directory=tmp_path / "answers")
    model = openluke.load(tmp_path / "answers", device="cpu")
    answer = model.predict("Where does Beyoncé live?", context=TEXT).answer
    assert answer.text == TEXT[answer.start : answer.end]
    released = Released("x", "LukeForMultipleChoice", english())
    write_released(released, directory=tmp_path / "choices")
    model = openluke.load(tmp_path / "choices", device="cpu")
    chosen = model.predict("Where is Los Angeles?", choices=["America", "Asia", "Egypt"])
    assert sum(chosen.scores) == pytest.approx(1)
