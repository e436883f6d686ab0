"""How titles of one's own data are spelt, so that a link and its page have the same."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal, get_args

from openluke.entities.titles import canonical_title, capitalised
from openluke.errors import ConfigError, DataError

Spelling = Literal["plain", "mediawiki"]

_FORBIDDEN = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleRule:
    """The one spelling that a title has, whoever wrote it."""

    spelling: Spelling = "plain"
    """``"plain"``: as it is written, with one space for each run of white space and composed
    characters (NFC). ``"mediawiki"``: as MediaWiki stores it, where underscores are spaces too, and
    a fragment from ``#`` and a colon at the beginning are cut."""
    capitalise: bool = False
    """Whether the first letter becomes a capital."""

    def __post_init__(self) -> None:
        if self.spelling not in get_args(Spelling):
            names = ", ".join(map(repr, get_args(Spelling)))
            raise ConfigError(f"found spelling={self.spelling!r}, expected one of {names}")

    def spell(self, written: str) -> str:
        """The title that is meant.

        Raises:
            DataError: It has no characters, or some that no title can have.
        """
        if self.spelling == "mediawiki":
            title = canonical_title(written, capitalise=self.capitalise)
        else:
            title = " ".join(unicodedata.normalize("NFC", written).split())
            title = capitalised(title) if self.capitalise else title
        if not title:
            raise DataError(f"found {written[:60]!r}, expected a title")
        if _FORBIDDEN.search(title):
            raise DataError(
                f"found {written[:60]!r}, expected a title without control characters and lone "
                "surrogates"
            )
        return title
