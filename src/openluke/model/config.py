"""The shape of a LUKE encoder and of the heads that stand on it."""

import math
from dataclasses import dataclass
from typing import Literal

from openluke.errors import ConfigError

HeadKind = Literal[
    "masked",
    "entity",
    "entity_pair",
    "entity_span",
    "mention_word",
    "pair_words",
    "span_words",
    "span_proposer",
    "token",
    "sequence",
    "multiple_choice",
    "extractive_qa",
    "mention_vector",
]
Problem = Literal["single_label", "multi_label", "regression"]


_MOST_ROWS = 2**31 - 1
_SIZES = (
    ("n_words", 1, _MOST_ROWS),
    ("n_entities", 0, _MOST_ROWS),
    ("hidden_size", 1, _MOST_ROWS),
    ("entity_size", 1, _MOST_ROWS),
    ("n_layers", 1, 1000),
    ("n_heads", 1, _MOST_ROWS),
    ("feed_forward_size", 1, _MOST_ROWS),
    ("n_positions", 1, _MOST_ROWS),
    ("n_word_types", 1, _MOST_ROWS),
    ("n_entity_types", 1, _MOST_ROWS),
)
"""The least and the most of each size: a damaged file must not ask for what no machine holds."""
_LABELLED: tuple[HeadKind, ...] = (
    "entity",
    "entity_pair",
    "entity_span",
    "mention_word",
    "pair_words",
    "span_words",
    "token",
    "sequence",
)
"""The heads whose number of labels is free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderConfig:
    """Sizes and switches of the encoder; defaults are those of luke-base."""

    n_words: int = 50267
    """Rows of the word embedding table."""
    n_entities: int = 500000
    """Rows of the entity embedding table; 0 makes an encoder without entity inputs."""
    hidden_size: int = 768
    """Width of every word and entity state."""
    entity_size: int = 256
    """Width of an entity embedding before it is projected to ``hidden_size``."""
    n_layers: int = 12
    """How many layers the transformer has."""
    n_heads: int = 12
    """Attention heads of each layer; ``hidden_size`` is a multiple of it."""
    feed_forward_size: int = 3072
    """Width of the inner layer of each feed-forward block."""
    activation: Literal["gelu", "gelu_tanh", "relu", "silu"] = "gelu"
    """The function between the two layers of each feed-forward block."""
    hidden_dropout: float = 0.1
    """Share of states dropped in training after embeddings, attention and feed-forward."""
    attention_dropout: float = 0.1
    """Share of attention weights dropped in training."""
    n_positions: int = 514
    """Rows of both position tables. Words start at row ``word_pad_id + 1``, mentions at row 0."""
    n_word_types: int = 1
    """Rows of the word type table (BERT has 2)."""
    n_entity_types: int = 1
    """Rows of the entity type table: 1 in all released models; more for coarse types."""
    layer_norm_eps: float = 1e-5
    """What layer normalisation adds to the variance."""
    initializer_range: float = 0.02
    """Standard deviation of new weights."""
    entity_aware: bool = True
    """Four query matrices by the kinds of the attending and attended token, instead of one."""
    word_pad_id: int = 1
    """Padding row of the word table."""
    entity_pad_id: int = 0
    """Padding row of the entity table: read from the vocabulary, never assumed."""
    pooler: bool = True
    """Whether a tanh layer over the first word makes a vector of the whole input."""

    def __post_init__(self) -> None:
        for name, least, most in _SIZES:
            if not least <= getattr(self, name) <= most:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected {least} to {most}")
        for name in ("hidden_dropout", "attention_dropout"):
            _check_share(getattr(self, name), name=name)
        for name in ("layer_norm_eps", "initializer_range"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected 0 or more")
        self._check_rows()

    def _check_rows(self) -> None:
        if self.hidden_size % self.n_heads:
            raise ConfigError(
                f"hidden_size {self.hidden_size} is not a multiple of n_heads {self.n_heads}"
            )
        if not 0 <= self.word_pad_id < self.n_words:
            raise ConfigError(
                f"word_pad_id {self.word_pad_id} is not a row of the word table "
                f"(n_words = {self.n_words})"
            )
        if self.max_words < 1:
            raise ConfigError(
                f"n_positions is {self.n_positions}, but words start at row {self.word_pad_id + 1} "
                "(word_pad_id + 1): expected more rows"
            )
        if self.n_entities and not 0 <= self.entity_pad_id < self.n_entities:
            raise ConfigError(
                f"entity_pad_id {self.entity_pad_id} is not a row of the entity table "
                f"(n_entities = {self.n_entities})"
            )

    @property
    def head_size(self) -> int:
        """Width of one attention head."""
        return self.hidden_size // self.n_heads

    @property
    def max_words(self) -> int:
        """Most word pieces that one input can have, special tokens included."""
        return self.n_positions - self.word_pad_id - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadConfig:
    """One head: what it reads and how many scores it gives."""

    kind: HeadKind
    """What is scored: words, entities, pairs of them, tokens, whole texts, answers. The kinds
    ``mention_word``, ``pair_words`` and ``span_words`` read word states where ``entity``,
    ``entity_pair`` and ``entity_span`` read entities; ``span_proposer`` chooses the spans that are
    worth being read as entities."""
    n_labels: int = 2
    """Scores per row; ``masked``, ``multiple_choice``, ``extractive_qa``, ``mention_vector`` and
    ``span_proposer`` fix their own."""
    problem: Problem = "single_label"
    """What the labels are, hence which loss is taken."""
    bias: bool = True
    """Whether the last linear layer has a bias (the published pair classifiers have none)."""
    tied: bool = True
    """Whether a ``masked`` head scores with the encoder's own embedding tables."""
    dropout: float = 0.1
    """Share of the head's inputs dropped in training; ``masked``, ``mention_vector`` and
    ``extractive_qa`` drop nothing."""
    inner_size: int = 128
    """Width of a ``span_proposer``'s hidden layer."""
    n_layers: int = 2
    """After how many layers of the encoder a ``span_proposer`` reads the words."""

    def __post_init__(self) -> None:
        _check_share(self.dropout, name="dropout")
        if self.n_labels < 1:
            raise ConfigError(f"n_labels is {self.n_labels}, expected at least 1")
        if self.kind in _LABELLED and self.problem == "single_label" and self.n_labels < 2:
            raise ConfigError(
                f"a {self.kind} head that chooses one label needs 2 labels at least, found "
                f"{self.n_labels}; for a yes or no give problem='multi_label', for a number "
                "problem='regression'"
            )


def _check_share(value: float, *, name: str) -> None:
    if not 0 <= value <= 1:
        raise ConfigError(f"{name} is {value}, expected a share from 0 to 1")
