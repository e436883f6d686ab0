"""Entity embeddings that begin as what their titles say."""

# The stubs of torch leave the types of some functions open.
# pyright: reportUnknownMemberType=false

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from openluke.entities.titles import SPECIAL_TITLES
from openluke.entities.vocab import EntityVocab
from openluke.errors import ConfigError
from openluke.model.encoder import Encoder
from openluke.tokenization.tokenizer import WordTokenizer

_MANY = 4096


@torch.no_grad()
def set_title_rows(encoder: Encoder, *, tokenizer: WordTokenizer, entities: EntityVocab) -> None:
    """Let each entity begin as the mean of the word embeddings of its title's pieces.

    The table is narrower than the words: it gets the directions in which the means of titles differ
    most, and its projection leads back along them. Rows are then scaled to the length that random
    ones would have, all by one factor. Special entities stay as they are.

    Args:
        encoder: Of which the entity table and its projection are set.
        tokenizer: Of its words.
        entities: Of its entity table; of an entity with several titles all count.
    """
    config = encoder.config
    means, known = _mean_words(encoder, tokenizer=tokenizer, entities=entities)
    centred = means - means[known].mean(dim=0)
    if config.entity_size > config.hidden_size:
        raise ConfigError(
            f"entity_size is {config.entity_size}: rows from titles have at most as many numbers "
            f"as words have, {config.hidden_size}; take that or less, or entity_rows = 'random'"
        )
    rows = centred
    if encoder.entities.projection is not None:
        _, directions = torch.linalg.eigh(centred[known].T @ centred[known])
        widest = directions.flip(-1)[:, : config.entity_size]  # by what they explain, most first
        signs = widest.gather(0, widest.abs().argmax(dim=0, keepdim=True)).sign()
        widest = widest * signs  # eigenvectors have no sign of their own
        encoder.entities.projection.weight.copy_(widest)
        rows = centred @ widest
    scale = config.initializer_range / rows[known].square().mean().sqrt().clamp_min(1e-12)
    encoder.entities.table.weight[known] = (rows * scale)[known].to(
        encoder.entities.table.weight.dtype
    )


def _mean_words(
    encoder: Encoder, *, tokenizer: WordTokenizer, entities: EntityVocab
) -> tuple[Tensor, Tensor]:
    """The mean word embedding of each entity's titles, and which entities have one.

    *Shapes:* (n_entities, D), (n_entities,).
    """
    table = encoder.words.tokens.weight.float()
    sums = torch.zeros(encoder.config.n_entities, table.shape[1])
    counts = torch.zeros(encoder.config.n_entities)
    every = list(_titles(entities))
    for first in range(0, len(every), _MANY):
        titles = every[first : first + _MANY]
        encodings = tokenizer.encode([[f" {title}"] for _, title in titles], offsets=False)
        lengths = np.array([len(encoding.ids) for encoding in encodings])
        rows = torch.from_numpy(np.array([row for row, _ in titles]).repeat(lengths))
        pieces = torch.tensor([piece for encoding in encodings for piece in encoding.ids])
        if len(pieces):
            sums.index_add_(0, rows, table[pieces])
            counts.index_add_(0, rows, torch.ones(len(rows)))
    return sums / counts.clamp_min(1)[:, None], counts > 0


def _titles(entities: EntityVocab) -> Iterator[tuple[int, str]]:
    """Each title of each entity, without what stands in brackets to tell it from others."""
    for row in range(entities.n_ids):
        for name in entities.names(row):
            if name.title not in SPECIAL_TITLES:
                yield row, name.title.partition(" (")[0] or name.title
