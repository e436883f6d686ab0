"""How texts become model inputs: the options, checked."""

from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from openluke.errors import ConfigError
from openluke.tokenization.layouts import Layout
from openluke.tokenization.overflow import OnOverflow

N_MENTIONS: dict[Layout, int] = {"entity": 1, "entity_pair": 2}
"""How many mentions the layouts with markers take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityInputsConfig:
    """How texts become model inputs."""

    layout: Layout = "plain"
    """Which entities an input has and whether markers stand around them."""
    max_words: int = 512
    """Most word pieces in an input, special tokens and markers included."""
    max_entities: int | None = 128
    """Most entities in an input; ``None`` for no limit."""
    max_mention_length: int = 30
    """Pieces of a mention that give it its position; longer mentions are reported."""
    on_overflow: OnOverflow = "window"
    """What to do with more than an input holds. ``window``: several inputs (with markers: one
    input of what stands around the mentions). ``truncate``: the beginning, and a report of the
    rest. ``error``: a ``DataError``."""
    stride: int = 128
    """Pieces that neighbouring windows share."""
    prefix_space: bool | None = None
    """Whether a text is read as if a space stood before it, where the tokenizer knows spaces;
    ``None`` takes the tokenizer's own setting. Pre-split words always are."""
    allow_overlaps: bool = True
    """Whether mentions may overlap; if not, those that do are a ``DataError``."""

    def __post_init__(self) -> None:
        _check_name("layout", self.layout, known=get_args(Layout))
        _check_name("on_overflow", self.on_overflow, known=get_args(OnOverflow))
        for name in ("max_words", "max_mention_length", "stride"):
            _check_number(name, getattr(self, name))
        if self.max_entities is not None:
            _check_number("max_entities", self.max_entities)
        _check_switch("allow_overlaps", self.allow_overlaps)
        if self.prefix_space is not None:
            _check_switch("prefix_space", self.prefix_space, others="True, False or None")
        self._check_limits()

    def _check_limits(self) -> None:
        if self.max_words < 8:
            raise ConfigError(f"max_words is {self.max_words}, expected at least 8")
        if not 0 <= self.stride < self.max_words - 4:
            raise ConfigError(
                f"stride is {self.stride}, expected 0 <= stride < max_words - 4 = "
                f"{self.max_words - 4}"
            )
        least = N_MENTIONS.get(self.layout, 1)
        if self.max_entities is not None and self.max_entities < least:
            raise ConfigError(f"max_entities is {self.max_entities}, expected at least {least}")
        if self.max_mention_length < 1:
            raise ConfigError(
                f"max_mention_length is {self.max_mention_length}, expected at least 1"
            )


def _check_name(option: str, value: Any, *, known: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in known:
        *first, last = map(repr, known)
        raise ConfigError(f"{option} is {value!r}, expected {', '.join(first)} or {last}")


def _check_number(option: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise ConfigError(f"{option} is {value!r}, expected a whole number")


def _check_switch(option: str, value: Any, *, others: str = "True or False") -> None:
    if not isinstance(value, bool):
        raise ConfigError(f"{option} is {value!r}, expected {others}")
