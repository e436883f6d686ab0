"""Starting a LUKE from a plain encoder: RoBERTa, XLM-R or BERT."""

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
from openluke.checkpoints.weights import read_weights
from openluke.checkpoints.word_side import WordSide, adapt_word_side
from openluke.entities.vocab import EntityVocab
from openluke.errors import CheckpointError
from openluke.model.config import EncoderConfig, HeadConfig
from openluke.model.encoder import Encoder
from openluke.model.heads import build_head
from openluke.tokenization.entity_inputs import EntityInputsConfig
from openluke.tokenization.tokenizer import WordTokenizer

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

    Words, layers and the masked-word head are the encoder's; the entity side starts at random.
    Without an entity vocabulary it has the special entities alone.
    """
    options = options or FromEncoderConfig()
    vocab = (vocab or EntityVocab.build([])).with_mask2()
    values = read_json(directory / "config.json")
    if "num_hidden_layers" not in values or "hidden_size" not in values:
        raise CheckpointError(
            f"{directory}: config.json describes no BERT-like encoder (model_type "
            f"{values.get('model_type')!r}); expected a RoBERTa, XLM-R or BERT directory"
        )
    words = _read_words(directory)
    config = _config(values, words=words, vocab=vocab, options=options, where=str(directory))
    encoder, head = _start(config, words=words, seed=options.seed, where=str(directory))
    return Bundle(
        encoder=encoder,
        tokenizer=words.tokenizer,
        entities=vocab,
        inputs=EntityInputsConfig(
            max_words=config.max_words, stride=fitting_stride(config.max_words)
        ),
        heads=(head,),
        source=str(values.get("_name_or_path") or directory.name),
    )


def _read_words(directory: Path) -> WordSide:
    """The word side of the encoder under our names, with markers."""
    tensors = _plain_names(read_weights(directory))
    encoder = rename_to_ours(tensors, table=ORIGINAL_ENCODER)
    is_bert = any(name.startswith("cls.") for name in encoder.unknown)
    head = rename_to_ours(encoder.unknown, table=MASKED_BERT if is_bert else MASKED_ROBERTA)
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
    tables = {
        key: words.encoder.get(f"words.{name}.weight")
        for key, name in (
            ("vocab_size", "tokens"),
            ("max_position_embeddings", "positions"),
            ("type_vocab_size", "types"),
        )
    }
    missing = [key for key, table in tables.items() if table is None]
    if missing:
        raise CheckpointError(f"{where}: no word embeddings among the weights ({missing})")
    sizes = {key: len(table) for key, table in tables.items() if table is not None}
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
    config: EncoderConfig, *, words: WordSide, seed: int, where: str
) -> tuple[Encoder, BundleHead]:
    """The encoder's weights where it has them, a random start under the seed elsewhere."""
    generator = torch.Generator().manual_seed(seed)
    encoder = Encoder(config, generator=generator)
    head_config = HeadConfig(kind="masked")
    head = build_head(head_config, encoder=encoder, generator=generator)
    random = encoder.state_dict()
    fresh = {name: value for name, value in random.items() if _may_be_fresh(name)}
    fill(encoder, tensors=fresh | _with_queries(words.encoder, config=config), where=where)
    tied, own = untie(words.head, encoder=encoder.state_dict())
    if not tied:
        raise CheckpointError(
            f"{where}: the masked-word head does not share the word embeddings; expected tied ones"
        )
    fill(head, tensors=dict(head.state_dict()) | own, where=where)
    return encoder, BundleHead(HeadEntry(name="masked", config=head_config), head)


def _may_be_fresh(name: str) -> bool:
    return name.startswith(("entities.", "pooler."))


def _with_queries(tensors: Mapping[str, Tensor], *, config: EncoderConfig) -> dict[str, Tensor]:
    return add_queries(tensors) if config.entity_aware else dict(tensors)
