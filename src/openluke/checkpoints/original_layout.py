"""Bundles from and to the original project's archives."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from openluke.checkpoints.assembly import assemble_encoder, assemble_head
from openluke.checkpoints.bundle import Bundle, BundleHead
from openluke.checkpoints.bundle_config import HeadEntry
from openluke.checkpoints.layout_tables import (
    BUFFERS,
    MASKED_BERT,
    MASKED_ROBERTA,
    ORIGINAL_ENCODER,
)
from openluke.checkpoints.original_archive import OriginalArchive
from openluke.checkpoints.renames import rename_to_ours
from openluke.checkpoints.transformers_config import fitting_stride, read_encoder_config
from openluke.checkpoints.transformers_layout import adapt_encoder, untie
from openluke.checkpoints.word_side import adapt_word_side, pad_rows
from openluke.errors import CheckpointError
from openluke.model.config import HeadConfig, HeadKind
from openluke.model.encoder import Encoder
from openluke.tokenization.entity_inputs import EntityInputsConfig
from openluke.tokenization.tokenizer import WordTokenizer

_LOGGER = logging.getLogger(__name__)
_SCORERS = ("typing", "classifier", "scorer", "qa_outputs")
_LENGTHS = {
    "max_words": "max_seq_length",
    "max_entities": "max_entity_length",
    "max_mention_length": "max_mention_length",
}
"""Our names of the input limits, and those in metadata.json."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """An archive's tensors under our names."""

    encoder: dict[str, Tensor]
    masked: dict[str, Tensor]
    scorer: dict[str, Tensor]
    left_out: tuple[str, ...]


def from_original(
    archive: OriginalArchive, *, tokenizer: WordTokenizer, entity_aware: bool = True
) -> Bundle:
    """Make a bundle of an archive of the original project.

    As the original converter did: markers and [MASK2] are added as copies, and missing
    entity-aware queries are copies of the query. The archives hold no tokenizer, so it is given:
    that of the encoder which the model was pretrained from.
    """
    parts = _split(archive.tensors)
    words = adapt_word_side(tokenizer, encoder=parts.encoder, head=parts.masked)
    encoder_tensors, masked, vocab = words.encoder, words.head, archive.vocab
    if vocab.special.mask2 is None:
        encoder_tensors, masked = _append_mask2(encoder_tensors, masked, vocab.special.mask)
        vocab = vocab.with_mask2()
    n_positions = len(encoder_tensors["words.positions.weight"])
    entity_positions = pad_rows(encoder_tensors["entities.positions.weight"], rows=n_positions)
    encoder_tensors["entities.positions.weight"] = entity_positions
    config = read_encoder_config(
        dict(archive.model_config)
        | {
            "vocab_size": len(encoder_tensors["words.tokens.weight"]),
            "entity_vocab_size": len(encoder_tensors["entities.table.weight"]),
            "entity_emb_size": encoder_tensors["entities.table.weight"].shape[1],
            "max_position_embeddings": n_positions,
            "pad_token_id": tokenizer.pad_id,
            "use_entity_aware_attention": entity_aware,
        },
        entity_pad_id=vocab.special.pad,
        where=f"{archive.source}: model_config",
    )
    config, encoder_tensors = adapt_encoder(encoder_tensors, config=config)
    encoder = assemble_encoder(config, tensors=encoder_tensors, where=archive.source)
    heads = _heads(masked, scorer=parts.scorer, encoder=encoder, where=archive.source)
    lengths = {o: archive.metadata[t] for o, t in _LENGTHS.items() if t in archive.metadata}
    max_words = min(lengths.get("max_words", config.max_words), config.max_words)
    lengths |= {"max_words": max_words, "stride": fitting_stride(max_words)}
    return Bundle(
        encoder=encoder,
        tokenizer=words.tokenizer,
        entities=vocab,
        inputs=EntityInputsConfig(**lengths),
        heads=heads,
        source=archive.source,
        left_out=parts.left_out,
    )


def _split(tensors: Mapping[str, Tensor]) -> _Parts:
    encoder = rename_to_ours((n for n in tensors if n not in BUFFERS), table=ORIGINAL_ENCODER)
    is_bert = any(name.startswith("cls.predictions.") for name in encoder.unknown)
    masked = rename_to_ours(encoder.unknown, table=MASKED_BERT if is_bert else MASKED_ROBERTA)
    scorers = {name: tensors[name] for name in masked.unknown if name.split(".")[0] in _SCORERS}
    left_out = tuple(name for name in masked.unknown if name not in scorers)
    if left_out:
        _LOGGER.warning("these tensors have no place in a bundle: %s", ", ".join(left_out))
    return _Parts(
        {ours: tensors[theirs] for theirs, ours in encoder.names.items()},
        {ours: tensors[theirs] for theirs, ours in masked.names.items()},
        scorers,
        left_out,
    )


def _append_mask2(
    encoder: Mapping[str, Tensor], masked: Mapping[str, Tensor], mask_id: int
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    def append(tensors: Mapping[str, Tensor], names: tuple[str, ...]) -> dict[str, Tensor]:
        copies = {n: torch.cat([t, t[mask_id, None]]) for n, t in tensors.items() if n in names}
        return dict(tensors) | copies

    by_entity = ("entities.bias", "entities.decoder.weight")
    return append(encoder, ("entities.table.weight",)), append(masked, by_entity)


def _heads(
    masked: dict[str, Tensor], *, scorer: dict[str, Tensor], encoder: Encoder, where: str
) -> tuple[BundleHead, ...]:
    heads: list[BundleHead] = []
    if scorer:
        heads.append(_scorer_head(scorer, encoder=encoder, where=where))
    if masked:
        tied, own = untie(masked, encoder=encoder.state_dict())
        config = HeadConfig(kind="masked", tied=tied)
        module = assemble_head(config, encoder=encoder, tensors=own, where=where)
        heads.append(BundleHead(HeadEntry(name="masked", config=config), module))
    return tuple(heads)


def _scorer_head(scorer: dict[str, Tensor], *, encoder: Encoder, where: str) -> BundleHead:
    """The head of a fine-tuned model, whose kind its input width gives away."""
    name = next(iter(scorer)).split(".")[0]
    weight = scorer[f"{name}.weight"]
    kind = _scorer_kind(name, width=weight.shape[1] // encoder.config.hidden_size, where=where)
    config = HeadConfig(kind=kind, n_labels=len(weight), bias=f"{name}.bias" in scorer)
    tensors = {"classifier" + key.removeprefix(name): value for key, value in scorer.items()}
    module = assemble_head(config, encoder=encoder, tensors=tensors, where=where)
    labels = tuple(f"LABEL_{i}" for i in range(len(weight)))
    return BundleHead(HeadEntry(name=kind, config=config, labels=labels), module)


def _scorer_kind(name: str, *, width: int, where: str) -> HeadKind:
    kinds: dict[tuple[str, int], HeadKind] = {
        ("typing", 1): "entity",
        ("qa_outputs", 1): "extractive_qa",
        ("classifier", 2): "entity_pair",
        ("scorer", 2): "entity_pair",
        ("classifier", 3): "entity_span",
    }
    if (name, width) not in kinds:
        raise CheckpointError(
            f"{where}: {name}.weight reads {width} states per row, which is no head of the "
            "original project"
        )
    return kinds[name, width]
