"""Writing a bundle in the original project's form, undoing what its conversion had added."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from openluke.artifacts import write_artifact
from openluke.checkpoints.bundle import Bundle, BundleHead
from openluke.checkpoints.layout_tables import MASKED_BERT, MASKED_ROBERTA, ORIGINAL_ENCODER
from openluke.checkpoints.original_archive import METADATA
from openluke.checkpoints.renames import rename_to_theirs
from openluke.checkpoints.transformers_config import write_encoder_config
from openluke.checkpoints.transformers_layout import pad_types
from openluke.checkpoints.weights import TORCH, write_torch
from openluke.checkpoints.word_side import Base, marker_sources
from openluke.errors import ConfigError
from openluke.model.config import HeadKind

VOCAB = "entity_vocab.jsonl"
KIND = "original-archive"
FORMAT = 1
_BASE_NAMES: dict[tuple[str, Base], str] = {
    ("byte_level", "roberta"): "roberta-base",
    ("sentencepiece", "roberta"): "xlm-roberta-base",
    ("wordpiece", "bert"): "bert-base-uncased",
}
"""The usual encoder by the family of its tokenizer and by whose word side it has."""
_SCORERS: dict[HeadKind, str] = {
    "entity": "typing",
    "entity_pair": "classifier",
    "entity_span": "classifier",
    "extractive_qa": "qa_outputs",
}
_NO_COPIES = "not as conversion makes them, so what they hold would be lost"
_BY_WORD = ("words.tokens.weight", "words.bias", "words.decoder.weight")
_BY_ENTITY = ("entities.table.weight", "entities.bias", "entities.decoder.weight")


@dataclass(slots=True)
class _Draft:
    """Tensors on their way to the original form, and what is to be told about it."""

    encoder: dict[str, Tensor]
    masked: dict[str, Tensor]
    notes: list[str]

    def cut(self, names: tuple[str, ...], *, rows: int) -> None:
        """Keep only the first rows of the tensors of these names."""
        for tensors in (self.encoder, self.masked):
            tensors.update({n: t[:rows].clone() for n, t in tensors.items() if n in names})


def write_original(
    bundle: Bundle, *, directory: Path, base_name: str | None = None, replace: bool = False
) -> tuple[str, ...]:
    """Write ``pytorch_model.bin``, ``metadata.json`` and ``entity_vocab.jsonl``.

    Markers and [MASK2] are taken away where they are still the copies that conversion makes; where
    training has changed them they stay, since dropping them would lose what was learnt.

    Args:
        bundle: What to write.
        directory: Where to; it appears only when it is complete.
        base_name: What the original program calls the encoder that the model started from (it
            loads the tokenizer by that name); by default the base model of the tokenizer's family.
        replace: Whether an archive that this function wrote there may be replaced.

    Returns:
        What was kept or left out, in sentences for people.
    """
    if bundle.encoder.config.n_entities == 0:
        raise ConfigError("the original project has no form for an encoder without entities")
    base_name = base_name or _usual_name(bundle)
    masked = next((h for h in bundle.heads if h.entry.config.kind == "masked"), None)
    draft = _Draft(
        dict(bundle.encoder.state_dict()),
        dict(masked.module.state_dict()) if masked else {},
        [],
    )
    _drop_markers(draft, bundle=bundle)
    vocab = bundle.entities
    if _drop_mask2(draft, bundle=bundle):
        vocab, _ = vocab.subset([i for i in range(vocab.n_ids) if i != vocab.special.mask2])
    _shift_back(draft, bundle=bundle)
    _note_base(draft, base=bundle.base, name=base_name)
    draft.encoder = pad_types(draft.encoder, config=bundle.encoder.config)
    tensors = _state_dict(draft, bundle=bundle)
    metadata = _metadata(draft, bundle=bundle, base_name=base_name)
    with write_artifact(directory, kind=KIND, format_version=FORMAT, replace=replace) as made:
        write_torch(tensors, path=made.path / TORCH)
        text = json.dumps(metadata, indent=2) + "\n"
        (made.path / METADATA).write_text(text, encoding="utf-8")
        vocab.write(made.path / VOCAB, form="jsonl")
    return tuple(draft.notes)


def _usual_name(bundle: Bundle) -> str:
    key = (bundle.tokenizer.family, bundle.base)
    if key not in _BASE_NAMES:
        raise ConfigError(
            f"there is no usual name for a {bundle.base} encoder with a {bundle.tokenizer.family} "
            "tokenizer; say what the original program calls it (--base-name)"
        )
    return _BASE_NAMES[key]


def _note_base(draft: _Draft, *, base: Base, name: str) -> None:
    taken: Base = "roberta" if "roberta" in name else "bert"
    if taken != base:
        draft.notes.append(
            f"the original program tells RoBERTa from BERT by the name, and will take {name!r} for "
            f"a {taken}, but this encoder is a {base}"
        )


def _drop_markers(draft: _Draft, *, bundle: Bundle) -> None:
    tokenizer = bundle.tokenizer
    if not tokenizer.has_markers:
        return
    markers = [tokenizer.marker_id, tokenizer.marker2_id]
    rows = len(draft.encoder["words.tokens.weight"])
    sources = marker_sources(tokenizer)
    tensors = draft.encoder | draft.masked
    if markers == [rows - 2, rows - 1] and _are_copies(tensors, _BY_WORD, markers, sources):
        draft.cut(_BY_WORD, rows=rows - 2)
    else:
        draft.notes.append(f"kept the rows of <ent> and <ent2>: {_NO_COPIES}")


def _drop_mask2(draft: _Draft, *, bundle: Bundle) -> bool:
    special = bundle.entities.special
    rows = len(draft.encoder["entities.table.weight"])
    if special.mask2 is None:
        return False
    tensors = draft.encoder | draft.masked
    last = special.mask2 == rows - 1
    if last and _are_copies(tensors, _BY_ENTITY, [special.mask2], [special.mask]):
        draft.cut(_BY_ENTITY, rows=rows - 1)
        return True
    why = _NO_COPIES if last else "it is not the last entity"
    draft.notes.append(f"kept the row of [MASK2]: {why}")
    return False


def _are_copies(
    tensors: Mapping[str, Tensor], names: tuple[str, ...], copies: list[int], sources: list[int]
) -> bool:
    found = [tensors[name] for name in names if name in tensors]
    return all(torch.equal(table[copies], table[sources]) for table in found)


def _shift_back(draft: _Draft, *, bundle: Bundle) -> None:
    """A BERT's positions start at row 0 again."""
    if bundle.base != "bert":
        return
    words = draft.encoder["words.positions.weight"][bundle.tokenizer.pad_id + 1 :].clone()
    entities = draft.encoder["entities.positions.weight"][: len(words)].clone()
    draft.encoder |= {"words.positions.weight": words, "entities.positions.weight": entities}


