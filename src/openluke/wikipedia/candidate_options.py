"""Which names and entities a table of candidates has."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from openluke.entities.mention_keys import MentionForm
from openluke.errors import ConfigError

NameSource = Literal["titles", "redirects", "disambiguations"]
Frequency = Literal["documents", "occurrences"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateOptions:
    """What decides about a table of candidates; the defaults for links are the published ones."""

    form: MentionForm = "written"
    """How names are compared: character by character, or without case and accents
    (``"folded"``)."""
    names: tuple[NameSource, ...] = ("titles", "redirects", "disambiguations")
    """What gives names besides the texts of links. A name that one of them gives stays whatever
    its link probability, and so does what it names."""
    max_words: int = 20
    """Words of the longest name."""
    max_candidates: int = 100
    """Most entities of a name."""
    min_links: int = 1
    """Least links with the name that an entity needs."""
    min_link_probability: float = 0.01
    """Least link probability that a name needs: its links by the pages that have it, and at most
    1. A name that no page has where words begin and end is left out."""
    frequency: Frequency = "documents"
    """Whether link probability is by pages that have the name, as published, or by the times that
    they have it, which gives the share of them that are links."""
    sample: float = 1.0
    """Share of the pages whose texts are looked through; they are chosen by their titles. Link
    probability is that on these pages. A name that they do not have is left out if it is only the
    text of links. Occurrences are scaled up; links to entities are those of all pages."""
    existing_only: bool = False
    """Whether entities must be pages of the store."""
    keep_disambiguation: bool = True
    """Whether links to disambiguation pages make these candidates, as in the original project."""

    def __post_init__(self) -> None:
        _check_one_of("form", value=self.form, known=get_args(MentionForm))
        _check_one_of("frequency", value=self.frequency, known=get_args(Frequency))
        for name in self.names:
            _check_one_of("names", value=name, known=get_args(NameSource))
        for option in ("max_words", "max_candidates"):
            if getattr(self, option) < 1:
                raise ConfigError(f"found {option}={getattr(self, option)}, expected at least 1")
        if self.min_links < 0:
            raise ConfigError(f"found min_links={self.min_links}, expected at least 0")
        if not 0 <= self.min_link_probability <= 1:
            raise ConfigError(
                f"found min_link_probability={self.min_link_probability}, expected 0 to 1"
            )
        if not 0 < self.sample <= 1:
            raise ConfigError(f"found sample={self.sample}, expected more than 0 and at most 1")


def _check_one_of(option: str, *, value: Any, known: tuple[Any, ...]) -> None:
    if value not in known:
        expected = ", ".join(map(repr, known))
        raise ConfigError(f"found {value!r} for {option}, expected one of {expected}")
