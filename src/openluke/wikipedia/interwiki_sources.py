"""What says which titles of all Wikipedias belong together, put into one table of names."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openluke.artifacts import fingerprint
from openluke.errors import ConfigError
from openluke.wikipedia.input_identity import check_once, identify_inputs
from openluke.wikipedia.interwiki_links import group_names
from openluke.wikipedia.language_facts import wikipedia_language
from openluke.wikipedia.name_rows import ITEM_NAMES, NAME_PAIRS, PAGE_NAMES, write_rows
from openluke.wikipedia.pages import PageStore
from openluke.wikipedia.reductions import Tables
from openluke.wikipedia.sitelink_tables import (
    ITEM_LANGUAGE,
    read_item_table,
    read_langlinks,
    read_title_table,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InterwikiSources:
    """What says which titles belong together; several sources are taken together."""

    wikidata: Sequence[str | Path] = ()
    """Files of a dump of Wikidata."""
    tables: Sequence[str | Path] = ()
    """Files of lines of item, language and title, or of title, language and title."""
    table_language: str | None = None
    """The language of the first titles of the tables; if not given, these have items."""
    stores: Sequence[str | Path] = ()
    """Page stores whose pages know their item or their pages in other languages."""
    langlinks: Sequence[str | Path] = ()
    """MediaWiki's dumps of ``langlinks``, one for each store."""

    def __post_init__(self) -> None:
        if self.table_language is not None and wikipedia_language(self.table_language) is None:
            raise ConfigError(
                f"found table_language={self.table_language!r}, expected a Wikipedia's code: 'en'"
            )
        if not (self.wikidata or self.tables or self.stores):
            raise ConfigError(
                "found nothing that says which titles belong together; expected a dump of "
                "Wikidata, a table of sitelinks, or page stores"
            )
        if self.langlinks and len(self.langlinks) != len(self.stores):
            raise ConfigError(
                f"found {len(self.langlinks)} files of langlinks and {len(self.stores)} page "
                "stores; expected one for each"
            )

        check_once(self.stores)

    def own_languages(self) -> set[str]:
        """The languages of the page stores, and of the first titles of the tables."""
        first = None if self.table_language is None else wikipedia_language(self.table_language)
        stores = {PageStore.open(path).site.language for path in self.stores}
        return stores if first is None else stores | {first}

    def identities(self) -> dict[str, str]:
        """What tells all of it from others, by what it is for."""
        files = identify_inputs(
            wikidata=[Path(file) for file in self.wikidata],
            tables=[Path(file) for file in self.tables],
            langlinks=[Path(file) for file in self.langlinks],
        )
        stores = enumerate(self.stores, start=1)
        return files | {f"pages {number}": fingerprint(path) for number, path in stores}


def gather_names(
    tables: Tables,
    *,
    sources: InterwikiSources,
    sitelinks: Sequence[Path],
    scratch: Path,
    languages: Sequence[str],
) -> dict[str, int]:
    """Make the table ``names`` (item, language, title) of all sources.

    Args:
        tables: Where it is made.
        sources: The sources.
        sitelinks: Files of the names that were read of Wikidata.
        scratch: Where files can be kept that are only needed now.
        languages: The Wikipedias to keep.

    Returns:
        What was counted.
    """
    first = sources.table_language
    columns = ITEM_NAMES if first is None else NAME_PAIRS
    listed = _write_tables(sources.tables, directory=scratch, columns=columns, language=first)
    item_files = [*sitelinks, *(listed if first is None else ())]
    tables.add_files("sitelinks", files=item_files, columns=ITEM_NAMES)
    if first is None and not sources.stores:
        tables.run("CREATE VIEW names AS SELECT * FROM sitelinks")
        return {}
    pair_files = [] if first is None else listed
    _add_pairs(tables, files=pair_files, sources=sources, scratch=scratch)
    return group_names(tables, languages=languages)


def _write_tables(
    files: Sequence[str | Path],
    *,
    directory: Path,
    columns: Mapping[str, str],
    language: str | None,
) -> list[Path]:
    """Write the rows of the user's tables as Parquet files."""
    written: list[Path] = []
    for number, file in enumerate(files):
        code = None if language is None else wikipedia_language(language)
        rows: Iterable[tuple[Any, ...]] = (
            read_item_table(file) if code is None else read_title_table(file, language=code)
        )
        written.append(directory / f"table-{number:05d}.parquet")
        write_rows(written[-1], columns=columns, rows=rows)
    return written


def _add_pairs(
    tables: Tables, *, files: Sequence[Path], sources: InterwikiSources, scratch: Path
) -> None:
    """Make the table ``pairs`` of all names that are linked to each other or to an item."""
    tables.add_files("listed_pairs", files=files, columns=NAME_PAIRS)
    tables.run("CREATE TABLE pairs AS SELECT * FROM listed_pairs")
    tables.run(
        "INSERT INTO pairs SELECT ?, 'Q' || item::VARCHAR, language, title FROM sitelinks",
        values=[ITEM_LANGUAGE],
    )
    for number, path in enumerate(sources.stores):
        _add_store(tables, store=PageStore.open(path), number=number)
        if sources.langlinks:
            file = scratch / f"langlinks-{number:05d}.parquet"
            rows = read_langlinks(sources.langlinks[number])
            write_rows(file, columns=PAGE_NAMES, rows=rows)
            _add_langlinks(tables, file=file, number=number, store=PageStore.open(path))


def _add_store(tables: Tables, *, store: PageStore, number: int) -> None:
    pages = f"pages_{number}"
    columns = {"id": "BIGINT", "title": "VARCHAR", "wikidata": "VARCHAR"}
    columns |= {"interlanguage": "VARCHAR[]"}
    tables.add_files(pages, files=store.files(), columns=columns)
    language = store.site.language
    tables.run(
        f"INSERT INTO pairs SELECT ?, wikidata, ?, title FROM {pages} "  # noqa: S608 - constants and a number
        "WHERE regexp_full_match(wikidata, 'Q[0-9]{1,18}')",
        values=[ITEM_LANGUAGE, language],
    )
    tables.run(
        "INSERT INTO pairs SELECT ?, title, split_part(name, ':', 1), "  # noqa: S608 - constants and a number
        "substr(name, instr(name, ':') + 1) "
        f"FROM (SELECT title, unnest(interlanguage) AS name FROM {pages})",
        values=[language],
    )


def _add_langlinks(tables: Tables, *, file: Path, number: int, store: PageStore) -> None:
    tables.add_files(f"langlinks_{number}", files=[file], columns=PAGE_NAMES)
    tables.run(
        "INSERT INTO pairs SELECT ?, pages.title, links.language, links.title "  # noqa: S608 - constants and a number
        f"FROM langlinks_{number} AS links JOIN pages_{number} AS pages ON page = pages.id",
        values=[store.site.language],
    )
