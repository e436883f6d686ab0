"""Saving a bundle as a directory that transformers reads too, or quantised in our own form."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from openluke.artifacts import write_artifact
from openluke.checkpoints import quantisation
from openluke.checkpoints.bundle import Bundle
from openluke.checkpoints.bundle_config import BundleConfig, HeadEntry, write_bundle_config
from openluke.checkpoints.completeness import FORMAT, KIND
from openluke.checkpoints.loading import ENTITY_VOCAB
from openluke.checkpoints.model_card import CardNotes, write_model_card
from openluke.checkpoints.stored_model import ENCODER, HEADS, is_beside_encoder
from openluke.checkpoints.transformers_config import (
    write_encoder_config,
    write_head_config,
    write_inputs,
)
from openluke.checkpoints.transformers_layout import merge_weights, pad_for_transformers
from openluke.checkpoints.weights import SAFETENSORS, write_weights
from openluke.model.config import EncoderConfig, HeadKind
from openluke.tokenization.layouts import Layout

_LAYOUTS: dict[HeadKind, Layout] = {
    "entity": "entity",
    "entity_pair": "entity_pair",
    "entity_span": "entity_span",
}
"""The inputs that heads of these kinds are published with."""


def save_bundle(
    bundle: Bundle,
    *,
    directory: str | Path,
    quantise: bool = False,
    replace: bool = False,
    notes: CardNotes | None = None,
) -> None:
    """Save a bundle as a model directory, which appears only when it is complete.

    Args:
        bundle: What to save.
        directory: Where to.
        quantise: Store int8 rows instead of a Hugging Face weight file: a quarter of the size,
            readable by openluke alone.
        replace: Whether a model that is already there may be replaced.
        notes: What its card says besides what can be seen from the model.
    """
    with write_artifact(directory, kind=KIND, format_version=FORMAT, replace=replace) as draft:
        if quantise:
            _write_quantised(bundle, directory=draft.path)
            config = bundle.encoder.config
        else:
            config = _write_plain(bundle, directory=draft.path)
        _write_config_json(bundle, config=config, directory=draft.path)
        bundle.tokenizer.save(draft.path)
        _extend_tokenizer_config(_inputs(bundle), directory=draft.path)
        bundle.entities.write(draft.path / ENTITY_VOCAB, form="huggingface", allow_ambiguous=True)
        write_bundle_config(
            BundleConfig(
                encoder=bundle.encoder.config,
                inputs=bundle.inputs,
                entity_languages=bundle.entities.has_languages,
                heads=_entries(bundle),
                quantised="int8" if quantise else None,
                source=bundle.source,
                base=bundle.base,
            ),
            directory=draft.path,
        )
        write_model_card(
            bundle, directory=draft.path, place=Path(directory), quantised=quantise, notes=notes
        )
        draft.counts.update(words=bundle.tokenizer.n_words, entities=bundle.entities.n_ids)


def _write_plain(bundle: Bundle, *, directory: Path) -> EncoderConfig:
    """Write all weights; return the encoder's shape as ``config.json`` has to state it."""
    first = bundle.heads[0] if is_beside_encoder(_entries(bundle)) else None
    config, encoder = pad_for_transformers(
        bundle.encoder.state_dict(), config=bundle.encoder.config
    )
    head: Mapping[str, Tensor] = first.module.state_dict() if first else {}
    kind = first.entry.config.kind if first else None
    write_weights(merge_weights(encoder, head=head, kind=kind), path=directory / SAFETENSORS)
    for other in bundle.heads[first is not None :]:
        path = directory / HEADS / f"{other.entry.name}.safetensors"
        write_weights(other.module.state_dict(), path=path)
    return config


def _entries(bundle: Bundle) -> tuple[HeadEntry, ...]:
    return tuple(head.entry for head in bundle.heads)


def _write_quantised(bundle: Bundle, *, directory: Path) -> None:
    parts = {ENCODER: bundle.encoder.state_dict()}
    parts |= {f"{HEADS}/{h.entry.name}": h.module.state_dict() for h in bundle.heads}
    stored = quantisation.quantise_rows(quantisation.join_parts(parts))
    write_weights(stored, path=directory / quantisation.FILE)


def _write_config_json(bundle: Bundle, *, config: EncoderConfig, directory: Path) -> None:
    values: dict[str, Any] = write_encoder_config(config)
    values["dtype"] = str(bundle.dtype).removeprefix("torch.")
    values |= {"bos_token_id": bundle.tokenizer.bos_id, "eos_token_id": bundle.tokenizer.eos_id}
    if is_beside_encoder(_entries(bundle)):
        entry = bundle.heads[0].entry
        values |= write_head_config(entry.config, labels=entry.labels)
    else:
        values["architectures"] = ["LukeModel"]
    _write_json(values, path=directory / "config.json")


def _inputs(bundle: Bundle) -> dict[str, Any]:
    """The inputs as transformers' tokenizer has to make them for the head that it sees."""
    kind = bundle.heads[0].entry.config.kind if bundle.heads else None
    layout = _LAYOUTS.get(kind, bundle.inputs.layout) if kind else bundle.inputs.layout
    return write_inputs(dataclasses.replace(bundle.inputs, layout=layout))


def _extend_tokenizer_config(values: Mapping[str, Any], *, directory: Path) -> None:
    path = directory / "tokenizer_config.json"
    known = json.loads(path.read_text(encoding="utf-8"))
    _write_json(known | dict(values), path=path)


def _write_json(values: Mapping[str, Any], *, path: Path) -> None:
    text = json.dumps(values, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
