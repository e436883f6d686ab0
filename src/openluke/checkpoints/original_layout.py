"""Bundles from and to the original project's archives."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from openluke.checkpoints.assembly import assemble_encoder, assemble_head, check_tables
from openluke.checkpoints.bundle import Bundle, BundleHead
from openluke.checkpoints.bundle_config import HeadEntry
from openluke.checkpoints.layout_tables import (
    BUFFERS,
    MASKED_BERT,
    MASKED_ROBERTA,
    ORIGINAL_ENCODER,
)
from openluke.checkpoints.original_archive import METADATA, OriginalArchive
from openluke.checkpoints.renames import RenameTable, rename_to_ours
from openluke.checkpoints.transformers_config import fitting_stride, read_encoder_config
from openluke.checkpoints.transformers_layout import adapt_encoder, untie
from openluke.checkpoints.weights import check_finite
from openluke.checkpoints.word_side import Base, adapt_word_side, pad_rows
from openluke.config import from_mapping
from openluke.entities.vocab import EntityVocab
from openluke.errors import CheckpointError, ConfigError
from openluke.model.config import EncoderConfig, HeadConfig, HeadKind
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
_ENTITY_TABLES = ("entities.table.weight", "entities.positions.weight", "entities.types.weight")
_BY_ENTITY = ("entities.table.weight", "entities.bias", "entities.decoder.weight")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stated:
    """What a program of ours says in metadata.json beyond the original's own keys."""

    base: Base


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
    check_finite(archive.tensors, where=archive.source)
    base = _base(archive)
    parts = _split(archive.tensors, base=base)
    names = ORIGINAL_ENCODER.known_as
    check_tables(parts.encoder, tables=_ENTITY_TABLES, where=archive.source, names=names)
    words = adapt_word_side(
        tokenizer,
        encoder=parts.encoder,
        head=parts.masked,
        base=base,
        where=archive.source,
        names=names,
    )
    encoder_tensors, masked, vocab = words.encoder, words.head, archive.vocab
    if vocab.special.mask2 is None:
        encoder_tensors = _append_mask2(encoder_tensors, vocab=vocab, where=archive.source)
        masked = _append_mask2(masked, vocab=vocab, where=archive.source)
        vocab = vocab.with_mask2()
    n_positions = len(encoder_tensors["words.positions.weight"])
    entity_positions = pad_rows(encoder_tensors["entities.positions.weight"], rows=n_positions)
    encoder_tensors["entities.positions.weight"] = entity_positions
    config = _encoder_config(
        archive,
        tensors=encoder_tensors,
        word_pad_id=tokenizer.pad_id,
        entity_pad_id=vocab.special.pad,
        entity_aware=entity_aware,
    )
    config, encoder_tensors = adapt_encoder(encoder_tensors, config=config)
    encoder = assemble_encoder(config, tensors=encoder_tensors, where=archive.source, names=names)
    heads = _heads(
        masked, scorer=parts.scorer, encoder=encoder, where=archive.source, names=_masked(base)
    )
    return Bundle(
        encoder=encoder,
        tokenizer=words.tokenizer,
        entities=vocab,
        inputs=_inputs(archive, max_words=config.max_words),
        heads=heads,
        source=archive.source,
        left_out=parts.left_out,
        base=base,
    )


def _encoder_config(
    archive: OriginalArchive,
    *,
    tensors: Mapping[str, Tensor],
    word_pad_id: int,
    entity_pad_id: int,
    entity_aware: bool,
) -> EncoderConfig:
    """The encoder's shape, with the numbers of rows that its tables have by now."""
    where = f"{archive.source}: model_config"
    sizes = {
        "vocab_size": len(tensors["words.tokens.weight"]),
        "entity_vocab_size": len(tensors["entities.table.weight"]),
        "entity_emb_size": tensors["entities.table.weight"].shape[1],
        "max_position_embeddings": len(tensors["words.positions.weight"]),
        "pad_token_id": word_pad_id,
        "use_entity_aware_attention": entity_aware,
    }
    values = dict(archive.model_config) | sizes
    config = read_encoder_config(values, entity_pad_id=entity_pad_id, where=where)
    return replace(
        config,
        n_word_types=len(tensors["words.types.weight"]),
        n_entity_types=len(tensors["entities.types.weight"]),
    )


