"""The word side of a foreign encoder made ours: markers added, a BERT's positions shifted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from openluke.tokenization.tokenizer import WordTokenizer

MARKER_SOURCES = ("@", "#")
"""The pieces whose vectors ``<ent>`` and ``<ent2>`` start from, as in the released models."""

_BY_WORD = ("words.tokens.weight", "words.bias", "words.decoder.weight")


@dataclass(frozen=True, slots=True)
class WordSide:
    """A tokenizer with markers, and the tensors of encoder and masked head that fit it."""

    tokenizer: WordTokenizer
    encoder: dict[str, Tensor]
    head: dict[str, Tensor]


def adapt_word_side(
    tokenizer: WordTokenizer, *, encoder: Mapping[str, Tensor], head: Mapping[str, Tensor]
) -> WordSide:
    """Add what LUKE needs to the word side of an encoder.

    ``<ent>`` and ``<ent2>`` get the rows after the tokenizer's last piece, as copies of the rows
    of ``@`` and ``#``; a position table that starts at row 0, as BERT's, is shifted so that words
    start at row ``pad_id + 1``.
    """
    encoder = dict(encoder)
    if starts_at_row_zero(tokenizer):
        shifted = shift_positions(encoder["words.positions.weight"], pad_id=tokenizer.pad_id)
        encoder["words.positions.weight"] = shifted
    if tokenizer.has_markers:
        return WordSide(tokenizer, encoder, dict(head))
    sources = marker_sources(tokenizer)
    return WordSide(
        tokenizer.with_markers(),
        _append_rows(encoder, rows=sources, n_words=tokenizer.n_words),
        _append_rows(head, rows=sources, n_words=tokenizer.n_words),
    )


def marker_sources(tokenizer: WordTokenizer) -> list[int]:
    """The rows that those of ``<ent>`` and ``<ent2>`` are copied from."""
    rows = [tokenizer.id(piece) for piece in MARKER_SOURCES]
    return [tokenizer.unk_id if row is None else row for row in rows]


def starts_at_row_zero(tokenizer: WordTokenizer) -> bool:
    """Whether encoders with this tokenizer count word positions from row 0 (BERT's do)."""
    return tokenizer.family == "wordpiece"


def shift_positions(table: Tensor, *, pad_id: int) -> Tensor:
    """A BERT's position table for an encoder that starts counting at row ``pad_id + 1``.

    *Shape:* (P, D) gives (P + pad_id + 1, D); the rows before the first word are zero.
    """
    return torch.cat([table.new_zeros(pad_id + 1, table.shape[1]), table])


def pad_rows(table: Tensor, *, rows: int) -> Tensor:
    """The table with zero rows at its end.

    *Shape:* (P, D) gives (rows, D).
    """
    return torch.cat([table, table.new_zeros(rows - len(table), table.shape[1])])


def _append_rows(
    tensors: Mapping[str, Tensor], *, rows: Sequence[int], n_words: int
) -> dict[str, Tensor]:
    """The tensors with copies of word rows after row ``n_words``; spare rows there are dropped."""
    added = {
        name: torch.cat([tensors[name][:n_words], tensors[name][list(rows)]])
        for name in _BY_WORD
        if name in tensors
    }
    return dict(tensors) | added
