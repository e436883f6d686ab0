"""Entity-aware attention on CPUs: two flash attentions per kind of row, merged by log-sum-exp.

A row attends to words with one query and to entities with another, under one softmax. Flash
attention over the words gives a mean and the logarithm of the softmax's denominator, and so does
flash attention over the entities; the two means, weighted by their denominators, are the result.
No score is ever held for more than a tile, and the backward pass is two flash backward passes that
are told the merged result and the merged denominator.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from openluke.model.layout import Layout, Run


class Queries(NamedTuple):
    """A query for each pair of kinds; those of words are ``None`` when words do not attend.

    *Shape:* (W, H, d) for words, (E, H, d) for entities; H heads of width d.
    """

    word_to_word: Tensor | None
    word_to_entity: Tensor | None
    entity_to_word: Tensor
    entity_to_entity: Tensor


def can_merge(keys: Tensor, *, dropout: float) -> bool:
    """Whether ``merged_attention`` applies to these tensors."""
    return _HAS_FLASH and keys.device.type == "cpu" and dropout == 0.0


def merged_attention(queries: Queries, *, keys: Tensor, values: Tensor, layout: Layout) -> Tensor:
    """Attend with four queries.

    Args:
        queries: One for each pair of kinds.
        keys: *Shape:* (W + E, H, d).
        values: *Shape:* (W + E, H, d).
        layout: Which rows belong together.

    Returns:
        *Shape:* (W + E, H, d), or (E, H, d) when words do not attend.
    """
    return cast("Tensor", _Merged.apply(layout, keys, values, *queries))


class _Block(NamedTuple):
    """The rows of one kind of one run, as dense tables of (sequences, H, rows, d)."""

    run: Run
    rows: slice
    """Where the rows stand in the result."""
    to_words: Tensor
    to_entities: Tensor


class _Merged(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, layout: Layout, keys: Tensor, values: Tensor, *parts: Tensor | None
    ) -> Tensor:
        queries = Queries(*cast("tuple[Tensor, Tensor, Tensor, Tensor]", parts))
        n_rows = len(keys) if queries.word_to_word is not None else layout.n_entities
        found = keys.new_empty((n_rows, *keys.shape[1:]))
        sums = keys.new_empty(found.shape[:2], dtype=torch.promote_types(keys.dtype, torch.float32))
        differentiable = any(ctx.needs_input_grad)
        for block in _blocks(queries, layout=layout):
            n = block.run.n_sequences
            total = _attend(block, keys=keys, values=values, into=_dense(found, block.rows, n))
            if differentiable:
                _dense(sums, block.rows, n).copy_(total())
        if differentiable:
            ctx.layout = layout
            ctx.save_for_backward(keys, values, found, sums, *parts)
        return found

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride] - the decorator's
        ctx: Any, *grad_outputs: Tensor
    ) -> tuple[Tensor | None, ...]:
        (gradient,) = grad_outputs
        keys, values, found, sums, *parts = ctx.saved_tensors
        of_keys, of_values = torch.zeros_like(keys), torch.zeros_like(values)
        of_parts = [None if part is None else torch.zeros_like(part) for part in parts]
        blocks = _blocks(Queries(*parts), layout=ctx.layout)
        of_blocks = _blocks(Queries(*cast("list[Any]", of_parts)), layout=ctx.layout)
        for block, of_block in zip(blocks, of_blocks, strict=True):
            n = block.run.n_sequences
            known = [_dense(x, block.rows, n) for x in (gradient, found, sums)]
            for query, of_query, rows in (
                (block.to_words, of_block.to_words, block.run.word_rows),
                (block.to_entities, of_block.to_entities, block.run.entity_rows),
            ):
                if rows.start == rows.stop:
                    continue
                of_q, of_k, of_v = _flash_backward(
                    known[0], query, _dense(keys, rows, n), _dense(values, rows, n), *known[1:]
                )
                of_query.copy_(of_q)
                _dense(of_keys, rows, n).add_(of_k)
                _dense(of_values, rows, n).add_(of_v)
        return None, of_keys, of_values, *of_parts


def _blocks(queries: Queries, *, layout: Layout) -> Iterator[_Block]:
    """The rows of words, then of entities, run by run."""
    ww, we, ew, ee = queries
    shift = layout.n_words
    if ww is not None and we is not None:
        shift = 0
        for run in layout.runs:
            rows, n = run.word_rows, run.n_sequences
            yield _Block(run, rows, _dense(ww, rows, n), _dense(we, rows, n))
    for run in layout.runs:
        if run.entities:
            place, n = run.entity_rows, run.n_sequences
            own = slice(place.start - layout.n_words, place.stop - layout.n_words)
            rows = slice(place.start - shift, place.stop - shift)
            yield _Block(run, rows, _dense(ew, own, n), _dense(ee, own, n))


def _dense(x: Tensor, rows: slice, n: int) -> Tensor:
    """View rows (n * r, H, …) of a packed tensor as (n, H, r, …)."""
    return x[rows].unflatten(0, (n, -1)).transpose(1, 2)


def _attend(block: _Block, *, keys: Tensor, values: Tensor, into: Tensor) -> Callable[[], Tensor]:
    """Write one block of the result; returns how to compute its log-sum-exp."""
    run, n = block.run, block.run.n_sequences
    found, total = _flash(
        block.to_words, _dense(keys, run.word_rows, n), _dense(values, run.word_rows, n)
    )
    if not run.entities:
        into.copy_(found)
        return lambda: total
    of_entities, entity_total = _flash(
        block.to_entities, _dense(keys, run.entity_rows, n), _dense(values, run.entity_rows, n)
    )
    share = torch.sigmoid(total - entity_total).unsqueeze(-1)
    if into.dtype == share.dtype:
        torch.lerp(of_entities, found, share, out=into)
    else:
        into.copy_(torch.lerp(of_entities.to(share.dtype), found.to(share.dtype), share))
    return lambda: torch.logaddexp(total, entity_total)


def _flash(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    return _operator("")(query, key, value)


def _flash_backward(
    gradient: Tensor, query: Tensor, key: Tensor, value: Tensor, found: Tensor, total: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    return _operator("_backward")(
        gradient, query, key, value, found, total, dropout_p=0.0, is_causal=False
    )


def _operator(suffix: str) -> Any:
    """The private operator, the only public trace of the log-sum-exp on CPUs."""
    return getattr(torch.ops.aten, f"_scaled_dot_product_flash_attention_for_cpu{suffix}")


def _probe() -> bool:
    """Whether this build of torch has the private operators, and they compute what we expect."""
    query, key, value, gradient = torch.linspace(-1, 1, 32, device="cpu").view(4, 1, 1, 2, 4)
    try:
        found, total = _flash(query, key, value)
        of_query, _, _ = _flash_backward(gradient, query, key, value, found, total)
    except (AttributeError, RuntimeError, TypeError, ValueError):
        return False
    scores = query @ key.mT / 2
    weights = scores.softmax(-1)
    of_weights = gradient @ value.mT
    of_scores = weights * (of_weights - (weights * of_weights).sum(-1, keepdim=True))
    return (
        torch.allclose(total, scores.logsumexp(-1), atol=1e-5)
        and torch.allclose(found, weights @ value, atol=1e-5)
        and torch.allclose(of_query, of_scores @ key / 2, atol=1e-5)
    )


_HAS_FLASH = _probe()
