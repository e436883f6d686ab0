"""How much a training pass must compute: the multiplications and additions of its matrix products.

Only what is useful counts: rows that are there, without padding; scores that are asked for; every
product once, though less memory may be bought by computing some again. Look-ups, normalisations,
activations, the pooler and adapters are left out, which are small beside the rest.

The gradient of a product's inputs costs what the product costs, if something below is learnt, and
so does that of its weights, if they are: frozen layers above learnt embeddings cost two passes,
learnt ones three.
"""

from typing import NamedTuple

from torch import nn

from openluke.model.encoder import Encoder
from openluke.model.layers import Layer
from openluke.model.layout import Layout
from openluke.model.masked_head import MaskedHead, Prediction


class _Rows(NamedTuple):
    """How many rows and pairs of them are read."""

    words: int
    entities: int
    words_beside_entities: int
    """Words of inputs that have entities, which they attend to by another query."""
    pairs: int
    """Of an attending and an attended row."""

    @property
    def all(self) -> int:
        return self.words + self.entities


def encoder_flops(encoder: Encoder, *, layout: Layout) -> int:
    """What a forward and a backward pass of an encoder in training compute.

    Args:
        encoder: The encoder; which of its parameters need gradients counts.
        layout: How many words and entities it reads of each input.
    """
    rows, config, learns = _rows(layout), encoder.config, _embeddings_learn(encoder, layout=layout)
    total = 0
    if rows.entities and encoder.entities.projection is not None:
        total += _product(
            encoder.entities.projection,
            rows=rows.entities,
            size=config.entity_size * config.hidden_size,
            below=_learns(encoder.entities.table),
        )
    for layer in encoder.layers:
        assert isinstance(layer, Layer)
        total += _layer_flops(layer, encoder=encoder, rows=rows, below=learns)
        learns = learns or _learns(layer)
    return total


def masked_flops(
    head: MaskedHead,
    *,
    encoder: Encoder,
    layout: Layout,
    word_rows: int,
    entity_rows: int,
    n_words: int | None = None,
    n_entities: int | None = None,
) -> int:
    """What a forward and a backward pass of the head for masked rows compute.

    Args:
        head: The head.
        encoder: What it stands on.
        layout: What the encoder reads.
        word_rows: How many words are predicted.
        entity_rows: How many entities are predicted.
        n_words: Among how many words; among all by default.
        n_entities: Among how many entities, such as those of a sample; among all by default.
    """
    below = _embeddings_learn(encoder, layout=layout) or _learns(encoder.layers)
    among = head.n_words if n_words is None else n_words
    total = _prediction_flops(head.words, rows=word_rows, n_scored=among, below=below)
    if head.entities is None:
        return total
    among = head.n_entities if n_entities is None else n_entities
    of_entities = _prediction_flops(head.entities, rows=entity_rows, n_scored=among, below=below)
    return total + of_entities


def _layer_flops(layer: Layer, *, encoder: Encoder, rows: _Rows, below: bool) -> int:
    config, attention = encoder.config, layer.attention
    square, wide = config.hidden_size**2, config.hidden_size * config.feed_forward_size
    inputs: list[tuple[nn.Module, int]] = [(attention.key, rows.all), (attention.value, rows.all)]
    if attention.entity_aware and rows.entities:
        inputs += [
            (attention.query, rows.words),
            (attention.word_to_entity_query, rows.words_beside_entities),
            (attention.entity_to_word_query, rows.entities),
            (attention.entity_to_entity_query, rows.entities),
        ]
    else:
        inputs += [(attention.query, rows.all)]
    total = sum(_product(one, rows=n, size=square, below=below) for one, n in inputs)
    below = below or any(_learns(one) for one, _ in inputs)
    # scores and means: two products, of which both sides have gradients
    total += 2 * 2 * rows.pairs * config.hidden_size * (3 if below else 1)
    feed_forward = layer.feed_forward
    for module, size, norm in (
        (attention.output, square, layer.attention_norm),
        (feed_forward.inner, wide, None),
        (feed_forward.outer, wide, None),
    ):
        total += _product(module, rows=rows.all, size=size, below=below)
        below = below or _learns(module) or (norm is not None and _learns(norm))
    return total


def _prediction_flops(prediction: Prediction, *, rows: int, n_scored: int, below: bool) -> int:
    dense = prediction.dense
    total = _product(dense, rows=rows, size=dense.in_features * dense.out_features, below=below)
    below = below or _learns(dense) or _learns(prediction.norm)
    passes = 1 + below + prediction.table.requires_grad
    return total + 2 * rows * dense.out_features * n_scored * passes


def _product(module: nn.Module, *, rows: int, size: int, below: bool) -> int:
    """A linear layer with so many weights; ``below`` says whether its inputs have gradients."""
    weight = module.weight
    return 2 * rows * size * (1 + below + bool(weight.requires_grad))


def _embeddings_learn(encoder: Encoder, *, layout: Layout) -> bool:
    return _learns(encoder.words) or (layout.n_entities > 0 and _learns(encoder.entities))


def _learns(module: nn.Module) -> bool:
    return any(parameter.requires_grad for parameter in module.parameters())


def _rows(layout: Layout) -> _Rows:
    counts = list(zip(layout.word_counts, layout.entity_counts, strict=True))
    return _Rows(
        words=layout.n_words,
        entities=layout.n_entities,
        words_beside_entities=sum(words for words, entities in counts if entities),
        pairs=sum((words + entities) ** 2 for words, entities in counts),
    )
