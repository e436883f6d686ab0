"""Which wiki pages come from, and what its titles mean."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openluke.entities.titles import canonical_title
from openluke.errors import DataError
from openluke.wikipedia.language_facts import facts, title_in, wikipedia_language

ARTICLES = 0
"""The namespace of encyclopaedic pages."""

_FIELDS = ["language", "database", "name", "capitalises", "namespaces"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A wiki."""

    language: str
    """Code of its language as Wikipedia has it, such as ``"en"`` or ``"zh-yue"``."""
    database: str = ""
    """Name of its database, such as ``"enwiki"``; empty if not known."""
    name: str = ""
    """What it calls itself, such as ``"Wikipedia"``."""
    capitalises: bool = True
    """Whether titles begin with a capital whatever a link to them says."""
    namespaces: Mapping[str, int] = field(default_factory=dict[str, int])
    """Numbers of namespaces by every spelling, as ``namespace_key`` gives it."""

    def namespace(self, title: str) -> int:
        """The number of the namespace that a title is in; ``ARTICLES`` if it names none."""
        prefix, colon, _ = title.partition(":")
        return self.namespaces.get(namespace_key(prefix), ARTICLES) if colon else ARTICLES

    def title(self, written: str) -> str:
        """A title in the one spelling that the wiki stores it under."""
        if not self.capitalises:
            return canonical_title(written, capitalise=False)
        return title_in(written, language=self.language)

    def to_mapping(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "language": self.language,
            "database": self.database,
            "name": self.name,
            "capitalises": self.capitalises,
            "namespaces": dict(self.namespaces),
        }

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> "Site":
        """Back from plain JSON values."""
        if sorted(values) != sorted(_FIELDS):
            raise DataError(
                f"a site has the keys {sorted(values)}; expected {sorted(_FIELDS)}; "
                "parse the dump again"
            )
        return cls(**values)


def make_site(
    language: str,
    *,
    database: str = "",
    name: str = "",
    capitalises: bool = True,
    namespaces: Mapping[str, int] | None = None,
) -> Site:
    """A wiki of a language, with the spellings of its namespaces that are known without it.

    Args:
        language: Code of its language as Wikipedia has it.
        database: Name of its database.
        name: What it calls itself, which also names the namespace of pages about itself.
        capitalises: Whether titles begin with a capital whatever a link to them says.
        namespaces: Numbers of namespaces by their names, which go before those known.
    """
    known = dict(facts(language).namespaces)
    if name:
        known[namespace_key(name)] = 4
    given = {namespace_key(key): number for key, number in (namespaces or {}).items()}
    known.update((key, number) for key, number in given.items() if key)
    return Site(
        language=language,
        database=database,
        name=name,
        capitalises=capitalises,
        namespaces=known,
    )


def namespace_key(prefix: str) -> str:
    """The one spelling that a namespace is looked up under: ``"File_talk "`` as ``"file talk"``."""
    words = " ".join(prefix.replace("_", " ").split())
    return unicodedata.normalize("NFC", words.casefold())


def site_language(*, database: str = "", address: str = "", declared: str = "") -> str:
    """The code of a wiki's language, from the first of these that names a Wikipedia.

    What the dump declares is taken as it is where none of them does; it may be empty.

    Args:
        database: Name of its database, such as ``"zh_yuewiki"``.
        address: A page of it, such as ``"https://zh-yue.wikipedia.org/wiki/Dog"``.
        declared: The language that its dump declares, such as ``"yue"``.
    """
    from_database = database.removesuffix("wiki") if database.endswith("wiki") else ""
    host = address.partition("//")[2].partition("/")[0]
    from_address = host.partition(".")[0] if ".wikipedia." in host else ""
    stem = declared.partition("-")[0]  # of pt-br or de-formal
    for code in (from_database, from_address, declared, stem):
        if code and (language := wikipedia_language(code)):
            return language
    return declared.lower()
