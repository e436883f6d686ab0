"""Pairs of models with the same random weights: one of transformers, one of ours."""

import re
from dataclasses import dataclass
from typing import Any

import torch
import transformers
from torch import Tensor, nn
from transformers import LukeConfig

from openluke.model.batch import Batch
from openluke.model.config import EncoderConfig, HeadConfig
from openluke.model.encoder import Encoder
from openluke.model.heads import build_head

WORDS, ENTITIES, TYPES, POSITIONS, PAD = 60, 20, 2, 40, 1

NAMES = [
    (r"^(luke\.)?embeddings\.word_embeddings\.", "words.tokens."),
    (r"^(luke\.)?embeddings\.position_embeddings\.", "words.positions."),
    (r"^(luke\.)?embeddings\.token_type_embeddings\.", "words.types."),
    (r"^(luke\.)?embeddings\.LayerNorm\.", "words.norm."),
    (r"^(luke\.)?entity_embeddings\.entity_embeddings\.", "entities.table."),
    (r"^(luke\.)?entity_embeddings\.entity_embedding_dense\.", "entities.projection."),
    (r"^(luke\.)?entity_embeddings\.position_embeddings\.", "entities.positions."),
    (r"^(luke\.)?entity_embeddings\.token_type_embeddings\.", "entities.types."),
    (r"^(luke\.)?entity_embeddings\.LayerNorm\.", "entities.norm."),
    (r"^(luke\.)?encoder\.layer\.", "layers."),
    (r"^(luke\.)?pooler\.dense\.", "pooler."),
    (r"attention\.self\.", "attention."),
    (r"w2e_query", "word_to_entity_query"),
    (r"e2w_query", "entity_to_word_query"),
    (r"e2e_query", "entity_to_entity_query"),
    (r"attention\.output\.dense\.", "attention.output."),
    (r"attention\.output\.LayerNorm\.", "attention_norm."),
    (r"intermediate\.dense\.", "feed_forward.inner."),
    (r"(layers\.\d+)\.output\.dense\.", r"\1.feed_forward.outer."),
    (r"(layers\.\d+)\.output\.LayerNorm\.", r"\1.feed_forward_norm."),
    (r"^lm_head\.layer_norm\.", "head.words.norm."),
    (r"^lm_head\.decoder\.bias", "head.words.bias"),
    (r"^lm_head\.", "head.words."),
    (r"^entity_predictions\.transform\.LayerNorm\.", "head.entities.norm."),
    (r"^entity_predictions\.transform\.", "head.entities."),
    (r"^entity_predictions\.", "head.entities."),
    (r"^(classifier|qa_outputs)\.", "head.classifier."),
]
"""Names of transformers, rewritten step by step; what starts with ``head.`` is the head's."""


def our_name(name: str) -> str:
    for pattern, replacement in NAMES:
        name = re.sub(pattern, replacement, name)
    return name


@dataclass
class Twins:
    """The same model twice."""

    theirs: nn.Module
    encoder: Encoder
    head: Any
    config: EncoderConfig

    def run_theirs(self, inputs: dict[str, Tensor], **labels: Tensor) -> Any:
        return self.theirs(**inputs, **labels)

    def run_ours(self, inputs: dict[str, Tensor]) -> tuple[Any, Batch]:
        batch = to_batch(inputs)
        output = self.encoder(batch, last_rows=getattr(self.head, "last_rows", "all"))
        return (output if self.head is None else self.head(output, batch)), batch

    def gradients(self) -> dict[str, tuple[Tensor, Tensor]]:
        """Gradients of equal parameters: theirs, ours; zeros where none came."""
        ours = dict(self.encoder.named_parameters())
        if self.head is not None:
            ours |= {f"head.{name}": p for name, p in self.head.named_parameters()}
        pairs = {}
        for name, parameter in self.theirs.named_parameters():
            mine = ours[our_name(name)]
            pairs[our_name(name)] = tuple(
                torch.zeros_like(p) if p.grad is None else p.grad for p in (parameter, mine)
            )
        return pairs


def make_twins(
    architecture: str,
    *,
    kind: str | None,
    entity_aware: bool = True,
    entity_size: int = 12,
    seed: int = 0,
    n_labels: int = 3,
    words: int = WORDS,
    entities: int = ENTITIES,
    **head: Any,
) -> Twins:
    torch.manual_seed(seed)
    theirs = getattr(transformers, architecture)(
        LukeConfig(
            vocab_size=words,
            entity_vocab_size=entities,
            hidden_size=32,
            entity_emb_size=entity_size,
            num_hidden_layers=3,
            num_attention_heads=4,
            intermediate_size=64,
            max_position_embeddings=POSITIONS,
            type_vocab_size=TYPES,
            use_entity_aware_attention=entity_aware,
            pad_token_id=PAD,
            bos_token_id=0,
            eos_token_id=2,
            num_labels=n_labels,
            attn_implementation="eager",
        )
    ).eval()
    _randomise(theirs)
    config = EncoderConfig(
        n_words=words,
        n_entities=entities,
        hidden_size=32,
        entity_size=entity_size,
        n_layers=3,
        n_heads=4,
        feed_forward_size=64,
        n_positions=POSITIONS,
        n_word_types=TYPES,
        n_entity_types=TYPES,
        entity_aware=entity_aware,
        pooler=getattr(getattr(theirs, "luke", theirs), "pooler", None) is not None,
        layer_norm_eps=theirs.config.layer_norm_eps,
    )
    encoder = Encoder(config).eval()
    built = None
    if kind is not None:
        built = build_head(HeadConfig(kind=kind, n_labels=n_labels, **head), encoder=encoder).eval()
    _copy(theirs, encoder=encoder, head=built)
    return Twins(theirs, encoder, built, config)


