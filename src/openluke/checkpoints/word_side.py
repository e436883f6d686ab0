"""The word side of a foreign encoder made ours: markers added, a BERT's positions shifted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from openluke.checkpoints.assembly import NameInFile, check_tables
from openluke.errors import CheckpointError
from openluke.tokenization.tokenizer import WordTokenizer

Base = Literal["roberta", "bert"]
"""Whose word side an encoder has: RoBERTa's (XLM-R's, CamemBERT's), or BERT's, which counts word
positions from row 0 and has other names for its masked-word head."""

MARKER_SOURCES = ("@", "#")
"""The pieces whose vectors ``<ent>`` and ``<ent2>`` start from, as in the released models."""

_TABLES = ("words.tokens.weight", "words.positions.weight", "words.types.weight")
_BY_WORD = ("words.tokens.weight", "words.bias", "words.decoder.weight")


@dataclass(frozen=True, slots=True)
class WordSide:
    """A tokenizer with markers, and the tensors of encoder and masked head that fit it."""

    tokenizer: WordTokenizer
    encoder: dict[str, Tensor]
    head: dict[str, Tensor]


def adapt_word_side(
    tokenizer: WordTokenizer,
    *,
    encoder: Mapping[str, Tensor],
    head: Mapping[str, Tensor],
    base: Base,
    where: str,
    names: NameInFile,
) -> WordSide:
    """Add what LUKE needs to the word side of an encoder.

    ``<ent>`` and ``<ent2>`` get the rows after the tokenizer's last piece, as copies of the rows
    of ``@`` and ``#``; a BERT's position table, which starts at row 0, is shifted so that words
    start at row ``pad_id + 1``.
    """
    encoder = dict(encoder)
    check_tables(encoder, tables=_TABLES, where=where, names=names)
    _check_rows(encoder | dict(head), tokenizer=tokenizer, where=where, names=names)
    if base == "bert":
        shifted = shift_positions(encoder["words.positions.weight"], pad_id=tokenizer.pad_id)
        encoder["words.positions.weight"] = shifted
    if tokenizer.has_markers:
        return WordSide(tokenizer, encoder, dict(head))
    sources = marker_sources(tokenizer)
    return WordSide(
        tokenizer.with_markers(),
        append_rows(encoder, rows=sources, n_words=tokenizer.n_words),
        append_rows(head, rows=sources, n_words=tokenizer.n_words),
    )


def marker_sources(tokenizer: WordTokenizer) -> list[int]:
    """The rows that those of ``<ent>`` and ``<ent2>`` are copied from."""
    rows = [tokenizer.id(piece) for piece in MARKER_SOURCES]
    return [tokenizer.unk_id if row is None else row for row in rows]


def shift_positions(table: Tensor, *, pad_id: int) -> Tensor:
    """A BERT's position table for an encoder that starts counting at row ``pad_id + 1``.

    *Shape:* (P, D) gives (P + pad_id + 1, D); the rows before the first word are zero.
    """
    return torch.cat([table.new_zeros(pad_id + 1, table.shape[1]), table])


def pad_rows(table: Tensor, *, rows: int) -> Tensor:
    """The table with zero rows at its end.

    *Shape:* (P, D) gives (rows, D); (P, D) where it has as many rows already.
    """
    if len(table) >= rows:
        return table
    return torch.cat([table, table.new_zeros(rows - len(table), table.shape[1])])


def _check_rows(
    tensors: Mapping[str, Tensor], *, tokenizer: WordTokenizer, where: str, names: NameInFile
) -> None:
    for name in _BY_WORD:
        rows = len(torch.atleast_1d(tensors[name])) if name in tensors else tokenizer.n_words
        if rows < tokenizer.n_words:
            raise CheckpointError(
                f"{where}: {names(name)} has {rows} rows but the tokenizer has {tokenizer.n_words} "
                "pieces: they do not belong together"
            )


def append_rows(
    tensors: Mapping[str, Tensor], *, rows: Sequence[int], n_words: int
) -> dict[str, Tensor]:
    """The tensors with copies of word rows after row ``n_words``; spare rows there are dropped.

    Args:
        tensors: Those of an encoder or of a masked-word head; what has no rows by word stays.
        rows: What is copied.
        n_words: How many rows the tokenizer has.
    """
    added = {
        name: torch.cat([tensors[name][:n_words], tensors[name][list(rows)]])
        for name in _BY_WORD
        if name in tensors
    }
    return dict(tensors) | added
