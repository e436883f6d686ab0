"""The README of a saved model: what it is, how it is used, how large it is."""

from dataclasses import dataclass, replace
from pathlib import Path

import openluke
from openluke.checkpoints.bundle import Bundle

_KINDS = {
    "masked": "fills masked words and masked entities",
    "entity": "classifies a mention",
    "entity_pair": "classifies the relation of two mentions",
    "entity_span": "classifies spans of text",
    "mention_word": "classifies a mention by its first word",
    "pair_words": "classifies the relation of two mentions by their first words",
    "span_words": "classifies spans of text by their words",
    "span_proposer": "chooses the spans of text that are worth classifying",
    "token": "classifies word pieces",
    "sequence": "classifies or rates a text",
    "multiple_choice": "chooses among texts",
    "extractive_qa": "finds the answer to a question in a text",
    "mention_vector": "gives a vector of a mention",
}
_TEXT = '"Beyoncé lives in Los Angeles."'
_MENTIONS = f"model.predict({_TEXT}, mentions=[(0, 7), (17, 28)])"
_QUESTION = f'model.predict("Where does Beyoncé live?", context={_TEXT})'
_CALLS: dict[str, str] = {
    "entity": _MENTIONS,
    "mention_word": _MENTIONS,
    "entity_pair": _MENTIONS,
    "pair_words": _MENTIONS,
    "multiple_choice": 'model.predict("Where is Los Angeles?", choices=["America", "Asia"])',
    "extractive_qa": _QUESTION,
    "masked": 'model.predict("Beyoncé lives in [MASK].")',
}
"""Calls of tasks that want more than a text, by their main heads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardNotes:
    """What who made a model knows of it."""

    title: str
    licence: str | None = None
    """As hubs name it, for example ``apache-2.0``."""
    tags: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    """Markdown that stands after the heads."""
    usage: str | None = None
    """A call that the model answers, in Python; by default one that suits its first task."""
    place: str | None = None
    """What to load it by; by default its directory."""


def write_model_card(
    bundle: Bundle, *, directory: Path, place: Path, quantised: bool, notes: CardNotes | None = None
) -> None:
    """Write the README of a saved bundle, in the form that model hubs show.

    Args:
        bundle: The model.
        directory: Where to write it.
        place: Where the model will lie; of an absolute path the last name alone is said.
        quantised: Whether its weights are int8 rows.
        notes: What else is known of it.
    """
    notes = notes or CardNotes(title="A LUKE model")
    if notes.place is None:
        notes = replace(notes, place=place.name if place.is_absolute() else place.as_posix())
    sections = [
        _front_matter(notes),
        _title(notes),
        _origin(bundle),
        _use(bundle, notes=notes, quantised=quantised),
        _heads(bundle),
        *notes.sections,
        _sizes(bundle, quantised=quantised),
    ]
    text = "\n\n".join(section for section in sections if section)
    (directory / "README.md").write_text(text + "\n", encoding="utf-8")


def _front_matter(notes: CardNotes) -> str:
    licence = f"license: {notes.licence}\n" if notes.licence else ""
    tags = ", ".join(("luke", "entities", *notes.tags))
    return f"---\nlibrary_name: openluke\n{licence}tags: [{tags}]\n---"


def _title(notes: CardNotes) -> str:
    made = f"saved by openluke {openluke.__version__}"
    return f"# {notes.title}\n\nWords and entities in one transformer, {made}."


def _origin(bundle: Bundle) -> str:
    return f"Made from: `{bundle.source}`." if bundle.source else ""


def _sizes(bundle: Bundle, *, quantised: bool) -> str:
    config = bundle.encoder.config
    parameters = sum(p.numel() for p in bundle.encoder.parameters())
    rows = [
        ("parameters of the encoder", f"{parameters:,}"),
        ("layers × width × heads", f"{config.n_layers} × {config.hidden_size} × {config.n_heads}"),
        ("word pieces", f"{config.n_words:,}"),
        ("entities × width", f"{config.n_entities:,} × {config.entity_size}"),
        ("longest input", f"{config.max_words} word pieces"),
        ("attention", "entity-aware" if config.entity_aware else "plain"),
        ("weights", "int8 rows" if quantised else str(bundle.dtype).removeprefix("torch.")),
    ]
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    return f"## Size\n\n| | |\n|---|---|\n{table}"


def _heads(bundle: Bundle) -> str:
    if not bundle.heads:
        return "## Heads\n\nNone: this model gives vectors of words, mentions and texts."
    lines = []
    for head in bundle.heads:
        entry = head.entry
        labels = ", ".join(f"`{label}`" for label in entry.labels)
        lines.append(
            f"- **{entry.name}** {_KINDS[entry.config.kind]}{': ' + labels if labels else ''}"
        )
    return "## Heads\n\n" + "\n".join(lines)


def _use(bundle: Bundle, *, notes: CardNotes, quantised: bool) -> str:
    call = notes.usage or _call(bundle)
    load = f'model = openluke.load("{notes.place}")'
    code = f"```python\nimport openluke\n\n{load}\n{call}\n```"
    note = ""
    if quantised:
        note = (
            "\n\nThe weights are int8 rows, which only openluke reads; "
            "`openluke convert dequantise` writes the Hugging Face form."
        )
    elif any(h.entry.config.kind == "entity_pair" and h.entry.config.bias for h in bundle.heads):
        note = "\n\nThe pair head has a bias, which transformers' own class leaves out."
    return f"## Use\n\n{code}{note}"


def _call(bundle: Bundle) -> str:
    """How the model is asked: for what its first task predicts, or for vectors."""
    entry = next((head.entry for head in bundle.heads if head.entry.task), None)
    if entry is not None:
        call = _CALLS.get(entry.config.kind, f"model.predict({_TEXT})")
        is_alone = len(bundle.task_names()) == 1
        return call if is_alone else f'{call[:-1]}, head="{entry.name}")'
    return (
        f"encoded = model.encode([{_TEXT}], spans=[[(0, 7), (17, 28)]])\n"
        "encoded[0].mentions[0].vector"
    )
