"""What a pretraining run starts from: a model of the corpora's words and entities."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from openluke.checkpoints.bundle import Bundle, BundleHead
from openluke.checkpoints.bundle_config import HeadEntry
from openluke.checkpoints.from_encoder import FromEncoderConfig, from_encoder
from openluke.checkpoints.hub import resolve
from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.transformers_config import fitting_stride, read_json
from openluke.config import from_mapping
from openluke.entities.vocab import EntityVocab
from openluke.errors import ConfigError
from openluke.model.config import EncoderConfig, HeadConfig
from openluke.model.encoder import Encoder
from openluke.model.heads import build_head
from openluke.pretraining.corpus.corpus import Corpus
from openluke.pretraining.objective import MASKED
from openluke.pretraining.recipe import StartConfig
from openluke.pretraining.title_rows import set_title_rows
from openluke.tokenization.inputs_config import EntityInputsConfig
from openluke.tokenization.tokenizer import WordTokenizer

_TAKEN = ("n_words", "n_entities", "word_pad_id", "entity_pad_id", "entity_size", "entity_aware")
"""Sizes that the corpora or other keys of a recipe say."""


def starting_bundle(config: StartConfig, *, corpus: Corpus, seed: int) -> Bundle:
    """The model that a recipe starts from, with the head that is pretrained.

    Args:
        config: What the recipe says.
        corpus: One of its corpora, which all have the same tokenizer and entities.
        seed: Of what begins at random.
    """
    entities = corpus.entities()
    if config.model is None:
        bundle, is_new = _new_bundle(config, corpus=corpus, entities=entities, seed=seed), True
    else:
        directory = resolve(config.model)
        is_new = read_json(directory / "config.json").get("model_type") != "luke"
        if is_new:
            options = FromEncoderConfig(
                entity_size=config.entity_size, entity_aware=config.entity_aware, seed=seed
            )
            bundle = from_encoder(directory, vocab=entities, options=options)
        else:
            bundle = _luke(directory, entities=entities)
        _check_words(bundle, corpus=corpus, where=directory)
    if bundle.inputs.max_words < corpus.info.max_words:
        raise ConfigError(
            f"{corpus.path}: has inputs of up to {corpus.info.max_words} word pieces, but the "
            f"model reads {bundle.inputs.max_words}; build the corpus with --max-words "
            f"{bundle.inputs.max_words}"
        )
    if is_new and config.entity_rows == "titles":
        set_title_rows(bundle.encoder, tokenizer=bundle.tokenizer, entities=bundle.entities)
    if is_new and config.entity_positions == "words":
        _copy_positions(bundle.encoder)
    return bundle


def _new_bundle(config: StartConfig, *, corpus: Corpus, entities: EntityVocab, seed: int) -> Bundle:
    """A model that begins at random, words and all."""
    tokenizer, entities = corpus.tokenizer().with_markers(), entities.with_mask2()
    sizes = _sizes(config, tokenizer=tokenizer, entities=entities)
    generator = torch.Generator().manual_seed(seed)
    encoder = Encoder(sizes, generator=generator)
    head = HeadConfig(kind="masked")
    module = build_head(head, encoder=encoder, generator=generator)
    return Bundle(
        encoder=encoder,
        tokenizer=tokenizer,
        entities=entities,
        inputs=EntityInputsConfig(
            max_words=sizes.max_words, stride=fitting_stride(sizes.max_words)
        ),
        heads=(BundleHead(HeadEntry(name=MASKED, config=head), module),),
        source="random weights",
        base="bert" if tokenizer.family == "wordpiece" else "roberta",
    )


def _sizes(
    config: StartConfig, *, tokenizer: WordTokenizer, entities: EntityVocab
) -> EncoderConfig:
    if taken := sorted(set(_TAKEN) & set(config.sizes)):
        raise ConfigError(
            f"start.sizes has {', '.join(taken)}, which the corpora or other keys of start say; "
            "leave them out"
        )
    values: Mapping[str, Any] = {
        **config.sizes,
        "n_words": tokenizer.n_words,
        "n_entities": entities.n_ids,
        "word_pad_id": tokenizer.pad_id,
        "entity_pad_id": entities.special.pad,
        "entity_size": config.entity_size,
        "entity_aware": config.entity_aware,
    }
    return from_mapping(EncoderConfig, values=values, where="start.sizes")


def _luke(directory: Path, *, entities: EntityVocab) -> Bundle:
    """A LUKE that is pretrained further, with the head for it alone."""
    bundle = load_bundle(directory)
    heads = [head for head in bundle.heads if head.entry.config.kind == "masked"]
    if not heads:
        raise ConfigError(
            f"{directory}: has no head for masked words and entities, which is what is pretrained; "
            "start from the model as it was before it was fine-tuned, or from its encoder"
        )
    own, wanted = bundle.entities, entities.with_mask2()
    names = ((v.names(row) for row in range(v.n_ids)) for v in (own, wanted))
    if own.n_ids != wanted.n_ids or any(a != b for a, b in zip(*names, strict=True)):
        raise ConfigError(
            f"{directory}: its {own.n_ids:,} entities are not the {wanted.n_ids:,} of the corpora, "
            f"in their order; build the corpora with --vocab {directory}"
        )
    entry = HeadEntry(name=MASKED, config=heads[0].entry.config)
    return Bundle(
        encoder=bundle.encoder,
        tokenizer=bundle.tokenizer,
        entities=bundle.entities,
        inputs=bundle.inputs,
        heads=(BundleHead(entry, heads[0].module),),
        source=bundle.source,
        base=bundle.base,
    )


def _check_words(bundle: Bundle, *, corpus: Corpus, where: Path) -> None:
    """Raise unless the model's word pieces are those of the corpora, row by row."""
    own, read = bundle.tokenizer, corpus.tokenizer()
    different = next(
        (row for row in range(read.n_words) if own.token(row) != read.token(row)), None
    )
    if own.family != read.family or different is not None:
        row = different or 0
        raise ConfigError(
            f"{corpus.path}: was made with other word pieces than {where} reads (row {row} is "
            f"{read.token(row)!r} there, {own.token(row)!r} here); build it with --tokenizer "
            f"{where}"
        )


@torch.no_grad()
def _copy_positions(encoder: Encoder) -> None:
    """Let a mention stand where its words stand, in the same numbers."""
    first = encoder.words.first_position
    words = encoder.words.positions.weight[first:]
    encoder.entities.positions.weight[: len(words)] = words
