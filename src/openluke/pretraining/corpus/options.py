"""What decides which text a corpus has, and how it is cut."""

from dataclasses import dataclass
from typing import Literal

from openluke.errors import ConfigError

_MOST_WORDS = (1 << 16) - 1
"""Places in a window take two bytes in the files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusOptions:
    """What decides which text a corpus has, and how it is cut; the defaults are the published."""

    language: str | None = None
    """Code of the language of the pages, by which sentences end and entities are looked up; by
    default what the page store says."""
    max_words: int = 512
    """Word pieces of a window at most, [CLS] and [SEP] among them."""
    max_entities: int = 128
    """Entities of a window at most; the first ones are kept, and the text of all."""
    max_mention_length: int = 30
    """Pieces of a mention that give its position; those with more are kept, and counted."""
    min_words: int = 5
    """Word pieces of a sentence at least; shorter ones are dropped."""
    unknown_entities: Literal["skip", "keep"] = "skip"
    """What becomes of links to pages that are no entities: plain text, or mentions of [UNK]."""
    sentences_without_entities: bool = False
    """Whether windows in which no entity is mentioned are kept."""
    lead_only: bool = False
    """Whether of each page only what stands before the first heading is taken."""
    headings: bool = False
    """Whether headings are taken, as sentences of their own."""
    disambiguations: bool = False
    """Whether pages that only say what a name may mean are taken."""
    lists: bool = True
    """Whether pages that list things are taken."""
    only_known_pages: bool = False
    """Whether only pages that are entities themselves are taken."""
    limit: int | None = None
    """Pages at most, drawn by the seed; all by default."""
    validation: float = 0.01
    """Share of the pages that are held out, all windows of a page together."""
    seed: int = 0
    """What decides which pages are held out and which are drawn."""

    def __post_init__(self) -> None:
        if not 3 <= self.max_words <= _MOST_WORDS:
            raise ConfigError(f"max_words is {self.max_words}, expected 3 to {_MOST_WORDS:,}")
        if not 1 <= self.min_words <= self.max_words - 2:
            raise ConfigError(
                f"min_words is {self.min_words}, expected 1 to {self.max_words - 2}, since windows "
                f"of {self.max_words} pieces have so many without [CLS] and [SEP]"
            )
        for name in ("max_entities", "max_mention_length", "limit"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name} is {value}, expected 1 or more")
        if not 0 <= self.validation < 1:
            raise ConfigError(
                f"validation is {self.validation}, expected a share from 0 to less than 1"
            )
        if self.seed < 0:
            raise ConfigError(f"seed is {self.seed}, expected 0 or more")
        if self.unknown_entities not in ("skip", "keep"):
            raise ConfigError(
                f"unknown_entities is {self.unknown_entities!r}, expected 'skip' or 'keep'"
            )
