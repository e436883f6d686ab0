"""The README of a saved model: what it is, how it is used, how large it is."""

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


def write_model_card(bundle: Bundle, *, directory: Path, quantised: bool) -> None:
    """Write the README of a saved bundle, in the form that model hubs show."""
    sections = [
        _front_matter(),
        _title(),
        _origin(bundle),
        _sizes(bundle, quantised=quantised),
        _heads(bundle),
        _use(bundle, quantised=quantised),
    ]
    text = "\n\n".join(section for section in sections if section)
    (directory / "README.md").write_text(text + "\n", encoding="utf-8")


def _front_matter() -> str:
    return "---\nlibrary_name: openluke\ntags: [luke, entities]\n---"


def _title() -> str:
    made = f"saved by openluke {openluke.__version__}"
    return f"# A LUKE model\n\nWords and entities in one transformer, {made}."


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


def _use(bundle: Bundle, *, quantised: bool) -> str:
    code = (
        '```python\nimport openluke\n\nmodel = openluke.load("PATH")\n'
        'encoded = model.encode(["Beyoncé lives in Los Angeles."], spans=[[(0, 7), (17, 28)]])\n'
        "encoded[0].mentions[0].vector\n```"
    )
    note = ""
    if quantised:
        note = (
            "\n\nThe weights are int8 rows, which only openluke reads; "
            "`openluke convert dequantise` writes the Hugging Face form."
        )
    elif any(h.entry.config.kind == "entity_pair" and h.entry.config.bias for h in bundle.heads):
        note = "\n\nThe pair head has a bias, which transformers' own class leaves out."
    return f"## Use\n\n{code}{note}"
