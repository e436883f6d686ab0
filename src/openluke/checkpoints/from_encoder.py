"""Starting a LUKE from a plain encoder: RoBERTa, XLM-R or BERT."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from openluke.checkpoints.assembly import fill
from openluke.checkpoints.bundle import Bundle, BundleHead
from openluke.checkpoints.bundle_config import HeadEntry
from openluke.checkpoints.layout_tables import (
    BUFFERS,
    MASKED_BERT,
    MASKED_ROBERTA,
    ORIGINAL_ENCODER,
)
from openluke.checkpoints.renames import rename_to_ours
from openluke.checkpoints.transformers_config import (
    fitting_stride,
    read_encoder_config,
    read_json,
)
from openluke.checkpoints.transformers_layout import add_queries, untie
from openluke.checkpoints.weights import check_finite, read_weights
from openluke.checkpoints.word_side import Base, WordSide, adapt_word_side
from openluke.entities.vocab import EntityVocab
from openluke.errors import CheckpointError
from openluke.model.config import EncoderConfig, HeadConfig
from openluke.model.encoder import Encoder
from openluke.model.heads import build_head
from openluke.tokenization.entity_inputs import EntityInputsConfig
from openluke.tokenization.tokenizer import WordTokenizer

_LOGGER = logging.getLogger(__name__)
_BASES: dict[str, Base] = {
    "roberta": "roberta",
    "xlm-roberta": "roberta",
    "camembert": "roberta",
    "bert": "bert",
}
"""What ``model_type`` in config.json says about the word side."""
_PREFIXES = ("roberta.", "bert.", "xlm_roberta.")
_LEGACY_LEAVES = {"gamma": "weight", "beta": "bias"}
_SKIPPED = ("cls.seq_relationship.",)
"""BERT's next-sentence head, which LUKE has no use for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FromEncoderConfig:
    """What a new LUKE is to have beside the encoder it starts from."""

    entity_size: int = 256
    """Width of the entity embeddings."""
    entity_aware: bool = False
    """Four query types from the start; published models are pretrained with one."""
    n_entity_types: int = 1
    """Rows of the entity type table."""
    seed: int = 0
    """Of the random start of the entity side."""


def from_encoder(
    directory: Path, *, vocab: EntityVocab | None = None, options: FromEncoderConfig | None = None
) -> Bundle:
    """Make an untrained LUKE of the encoder in a RoBERTa, XLM-R or BERT directory.

    Words and layers are the encoder's; the entity side starts at random, and so does the
    masked-word head where the encoder comes without one, which is logged and said in ``source``.
    Without an entity vocabulary the model has the special entities alone.
    """
    options = options or FromEncoderConfig()
    vocab = (vocab or EntityVocab.build([])).with_mask2()
    values = read_json(directory / "config.json")
    base = _read_base(values, where=directory)
    words = _read_words(directory, base=base)
    config = _config(values, words=words, vocab=vocab, options=options, where=str(directory))
    encoder, head = _start(config, words=words, base=base, seed=options.seed, where=str(directory))
    return Bundle(
        encoder=encoder,
        tokenizer=words.tokenizer,
        entities=vocab,
        inputs=EntityInputsConfig(
            max_words=config.max_words, stride=fitting_stride(config.max_words)
        ),
        heads=(head,),
        source=_source(values, words=words, where=directory),
        base=base,
    )


def _read_base(values: Mapping[str, Any], *, where: Path) -> Base:
    kind = values.get("model_type")
    if kind == "luke":
        raise CheckpointError(
            f"{where}: is a LUKE already; load it as it is, or start one from the RoBERTa, XLM-R "
            "or BERT that it was made of"
        )
    if not isinstance(kind, str) or kind not in _BASES:
        raise CheckpointError(
            f"{where}: model_type in config.json is {kind!r}, expected one of {', '.join(_BASES)}"
        )
    return _BASES[kind]


def _source(values: Mapping[str, Any], *, words: WordSide, where: Path) -> str:
    name = str(values.get("_name_or_path") or where.name)
    if _has_word_head(words):
        return name
    _LOGGER.warning("%s: has no masked-word head; a new one starts at random", where)
    return f"{name} (it had no masked-word head: that starts at random)"


def _has_word_head(words: WordSide) -> bool:
    return any(name.startswith("words.") for name in words.head)


