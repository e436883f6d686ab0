"""What the card of a saved model says besides what can be seen from the model, read back."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from openluke.checkpoints.model_card import CardNotes

_OURS = "library_name: openluke"
_SEEN = ("Use", "Heads", "Size")
"""Sections that are written from the model itself."""
_OUR_TAGS = ("luke", "entities")
_CALL = re.compile(r"^model = openluke\.load\(.*\)\n(?P<call>.*?)\n```", re.MULTILINE | re.DOTALL)


def read_notes(directory: Path) -> CardNotes | None:
    """What a card that openluke wrote says of how its model was made; ``None`` without such a card.

    Args:
        directory: Of the model.
    """
    file = directory / "README.md"
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    front, _, body = text.removeprefix("---\n").partition("\n---\n")
    if _OURS not in front.split("\n"):
        return None
    facts = dict(line.split(": ", 1) for line in front.split("\n") if ": " in line)
    tags = facts.get("tags", "").strip("[]").split(", ")
    start, *sections = _sections(body)
    title = re.search(r"^# (.+)$", start, re.MULTILINE)
    used = next((section for section in sections if _name(section) == "Use"), "")
    call = _CALL.search(used)
    return CardNotes(
        title=title[1] if title else "A LUKE model",
        licence=facts.get("license"),
        tags=tuple(tag for tag in tags if tag and tag not in _OUR_TAGS),
        sections=tuple(section for section in sections if _name(section) not in _SEEN),
        usage=call["call"] if call else None,
    )


def with_section(notes: CardNotes, *, name: str, text: str) -> CardNotes:
    """The notes with one more section, which takes the place of one with its name."""
    others = tuple(section for section in notes.sections if _name(section) != name)
    return replace(notes, sections=(*others, f"## {name}\n\n{text}"))


def _sections(body: str) -> Iterator[str]:
    """What stands before the first heading, then each heading with its text; code has none."""
    lines: list[str] = []
    is_code = False
    for line in body.split("\n"):
        is_code ^= line.startswith("```")
        if line.startswith("## ") and not is_code:
            yield "\n".join(lines).strip()
            lines = []
        lines.append(line)
    yield "\n".join(lines).strip()


def _name(section: str) -> str:
    return section.split("\n", 1)[0].removeprefix("## ")
