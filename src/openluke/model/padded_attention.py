"""Attention through torch's public operator: any device, any torch, with dropout."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from openluke.model.layout import Layout
from openluke.model.merged_attention import Queries


def plain_attention(
    query: Tensor, *, keys: Tensor, values: Tensor, layout: Layout, dropout: float = 0.0
) -> Tensor:
    """Attend with one query, whatever the kinds.

    Args:
        query: *Shape:* (W + E, H, d), or (E, H, d) when only entities attend.
        keys: *Shape:* (W + E, H, d).
        values: *Shape:* (W + E, H, d).
        layout: Which rows belong together.
        dropout: Share of the attention weights set to zero.

    Returns:
        The shape of ``query``.
    """
    if len(layout) == 1:
        found = functional.scaled_dot_product_attention(
            *(x.unsqueeze(0).transpose(1, 2) for x in (query, keys, values)), dropout_p=dropout
        )
        return found.squeeze(0).transpose(0, 1)
    if len(layout.runs) == 1 or keys.device.type == "cpu":
        return _attend_runs(query, keys=keys, values=values, layout=layout, dropout=dropout)
    return _attend_padded(
        query, keys=keys, values=values, layout=layout, dropout=dropout, scale=None
    )


def doubled_attention(
    queries: Queries, *, keys: Tensor, values: Tensor, layout: Layout, dropout: float = 0.0
) -> Tensor:
    """Attend with four queries, in one ordinary attention of doubled width.

    The two queries of a row stand side by side; the key of a word has zeros beside the query that
    is meant for entities, and the key of an entity beside the one that is meant for words.

    Args:
        queries: One for each pair of kinds.
        keys: *Shape:* (W + E, H, d).
        values: *Shape:* (W + E, H, d).
        layout: Which rows belong together.
        dropout: Share of the attention weights set to zero.

    Returns:
        *Shape:* (W + E, H, d), or (E, H, d) when words do not attend.
    """
    ww, we, ew, ee = queries
    size = keys.shape[-1]
    query = torch.cat([ew, ee], dim=-1)
    if ww is not None and we is not None:
        query = torch.cat([torch.cat([ww, we], dim=-1), query])
    of_words, of_entities = keys.split([layout.n_words, layout.n_entities])
    key = torch.cat([functional.pad(of_words, (0, size)), functional.pad(of_entities, (size, 0))])
    if keys.device.type == "cpu" and dropout == 0.0:
        # CPUs have a fused kernel only for values as wide as the keys.
        values = functional.pad(values, (0, size))
    found = _attend_padded(
        query,
        keys=key,
        values=values,
        layout=layout,
        dropout=dropout,
        scale=1 / math.sqrt(size),
    )
    return found[..., :size]


def _attend_runs(
    query: Tensor, *, keys: Tensor, values: Tensor, layout: Layout, dropout: float
) -> Tensor:
    """One unmasked attention for each run of sequences of equal shape."""
    only_entities = len(query) < len(keys)
    runs = layout.runs
    words = [run.n_sequences * run.words for run in runs]
    entities = [run.n_sequences * run.entities for run in runs]
    parts = query.split(entities if only_entities else words + entities)
    all_keys, all_values = keys.split(words + entities), values.split(words + entities)
    found: list[list[Tensor]] = []
    for i, run in enumerate(runs):
        if only_entities and not run.entities:
            continue
        pick = (i, i + len(runs)) if run.entities else (i,)
        asking = (i,) if only_entities else pick
        attended = functional.scaled_dot_product_attention(
            *(
                _join([source[j] for j in places], n=run.n_sequences)
                for source, places in ((parts, asking), (all_keys, pick), (all_values, pick))
            ),
            dropout_p=dropout,
        )
        sizes = [len(parts[j]) // run.n_sequences for j in asking]
        found.append([x.flatten(0, 1) for x in attended.transpose(1, 2).split(sizes, dim=1)])
    return torch.cat([one[k] for k in range(2) for one in found if k < len(one)])


def _join(parts: list[Tensor], *, n: int) -> Tensor:
    """Words and entities (n * r, H, d) of a run as one table (n, H, rows, d)."""
    tables = [part.unflatten(0, (n, -1)) for part in parts]
    return (tables[0] if len(tables) == 1 else torch.cat(tables, dim=1)).transpose(1, 2)


def _attend_padded(
    query: Tensor,
    *,
    keys: Tensor,
    values: Tensor,
    layout: Layout,
    dropout: float,
    scale: float | None,
) -> Tensor:
    """One masked attention over a padded table of all sequences."""
    slots, mask, n, width = layout.padding(keys.device)
    asking = slots[-len(query) :] if len(query) < len(keys) else slots

    def pad(rows: Tensor, places: Tensor) -> Tensor:
        table = rows.new_zeros((n * width, *rows.shape[1:]))
        return table.index_copy(0, places, rows).unflatten(0, (n, width)).transpose(1, 2)

    found = functional.scaled_dot_product_attention(
        pad(query, asking),
        pad(keys, slots),
        pad(values, slots),
        attn_mask=mask,
        dropout_p=dropout,
        scale=scale,
    )
    return found.transpose(1, 2).flatten(0, 1)[asking]
