"""What lies at a path: a model, a vocabulary, a tokenizer, an archive, or another artefact."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from openluke.artifacts import MANIFEST_NAME, read_manifest
from openluke.checkpoints import quantisation
from openluke.checkpoints.bundle_config import BundleConfig, read_bundle_config
from openluke.checkpoints.layout_tables import BUFFERS
from openluke.checkpoints.model_files import part_of_model
from openluke.checkpoints.original_archive import METADATA, is_archive, read_archive
from openluke.checkpoints.stored_model import HEADS
from openluke.checkpoints.transformers_config import read_architecture, read_json
from openluke.checkpoints.weights import has_weights, is_weight_file, read_weights
from openluke.entities.mapped_names import KIND as ENTITY_VOCAB_KIND
from openluke.entities.vocab import EntityVocab
from openluke.entities.vocab_files import detect_form
from openluke.errors import CheckpointError
from openluke.tokenization.tokenizer import WordTokenizer
from openluke.tokenization.tokenizer_files import FILES

_ENTITY_TABLES = ("entity_embeddings.entity_embeddings.weight", "entities.table.weight")

_WORD_TABLE = "embeddings.word_embeddings.weight"
_COPIES = {
    "lm_head.decoder.weight": _WORD_TABLE,
    "lm_head.decoder.bias": "lm_head.bias",
    "cls.predictions.decoder.weight": _WORD_TABLE,
    "cls.predictions.decoder.bias": "cls.predictions.bias",
    "entity_predictions.decoder.weight": "entity_embeddings.entity_embeddings.weight",
}
"""Tensors that most checkpoints hold twice, since they are tied."""
_PREFIXES = ("", "luke.", "roberta.", "bert.")
"""What stands before the encoder's names, by the program that wrote the checkpoint."""


@dataclass(frozen=True, slots=True)
class Description:
    """What an artefact is, and facts about it in the order in which people want them."""

    kind: str
    facts: dict[str, Any] = field(default_factory=dict[str, Any])


def describe(path: Path) -> Description:
    """Say what lies at a path, from its content; weights are measured without loading them.

    Raises:
        CheckpointError: Nothing is there, or nothing that openluke knows.
    """
    if not path.exists():
        raise CheckpointError(f"{path}: no such file or directory")
    return _describe_directory(path) if path.is_dir() else _describe_file(path)


def _describe_directory(path: Path) -> Description:
    if (path / "config.json").is_file():
        return _describe_model(path)
    if (path / METADATA).is_file() and has_weights(path):
        return _describe_original(path)
    if (path / MANIFEST_NAME).is_file():
        return _describe_artifact(path)
    if _has_tokenizer(path):
        return Description("word tokenizer", _tokenizer_facts(path))
    names = ", ".join(sorted(entry.name for entry in path.iterdir())[:12]) or "nothing"
    raise CheckpointError(
        f"{path}: no model, tokenizer, vocabulary or other artefact of openluke; found {names}"
    )


def _describe_file(path: Path) -> Description:
    if is_archive(path):
        return _describe_original(path)
    if is_weight_file(path):
        return Description("weights", _weight_facts(read_weights(path)))
    part = part_of_model(path)
    if part is not None:
        return Description(part, {"use": f"openluke inspect {path.parent}"})
    return _describe_vocab(path)


def _describe_model(path: Path) -> Description:
    values = read_json(path / "config.json")
    own = read_bundle_config(path)
    if own is not None:
        quantised = own.quantised is not None
        tensors = read_weights(path / quantisation.FILE) if quantised else _all_weights(path)
        kind = f"openluke model{' (int8 rows)' if quantised else ''}"
        facts: dict[str, Any] = {"saved by": f"openluke {own.version}", "made from": own.source}
        facts |= {"heads": [_head_facts(own, index=i) for i in range(len(own.heads))]}
    elif values.get("model_type") == "luke":
        kind, tensors = "transformers LUKE checkpoint", read_weights(path)
        architecture = read_architecture(values, where=str(path / "config.json"))
        facts = {"architecture": architecture or "not stated"}
    else:
        kind = f"transformers checkpoint of type {values.get('model_type')!r}"
        tensors = read_weights(path)
        facts = {"use": "openluke convert from-encoder starts a LUKE from RoBERTa, XLM-R and BERT"}
    facts |= _weight_facts(tensors)
    facts |= _shape_facts(values)
    if _has_tokenizer(path):
        facts["tokenizer"] = _tokenizer_facts(path)
    if (path / "entity_vocab.json").is_file():
        languages = None if own is None else own.entity_languages
        vocab = EntityVocab.read(path / "entity_vocab.json", has_languages=languages, repair=True)
        facts["entity vocabulary"] = {"form": "huggingface", **facts_of_vocab(vocab)}
    return Description(kind, facts)


