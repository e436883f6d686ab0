"""Inputs of span-based NER: every stretch of up to 16 words is an entity to be classified."""

import torch

from benchmarks.speed.luke_base import MASK_ENTITY, N_WORDS, Inputs

LONGEST_SPAN, MENTION_POSITIONS = 16, 30
BOS, EOS, FIRST_WORD = 0, 2, 3


def all_spans(n_words: int) -> list[tuple[int, int]]:
    """Half-open spans of words."""
    return [
        (start, end)
        for start in range(n_words)
        for end in range(start + 1, min(n_words, start + LONGEST_SPAN) + 1)
    ]


def ner_inputs(n_words: int, *, chunks: list[list[tuple[int, int]]]) -> Inputs:
    """One text, given once for every chunk of spans; each word is one piece.

    Chunks must be equally long.
    """
    rng = torch.Generator().manual_seed(n_words)
    words = torch.randint(FIRST_WORD, N_WORDS, (n_words,), generator=rng)
    row = torch.cat([torch.tensor([BOS]), words, torch.tensor([EOS])])
    # The first word stands at position 1, behind the opening token.
    start = torch.tensor([[first + 1 for first, _ in chunk] for chunk in chunks])
    end = torch.tensor([[last for _, last in chunk] for chunk in chunks])
    places = start[..., None] + torch.arange(MENTION_POSITIONS)
    word_ids = row.expand(len(chunks), -1).contiguous()
    return {
        "input_ids": word_ids,
        "attention_mask": torch.ones_like(word_ids),
        "entity_ids": torch.full_like(start, MASK_ENTITY),
        "entity_attention_mask": torch.ones_like(start),
        "entity_position_ids": torch.where(places <= end[..., None], places, -1),
        "entity_start_positions": start,
        "entity_end_positions": end,
    }
