"""What a card says of how a model was made comes back from it."""

from pathlib import Path

from examples.tiny_model import TEXTS, tiny_model
from openluke.checkpoints.card_notes import read_notes, with_section
from openluke.checkpoints.model_card import CardNotes
from openluke.checkpoints.saving import save_bundle

NOTES = CardNotes(
    title="LUKE for names",
    licence="apache-2.0",
    tags=("ner", "wikipedia"),
    sections=("## Scores\n\n| f1 | 0.5 |", "## Training\n\n```python\n## no heading\n```\n\nDone."),
    usage='model.predict("Ana", mentions=[(0, 3)])',
)


def test_notes_come_back_from_a_card(tmp_path: Path) -> None:
    save_bundle(tiny_model(TEXTS), directory=tmp_path / "one", notes=NOTES)
    assert read_notes(tmp_path / "one") == NOTES
    save_bundle(tiny_model(TEXTS), directory=tmp_path / "two")
    found = read_notes(tmp_path / "two")
    assert found is not None
    save_bundle(tiny_model(TEXTS), directory=tmp_path / "two", notes=found, replace=True)
    assert read_notes(tmp_path / "two") == found


def test_cards_of_others_are_left_alone(tmp_path: Path) -> None:
    assert read_notes(tmp_path) is None
    (tmp_path / "README.md").write_text("---\nlibrary_name: transformers\n---\n# Theirs\n")
    assert read_notes(tmp_path) is None


def test_a_section_takes_the_place_of_one_with_its_name() -> None:
    notes = with_section(with_section(NOTES, name="More", text="a"), name="Scores", text="b")
    assert notes.sections == (NOTES.sections[1], "## More\n\na", "## Scores\n\nb")