def _read_words(directory: Path, *, base: Base) -> WordSide:
    """The word side of the encoder under our names, with markers."""
    read = read_weights(directory)
    check_finite(read, where=directory)
    tensors = _plain_names(read)
    encoder = rename_to_ours(tensors, table=ORIGINAL_ENCODER)
    table = MASKED_BERT if base == "bert" else MASKED_ROBERTA
    head = rename_to_ours(encoder.unknown, table=table)
    unknown = [name for name in head.unknown if not name.startswith(_SKIPPED)]
    if unknown:
        raise CheckpointError(
            f"{directory}: tensors that no RoBERTa, XLM-R or BERT encoder has: "
            f"{', '.join(unknown[:6])}; expected its plain or masked-word checkpoint"
        )
    return adapt_word_side(
        WordTokenizer.read(directory),
        encoder={ours: tensors[theirs] for theirs, ours in encoder.names.items()},
        head={ours: tensors[theirs] for theirs, ours in head.names.items()},
        base=base,
        where=str(directory),
        names=ORIGINAL_ENCODER.known_as,
    )


def _plain_names(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Names without a model's prefix, old names of layer norms made new, buffers left out."""
    plain: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        for prefix in _PREFIXES:
            name = name.removeprefix(prefix)  # noqa: PLW2901
        module, _, leaf = name.rpartition(".")
        if name not in BUFFERS:
            plain[f"{module}.{_LEGACY_LEAVES.get(leaf, leaf)}"] = tensor.float()
    return plain


def _config(
    values: Mapping[str, Any],
    *,
    words: WordSide,
    vocab: EntityVocab,
    options: FromEncoderConfig,
    where: str,
) -> EncoderConfig:
    sizes = {
        "vocab_size": len(words.encoder["words.tokens.weight"]),
        "max_position_embeddings": len(words.encoder["words.positions.weight"]),
        "type_vocab_size": len(words.encoder["words.types.weight"]),
    }
    config = read_encoder_config(
        {"layer_norm_eps": 1e-12}  # BERT's and RoBERTa's own default
        | dict(values)
        | sizes
        | {
            "entity_vocab_size": vocab.n_ids,
            "entity_emb_size": options.entity_size,
            "pad_token_id": words.tokenizer.pad_id,
            "use_entity_aware_attention": options.entity_aware,
        },
        entity_pad_id=vocab.special.pad,
        where=where,
    )
    return replace(config, n_entity_types=options.n_entity_types)


def _start(
    config: EncoderConfig, *, words: WordSide, base: Base, seed: int, where: str
) -> tuple[Encoder, BundleHead]:
    """The encoder's weights where it has them, a random start under the seed elsewhere."""
    generator = torch.Generator().manual_seed(seed)
    encoder = Encoder(config, generator=generator)
    head_config = HeadConfig(kind="masked")
    head = build_head(head_config, encoder=encoder, generator=generator)
    fresh = _fresh(encoder.state_dict(), given=words.encoder, parts=("entities", "pooler"))
    given = _with_queries(words.encoder, config=config)
    fill(encoder, tensors=fresh | given, where=where, names=ORIGINAL_ENCODER.known_as)
    tied, own = untie(words.head, encoder=encoder.state_dict())
    if not tied:
        raise CheckpointError(
            f"{where}: the masked-word head does not share the word embeddings; expected tied ones"
        )
    fresh = _fresh(head.state_dict(), given=own, parts=("entities", "words"))
    table = MASKED_BERT if base == "bert" else MASKED_ROBERTA
    where = f"{where}: masked-word head"
    fill(head, tensors=fresh | own, where=where, names=table.known_as)
    return encoder, BundleHead(HeadEntry(name="masked", config=head_config), head)


def _fresh(
    random: Mapping[str, Tensor], *, given: Mapping[str, Tensor], parts: tuple[str, ...]
) -> dict[str, Tensor]:
    """The random tensors of those parts of which nothing is given: a part is whole or not there."""
    there = {name.split(".")[0] for name in given}
    absent = {part for part in parts if part not in there}
    return {name: value for name, value in random.items() if name.split(".")[0] in absent}


def _with_queries(tensors: Mapping[str, Tensor], *, config: EncoderConfig) -> dict[str, Tensor]:
    return add_queries(tensors) if config.entity_aware else dict(tensors)