def make_inputs(
    *, n: int = 3, words: int = 12, entities: int = 4, mention: int = 3, seed: int = 0
) -> dict[str, Tensor]:
    """Padded tensors: lengths differ, some entities have no place, some mentions share words."""
    rng = torch.Generator().manual_seed(seed)
    lengths = torch.randint(4, words + 1, (n,), generator=rng)
    lengths[0] = words
    word_ids = torch.randint(3, WORDS, (n, words), generator=rng)
    mask = (torch.arange(words) < lengths[:, None]).long()
    inputs = {
        "input_ids": torch.where(mask == 1, word_ids, PAD),
        "attention_mask": mask,
        "token_type_ids": torch.randint(0, TYPES, (n, words), generator=rng) * mask,
    }
    if not entities:
        return inputs
    counts = torch.randint(2, entities + 1, (n,), generator=rng)
    counts[-1] = entities
    entity_mask = (torch.arange(entities) < counts[:, None]).long()
    start = (torch.rand(n, entities, generator=rng) * (lengths[:, None] - mention)).long()
    span = torch.randint(1, mention + 1, (n, entities), generator=rng)
    places = start[..., None] + torch.arange(mention)
    places = torch.where(torch.arange(mention) < span[..., None], places, -1)
    places[0, 1] = -1
    return inputs | {
        "entity_ids": torch.randint(1, ENTITIES, (n, entities), generator=rng) * entity_mask,
        "entity_attention_mask": entity_mask,
        "entity_token_type_ids": torch.randint(0, TYPES, (n, entities), generator=rng)
        * entity_mask,
        "entity_position_ids": torch.where(entity_mask[..., None] == 1, places, -1),
    }


def add_ends(inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same inputs with the mention ends that the span head of transformers asks for."""
    places = inputs["entity_position_ids"]
    last = places.max(-1).values.clamp(min=0)
    first = torch.where(places == -1, 10**6, places).min(-1).values
    first = torch.where(first == 10**6, 0, first)
    return inputs | {"entity_start_positions": first, "entity_end_positions": last}


def to_batch(inputs: dict[str, Tensor]) -> Batch:
    names = {
        "attention_mask": "word_mask",
        "token_type_ids": "word_types",
        "entity_ids": "entity_ids",
        "entity_attention_mask": "entity_mask",
        "entity_position_ids": "entity_positions",
        "entity_token_type_ids": "entity_types",
        "entity_start_positions": "entity_start",
        "entity_end_positions": "entity_end",
    }
    given = {ours: inputs[theirs] for theirs, ours in names.items() if theirs in inputs}
    return Batch.from_padded(inputs["input_ids"], word_pad_id=PAD, **given)


def tie(twins: Twins) -> Twins:
    """Tie the decoders of LukeForMaskedLM, as before transformers 5 and in every released model."""
    theirs = twins.theirs
    theirs.lm_head.decoder.weight = theirs.luke.embeddings.word_embeddings.weight
    theirs.entity_predictions.decoder.weight = (
        theirs.luke.entity_embeddings.entity_embeddings.weight
    )
    theirs.lm_head.decoder.bias = theirs.lm_head.bias
    twins.head.words.bias.data.copy_(theirs.lm_head.bias)
    return twins


@torch.no_grad()
def _randomise(model: nn.Module) -> None:
    """Random values everywhere, padding rows and biases included, so that nothing hides."""
    for name, parameter in model.named_parameters():
        parameter.normal_(1.0 if "ayer" in name and name.endswith("orm.weight") else 0.0, 0.15)


def _copy(theirs: nn.Module, *, encoder: Encoder, head: nn.Module | None) -> None:
    state = {our_name(name): tensor for name, tensor in theirs.state_dict().items()}
    of_head = {k.removeprefix("head."): v for k, v in state.items() if k.startswith("head.")}
    encoder.load_state_dict({k: v for k, v in state.items() if not k.startswith("head.")})
    if head is not None:
        if head.config.kind == "masked" and head.config.tied:
            of_head = {k: v for k, v in of_head.items() if not k.endswith("decoder.weight")}
        head.load_state_dict(of_head)