def _all_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a bundle's first weight file and those of its other heads."""
    tensors = read_weights(path)
    for file in sorted((path / HEADS).glob("*.safetensors")):
        tensors |= {f"{HEADS}/{file.stem}/{n}": t for n, t in read_weights(file).items()}
    return tensors


def _describe_original(path: Path) -> Description:
    archive = read_archive(path)
    facts = {"base": archive.model_config.get("bert_model_name"), **_weight_facts(archive.tensors)}
    facts |= {"use": "openluke convert from-original makes it a model for openluke"}
    return Description(
        "archive of the original LUKE project",
        facts | {"entity vocabulary": facts_of_vocab(archive.vocab)},
    )


def _describe_artifact(path: Path) -> Description:
    manifest = read_manifest(path)
    if manifest.kind == ENTITY_VOCAB_KIND:
        return _describe_vocab(path)
    return Description(
        f"artefact of kind {manifest.kind!r}",
        {
            "made by": f"openluke {manifest.openluke_version}",
            **manifest.counts,
            "bytes": sum(manifest.files.values()),
        },
    )


def _describe_vocab(path: Path) -> Description:
    facts = facts_of_vocab(EntityVocab.read(path, repair=True))
    return Description("entity vocabulary", {"form": detect_form(path), **facts})


def facts_of_vocab(vocab: EntityVocab) -> dict[str, Any]:
    """What people want to know of an entity vocabulary."""
    special = vocab.special
    return {
        "entities": vocab.n_ids,
        "names": len(vocab),
        "languages": dict(vocab.languages.most_common(40)) if vocab.has_languages else None,
        "special ids": {
            "[PAD]": special.pad,
            "[UNK]": special.unk,
            "[MASK]": special.mask,
            "[MASK2]": special.mask2,
        },
    }


def _has_tokenizer(path: Path) -> bool:
    sets = [("tokenizer.json",), *FILES.values()]
    return any(all((path / name).is_file() for name in names) for names in sets)


def _tokenizer_facts(path: Path) -> dict[str, Any]:
    tokenizer = WordTokenizer.read(path)
    markers = [tokenizer.marker_id, tokenizer.marker2_id] if tokenizer.has_markers else None
    return {"family": tokenizer.family, "pieces": tokenizer.n_words, "marker ids": markers}


def _head_facts(config: BundleConfig, *, index: int) -> dict[str, Any]:
    entry = config.heads[index]
    facts = {"name": entry.name, "kind": entry.config.kind, "task": entry.task}
    return facts | {"labels": list(entry.labels)}


def _shape_facts(values: Mapping[str, Any]) -> dict[str, Any]:
    names = {
        "layers": "num_hidden_layers",
        "width": "hidden_size",
        "heads of attention": "num_attention_heads",
        "positions": "max_position_embeddings",
        "entity width": "entity_emb_size",
        "entity-aware attention": "use_entity_aware_attention",
    }
    return {ours: values[theirs] for ours, theirs in names.items() if theirs in values}


def _weight_facts(tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    """Parameters and bytes, in all and of the entity table, which outweighs the rest."""
    kept = {name: t for name, t in tensors.items() if not _is_no_parameter(name, tensors=tensors)}
    total = sum(tensor.numel() for tensor in kept.values())
    entities = (tensor.numel() for name, tensor in kept.items() if name.endswith(_ENTITY_TABLES))
    return {
        "parameters": total,
        "parameters of the entity table": sum(entities),
        "bytes stored": sum(t.numel() * t.element_size() for t in tensors.values()),
        "bytes in memory": {"float32": 4 * total, "bfloat16": 2 * total},
    }


def _is_no_parameter(name: str, *, tensors: Mapping[str, Tensor]) -> bool:
    """Whether a tensor is a buffer, a scale of int8 rows, or a second copy of a tied one."""
    if name in BUFFERS or name.endswith(quantisation.SCALE):
        return True
    if name not in _COPIES:
        return False
    originals = (tensors.get(prefix + _COPIES[name]) for prefix in _PREFIXES)
    return any(table is not None and torch.equal(tensors[name], table) for table in originals)