def _inputs(archive: OriginalArchive, *, max_words: int) -> EntityInputsConfig:
    where = f"{archive.source}: {METADATA}"
    stated = {o: archive.metadata[t] for o, t in _LENGTHS.items() if t in archive.metadata}
    try:
        inputs = from_mapping(EntityInputsConfig, values=stated | {"stride": 0}, where=where)
    except ConfigError as error:
        raise CheckpointError(str(error)) from error
    max_words = min(inputs.max_words, max_words)
    return replace(inputs, max_words=max_words, stride=fitting_stride(max_words))


def _base(archive: OriginalArchive) -> Base:
    """Whose word side an archive has: its masked-word head, a statement or the type table tells."""
    if any(name.startswith("cls.predictions.") for name in archive.tensors):
        return "bert"
    if any(name.startswith("lm_head.") for name in archive.tensors):
        return "roberta"
    stated = archive.metadata.get("base")
    if stated is not None:
        return from_mapping(_Stated, values={"base": stated}, where=archive.source).base
    # a fine-tuned model has no masked-word head; BERT reads two types of words, RoBERTa one
    types = archive.tensors.get("embeddings.token_type_embeddings.weight")
    return "bert" if types is not None and len(torch.atleast_1d(types)) > 1 else "roberta"


def _split(tensors: Mapping[str, Tensor], *, base: Base) -> _Parts:
    encoder = rename_to_ours((n for n in tensors if n not in BUFFERS), table=ORIGINAL_ENCODER)
    masked = rename_to_ours(encoder.unknown, table=_masked(base))
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


def _masked(base: Base) -> RenameTable:
    return MASKED_BERT if base == "bert" else MASKED_ROBERTA


def _append_mask2(
    tensors: Mapping[str, Tensor], *, vocab: EntityVocab, where: str
) -> dict[str, Tensor]:
    """The tensors with a copy of [MASK]'s row after the last entity; spare rows are dropped."""
    added = dict(tensors)
    for name in _BY_ENTITY:
        if name not in tensors:
            continue
        rows = torch.atleast_1d(tensors[name])
        if len(rows) < vocab.n_ids:
            raise CheckpointError(
                f"{where}: {name} has {len(rows)} rows but the entity vocabulary has "
                f"{vocab.n_ids} ids: they do not belong together"
            )
        added[name] = torch.cat([rows[: vocab.n_ids], rows[vocab.special.mask, None]])
    return added


def _heads(
    masked: dict[str, Tensor],
    *,
    scorer: dict[str, Tensor],
    encoder: Encoder,
    where: str,
    names: RenameTable,
) -> tuple[BundleHead, ...]:
    heads: list[BundleHead] = []
    if scorer:
        heads.append(_scorer_head(scorer, encoder=encoder, where=where))
    if masked:
        tied, own = untie(masked, encoder=encoder.state_dict())
        config = HeadConfig(kind="masked", tied=tied)
        module = assemble_head(
            config, encoder=encoder, tensors=own, where=where, names=names.known_as
        )
        heads.append(BundleHead(HeadEntry(name="masked", config=config), module))
    return tuple(heads)


def _scorer_head(scorer: dict[str, Tensor], *, encoder: Encoder, where: str) -> BundleHead:
    """The head of a fine-tuned model, whose kind its input width gives away."""
    name = next(iter(scorer)).split(".")[0]
    weight = scorer[f"{name}.weight"]
    kind = _scorer_kind(name, width=weight.shape[1] // encoder.config.hidden_size, where=where)
    config = HeadConfig(
        kind=kind,
        n_labels=len(weight),
        # one score per pair is a yes or no for each by itself
        problem="multi_label" if len(weight) == 1 else "single_label",
        bias=f"{name}.bias" in scorer,
    )
    tensors = {"classifier" + key.removeprefix(name): value for key, value in scorer.items()}
    module = assemble_head(
        config,
        encoder=encoder,
        tensors=tensors,
        where=where,
        names=lambda ours: ours.replace("classifier", name, 1),
    )
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
