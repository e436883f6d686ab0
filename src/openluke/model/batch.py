"""Tensors of one batch, packed: all words of all sequences, then all entities, no padding."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import torch
from torch import Tensor

from openluke.errors import ConfigError, DataError
from openluke.features import Features
from openluke.model.collation import Columns, Extent, columns_of_features, columns_of_padded
from openluke.model.config import EncoderConfig
from openluke.model.groups import check_choices, check_pairs
from openluke.model.layout import Layout
from openluke.model.padded_tensors import arrays_of_padded


class PaddedShape(NamedTuple):
    """Sizes of the padded tables that outputs can be written back to."""

    sequences: int
    words: int
    entities: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """One batch for the encoder.

    Sizes: W word rows and E entity rows in all, B sequences, T positions of all mentions.
    """

    layout: Layout
    """How many words and entities each sequence has."""
    word_ids: Tensor
    """*Shape:* (W,)."""
    word_positions: Tensor
    """*Shape:* (W,). Index of each word in its sequence; -1 stands for the padding row."""
    word_types: Tensor
    """*Shape:* (W,)."""
    entity_ids: Tensor
    """*Shape:* (E,)."""
    entity_types: Tensor
    """*Shape:* (E,)."""
    mention_positions: Tensor
    """*Shape:* (T,). Word indices (within the sequence) of every mention, one after another."""
    mention_offsets: Tensor
    """*Shape:* (E,). Where each entity's positions begin in ``mention_positions``."""
    entity_first: Tensor
    """*Shape:* (E,). Word row of each mention's first word; of the sequence's first word for an
    entity without a place."""
    entity_last: Tensor
    """*Shape:* (E,). Word row of each mention's last word, however long the mention."""
    word_slots: Tensor
    """*Shape:* (W,). The place of each word in a flat padded table (B * L)."""
    entity_slots: Tensor
    """*Shape:* (E,). The place of each entity in a flat padded table (B * M)."""
    padded_shape: PaddedShape
    extent: Extent
    """The smallest tables that hold every id of the batch."""
    pairs: Tensor | None = None
    """*Shape:* (P, 2). Entity indices of each pair; ``None`` pairs the first two entities of each
    sequence."""
    choices: tuple[int, ...] = ()
    """For multiple choice: how many neighbouring sequences are the choices of each question."""

    def __post_init__(self) -> None:
        check_choices(self.choices, n_sequences=len(self.layout))
        if self.pairs is not None:
            check_pairs(self.pairs, n_entities=self.n_entities)

    @classmethod
    def collate(
        cls,
        features: Sequence[Features],
        *,
        max_mention_length: int,
        choices: Sequence[int] = (),
    ) -> Self:
        """Pack model inputs.

        Args:
            features: The inputs, any lengths.
            max_mention_length: How many of a mention's first word pieces give its position.
            choices: For multiple choice, the number of choices of each question.
        """
        return cls._of_columns(
            columns_of_features(features, max_mention_length=max_mention_length), choices=choices
        )

    @classmethod
    def from_padded(
        cls,
        word_ids: Tensor,
        *,
        word_pad_id: int,
        word_mask: Tensor | None = None,
        word_types: Tensor | None = None,
        entity_ids: Tensor | None = None,
        entity_mask: Tensor | None = None,
        entity_positions: Tensor | None = None,
        entity_types: Tensor | None = None,
        entity_start: Tensor | None = None,
        entity_end: Tensor | None = None,
    ) -> Self:
        """Pack the padded tensors that Hugging Face tokenizers make.

        Only what the masks leave is kept; outputs can be written back with ``pad_words`` and
        ``pad_entities``. Word positions follow the Hugging Face rule: they count the words that
        are not ``word_pad_id``, whatever the mask says.

        Args:
            word_ids: *Shape:* (B, L), or (Q, C, L) for Q questions with C choices each; all
                other tensors then have the additional dimension as well.
            word_pad_id: Id of the padding word.
            word_mask: *Shape:* (B, L). Non-zero where a word is read; all are by default.
            word_types: *Shape:* (B, L). Zeros by default.
            entity_ids: *Shape:* (B, M). No entities by default.
            entity_mask: *Shape:* (B, M). Non-zero where an entity is read; all are by default.
            entity_positions: *Shape:* (B, M, P). Word indices of each mention, padded with -1.
            entity_types: *Shape:* (B, M). Zeros by default.
            entity_start: *Shape:* (B, M). First word of each mention; by default the first of its
                positions.
            entity_end: *Shape:* (B, M). Last word (inclusive) of each mention; by default the
                last of its positions.
        """
        given = {
            "word_ids": word_ids,
            "word_mask": word_mask,
            "word_types": word_types,
            "entity_ids": entity_ids,
            "entity_mask": entity_mask,
            "entity_positions": entity_positions,
            "entity_types": entity_types,
            "entity_start": entity_start,
            "entity_end": entity_end,
        }
        arrays, choices = arrays_of_padded(given)
        columns = columns_of_padded(arrays, word_pad_id=word_pad_id)
        return cls._of_columns(columns, choices=choices).to(word_ids.device)

    @classmethod
    def _of_columns(cls, columns: Columns, *, choices: Sequence[int]) -> Self:
        return cls(
            layout=Layout(columns.word_counts, entity_counts=columns.entity_counts),
            padded_shape=PaddedShape(*columns.padded_shape),
            extent=columns.extent,
            choices=tuple(choices),
            **{name: torch.from_numpy(array) for name, array in columns.arrays.items()},
        )

    def __len__(self) -> int:
        return len(self.layout)

    @property
    def n_words(self) -> int:
        """Word rows of the whole batch."""
        return self.layout.n_words

    @property
    def n_entities(self) -> int:
        """Entity rows of the whole batch."""
        return self.layout.n_entities

    @property
    def device(self) -> torch.device:
        """Where the tensors are."""
        return self.word_ids.device

    def to(self, device: torch.device | str, *, non_blocking: bool = False) -> Self:
        """The same batch on another device."""
        return self._map(lambda x: x.to(device, non_blocking=non_blocking))

    def pin_memory(self) -> Self:
        """The same batch in page-locked memory, as ``torch.utils.data.DataLoader`` asks for it."""
        return self._map(lambda x: x.pin_memory())

    def _map(self, change: Callable[[Tensor], Tensor]) -> Self:
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        tensors = {k: change(v) for k, v in values.items() if isinstance(v, Tensor)}
        return dataclasses.replace(self, **tensors)

    def pad_words(self, rows: Tensor, *, fill: float = 0.0) -> Tensor:
        """Write word rows (W, …) into a padded table (B, L, …)."""
        sequences, words, _ = self.padded_shape
        return _pad(rows, slots=self.word_slots, shape=(sequences, words), fill=fill)

    def pad_entities(self, rows: Tensor, *, fill: float = 0.0) -> Tensor:
        """Write entity rows (E, …) into a padded table (B, M, …)."""
        sequences, _, entities = self.padded_shape
        return _pad(rows, slots=self.entity_slots, shape=(sequences, entities), fill=fill)

    def first_words(self) -> Tensor:
        """*Shape:* (B,). The word row that each sequence begins with."""
        return torch.tensor(self.layout.word_starts, device=self.device)

    def pair_entities(self) -> Tensor:
        """*Shape:* (P, 2). Entities of each pair: those given, else the first two of a sequence."""
        if self.pairs is not None:
            return self.pairs
        for i, count in enumerate(self.layout.entity_counts):
            if count < 2:
                raise DataError(
                    f"sequence {i} of the batch has {count} entities, a pair needs two; "
                    "give it two mentions, or name the pairs in Batch.pairs"
                )
        first = torch.tensor(self.layout.entity_starts, device=self.device)
        return torch.stack([first, first + 1], dim=1)

    def check(self, config: EncoderConfig, *, words_only: bool = False) -> None:
        """Raise unless every id of the batch has a row in the encoder's tables.

        Args:
            config: The encoder's sizes.
            words_only: Whether its entities will not be looked up.
        """
        extent = self.extent
        if extent.positions > config.n_positions - config.word_pad_id - 1:
            raise DataError(
                f"an input has {extent.positions} word pieces, the model reads at most "
                f"{config.max_words}; cut it into windows"
            )
        if self.n_entities and not config.n_entities and not words_only:
            raise ConfigError(
                "the batch has entities, the encoder has none (n_entities = 0); "
                "make inputs without entities or take an encoder with an entity table"
            )
        of_words = (
            ("word ids", extent.word_ids, config.n_words),
            ("word types", extent.word_types, config.n_word_types),
        )
        of_entities = (
            ("entity ids", extent.entity_ids, config.n_entities),
            ("entity types", extent.entity_types, config.n_entity_types),
            ("mention positions", extent.mention_positions, config.n_positions),
        )
        for what, found, rows in of_words if words_only else of_words + of_entities:
            if found > rows:
                raise DataError(
                    f"{what} reach {found - 1}, the model's table has {rows} rows; "
                    "the input was made with another vocabulary or configuration than the model"
                )


def _pad(rows: Tensor, *, slots: Tensor, shape: tuple[int, int], fill: float) -> Tensor:
    table = rows.new_full((shape[0] * shape[1], *rows.shape[1:]), fill)
    return table.index_copy(0, slots, rows).unflatten(0, shape)