def _state_dict(draft: _Draft, *, bundle: Bundle) -> dict[str, Tensor]:
    table = MASKED_BERT if bundle.base == "bert" else MASKED_ROBERTA
    tensors = rename_to_theirs(draft.encoder, table=ORIGINAL_ENCODER)
    if draft.masked:
        masked = {
            "words.decoder.weight": draft.encoder["words.tokens.weight"],
            "words.decoder.bias": draft.masked["words.bias"],
            "entities.decoder.weight": draft.encoder["entities.table.weight"],
        } | draft.masked
        tensors |= rename_to_theirs(masked, table=table)
    for head in bundle.heads:
        if head.entry.config.kind == "masked":
            continue
        scorer = _scorer(head)
        if not scorer:
            why = f"the original project has no {head.entry.config.kind} head"
        elif scorer.keys() & tensors.keys():
            why = f"another head is called {_SCORERS[head.entry.config.kind]!r} there too"
        else:
            tensors |= scorer
            _note_labels(head, notes=draft.notes)
            continue
        draft.notes.append(f"left out head {head.entry.name!r}: {why}")
    return tensors


def _scorer(head: BundleHead) -> dict[str, Tensor]:
    """A head's tensors under the original's names; none when it has no such head."""
    name = _SCORERS.get(head.entry.config.kind)
    if name is None:
        return {}
    tensors = head.module.state_dict()
    return {key.replace("classifier", name, 1): tensor for key, tensor in tensors.items()}


def _note_labels(head: BundleHead, *, notes: list[str]) -> None:
    if head.entry.labels:
        labels = ", ".join(head.entry.labels)
        notes.append(
            f"left out the labels of head {head.entry.name!r}, which the original form has no "
            f"place for: {labels}"
        )


def _metadata(draft: _Draft, *, bundle: Bundle, base_name: str) -> dict[str, object]:
    config = write_encoder_config(bundle.encoder.config)
    for key in ("model_type", "use_entity_aware_attention", "tie_word_embeddings"):
        config.pop(key)
    return {
        "model_config": config
        | {
            "vocab_size": len(draft.encoder["words.tokens.weight"]),
            "entity_vocab_size": len(draft.encoder["entities.table.weight"]),
            "max_position_embeddings": len(draft.encoder["words.positions.weight"]),
            "bert_model_name": base_name,
            "cls_entity_prediction": False,
        },
        "base": bundle.base,
        "max_seq_length": bundle.inputs.max_words,
        "max_entity_length": bundle.inputs.max_entities,
        "max_mention_length": bundle.inputs.max_mention_length,
    }
