"""Writing a bundle in the original project's form, undoing what its conversion had added."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from openluke.artifacts import atomic_file
from openluke.checkpoints.bundle import Bundle, BundleHead
from openluke.checkpoints.layout_tables import MASKED_BERT, MASKED_ROBERTA, ORIGINAL_ENCODER
from openluke.checkpoints.original_archive import METADATA
from openluke.checkpoints.transformers_config import write_encoder_config
from openluke.checkpoints.transformers_layout import rename_to_theirs
from openluke.checkpoints.weights import TORCH
from openluke.checkpoints.word_side import marker_sources, starts_at_row_zero
from openluke.errors import ConfigError
from openluke.model.config import HeadKind

VOCAB = "entity_vocab.jsonl"
_BASE_NAMES = {
    "byte_level": "roberta-base",
    "sentencepiece": "xlm-roberta-base",
    "wordpiece": "bert-base-uncased",
}
_SCORERS: dict[HeadKind, str] = {
    "entity": "typing",
    "entity_pair": "classifier",
    "entity_span": "classifier",
    "extractive_qa": "qa_outputs",
}
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
    bundle: Bundle, *, directory: Path, base_name: str | None = None
) -> tuple[str, ...]:
    """Write ``pytorch_model.bin``, ``metadata.json`` and ``entity_vocab.jsonl``.

    Markers and [MASK2] are taken away where they are still the copies that conversion makes; where
    training has changed them they stay, since dropping them would lose what was learnt.

    Args:
        bundle: What to write.
        directory: Where to; it is made.
        base_name: What the original program calls the encoder that the model started from (it
            loads the tokenizer by that name); by default the base model of the tokenizer's family.

    Returns:
        What was kept or left out, in sentences for people.
    """
    if bundle.encoder.config.n_entities == 0:
        raise ConfigError("the original project has no form for an encoder without entities")
    base_name = base_name or _BASE_NAMES[bundle.tokenizer.family]
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
    directory.mkdir(parents=True, exist_ok=True)
    with atomic_file(directory / TORCH) as temporary:
        torch.save(_state_dict(draft, bundle=bundle), temporary)
    with atomic_file(directory / METADATA) as temporary:
        metadata = _metadata(draft, bundle=bundle, base_name=base_name)
        temporary.write_text(json.dumps(metadata, indent=2) + "\n", encoding="utf-8")
    vocab.write(directory / VOCAB, form="jsonl")
    return tuple(draft.notes)


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
        draft.notes.append("kept the rows of <ent> and <ent2>: they have been trained")


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
    why = "it has been trained" if last else "it is not the last entity"
    draft.notes.append(f"kept [MASK2]: {why}")
    return False


def _are_copies(
    tensors: Mapping[str, Tensor], names: tuple[str, ...], copies: list[int], sources: list[int]
) -> bool:
    found = [tensors[name] for name in names if name in tensors]
    return all(torch.equal(table[copies], table[sources]) for table in found)


def _shift_back(draft: _Draft, *, bundle: Bundle) -> None:
    """A BERT's positions start at row 0 again."""
    if not starts_at_row_zero(bundle.tokenizer):
        return
    words = draft.encoder["words.positions.weight"][bundle.tokenizer.pad_id + 1 :].clone()
    entities = draft.encoder["entities.positions.weight"][: len(words)].clone()
    draft.encoder |= {"words.positions.weight": words, "entities.positions.weight": entities}


def _state_dict(draft: _Draft, *, bundle: Bundle) -> dict[str, Tensor]:
    table = MASKED_BERT if starts_at_row_zero(bundle.tokenizer) else MASKED_ROBERTA
    tensors = rename_to_theirs(draft.encoder, table=ORIGINAL_ENCODER)
    if draft.masked:
        masked = {
            "words.decoder.weight": draft.encoder["words.tokens.weight"],
            "words.decoder.bias": draft.masked["words.bias"],
            "entities.decoder.weight": draft.encoder["entities.table.weight"],
        } | draft.masked
        tensors |= rename_to_theirs(masked, table=table)
    for head in bundle.heads:
        tensors |= _scorer(head, notes=draft.notes)
    return tensors


def _scorer(head: BundleHead, *, notes: list[str]) -> dict[str, Tensor]:
    kind = head.entry.config.kind
    if kind == "masked":
        return {}
    if kind not in _SCORERS:
        notes.append(f"left out head {head.entry.name!r}: the original project has no {kind} head")
        return {}
    tensors = head.module.state_dict()
    return {n.replace("classifier", _SCORERS[kind], 1): tensor for n, tensor in tensors.items()}


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
        "max_seq_length": bundle.inputs.max_words,
        "max_entity_length": bundle.inputs.max_entities,
        "max_mention_length": bundle.inputs.max_mention_length,
    }
