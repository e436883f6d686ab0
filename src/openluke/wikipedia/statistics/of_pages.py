"""Statistics of a page store."""

from pathlib import Path

from openluke.wikipedia.page_tables import add_pages, count_links
from openluke.wikipedia.pages import KIND, PageStore
from openluke.wikipedia.redirects import resolve_redirects
from openluke.wikipedia.reductions import Limits, Tables, open_tables
from openluke.wikipedia.statistics.distribution import (
    Distribution,
    bin_section,
    coverage_section,
    quantile_section,
)
from openluke.wikipedia.statistics.records import (
    Column,
    Figure,
    Section,
    Statistics,
    counted,
    dropped_section,
    share,
)

_MOST_SHOWN = 50
_TEXTS = {"text": "VARCHAR", "paragraph_kinds": "VARCHAR[]"}
_KINDS = {"text": "text", "item": "items of lists", "heading": "headings"}


def page_statistics(path: Path, *, limits: Limits | None = None, directory: Path) -> Statistics:
    """What is in a page store.

    Args:
        path: The store.
        limits: What may be taken of the machine.
        directory: Where goes what does not fit into memory.
    """
    store = PageStore.open(path)
    with open_tables(directory / "pages", limits=limits) as tables:
        add_pages(tables, store=store)
        tables.add_files("texts", files=store.files(), columns=_TEXTS)
        redirects = resolve_redirects(tables)
        count_links(tables)
        linked = _distribution(
            tables,
            "SELECT links, count(*) FROM link_counts SEMI JOIN pages USING (title) GROUP BY 1",
        )
        n_links = tables.number("SELECT sum(links) FROM link_counts")
        sections = (
            _links_section(tables, n_links=n_links, n_right=linked.total),
            _per_page(tables),
            bin_section(
                "links_to_pages",
                heading="Links to each page",
                note="Links to redirects count for the pages that these lead to.",
                names=("links", "pages", "links together"),
                values=_with_unlinked(linked, tables=tables),
            ),
            coverage_section(
                linked,
                total=n_links,
                note="How many of all links lead to the pages with most links, for vocabularies of "
                "so many pages.",
            ),
            _most_linked(tables, is_there=True),
            _most_linked(tables, is_there=False),
            _kinds(tables),
            _languages(tables),
            dropped_section({**store.counts, **redirects}),
        )
        figures = _figures(tables, store=store, n_links=n_links, n_right=linked.total)
    return Statistics(
        kind=KIND,
        name=path.name,
        about=f"Pages of {store.site.name or 'a wiki'} ({store.site.language})",
        figures=figures,
        sections=tuple(section for section in sections if section.rows),
        options=store.manifest.options,
    )


def _figures(tables: Tables, *, store: PageStore, n_links: int, n_right: int) -> tuple[Figure, ...]:
    number = tables.number
    n_characters = number("SELECT sum(length(text)) FROM texts")
    return (
        Figure("pages", len(store)),
        Figure("redirects", number("SELECT count(*) FROM redirects")),
        Figure("paragraphs", number("SELECT sum(len(paragraph_kinds)) FROM texts")),
        Figure("characters", n_characters),
        Figure("links", n_links),
        Figure("links to pages", share(n_right, of=n_links), "share"),
        Figure("links per 1,000 characters", share(1000 * n_links, of=n_characters), "number"),
        Figure("linked titles", number("SELECT count(*) FROM link_counts")),
        Figure("disambiguations", number("SELECT count(*) FROM pages WHERE is_disambiguation")),
        Figure("lists", number("SELECT count(*) FROM pages WHERE is_list")),
        Figure("pages without text", number("SELECT count(*) FROM texts WHERE text = ''")),
        Figure("Wikidata items", number("SELECT count(wikidata) FROM pages")),
        Figure("bytes on disk", sum(store.manifest.files.values())),
    )


def _links_section(tables: Tables, *, n_links: int, n_right: int) -> Section:
    over = tables.number(
        "SELECT count(*) FROM (SELECT unnest(link_titles) AS title FROM pages) "
        "SEMI JOIN (SELECT title FROM resolved SEMI JOIN pages ON resolved.target = pages.title) "
        "USING (title)"
    )
    rows = [
        ("to pages", n_right - over),
        ("over redirects to pages", over),
        ("to no page", n_links - n_right),
    ]
    return counted("links", heading="Where links lead", names=("to", "links"), rows=rows)


def _per_page(tables: Tables) -> Section:
    lengths = {
        "characters": "SELECT length(text) AS n FROM texts",
        "paragraphs": "SELECT len(paragraph_kinds) AS n FROM texts",
        "links": "SELECT len(link_titles) AS n FROM pages",
    }
    rows = [
        (name, _distribution(tables, f"SELECT n, count(*) FROM ({query}) GROUP BY n"))  # noqa: S608
        for name, query in lengths.items()
    ]
    return quantile_section("per_page", heading="Of each page", rows=rows)


def _with_unlinked(linked: Distribution, *, tables: Tables) -> Distribution:
    n_titles = tables.number("SELECT count(DISTINCT title) FROM pages")
    pairs = zip(linked.values, linked.times, strict=True)
    return Distribution([(0, n_titles - linked.n), *pairs])


def _most_linked(tables: Tables, *, is_there: bool) -> Section:
    join = "SEMI" if is_there else "ANTI"
    rows = tables.rows(
        f"SELECT title, links FROM link_counts {join} JOIN pages USING (title) "  # noqa: S608
        "ORDER BY links DESC, title LIMIT ?",
        values=[_MOST_SHOWN],
    )
    return Section(
        key="most_linked" if is_there else "most_missed",
        heading="Most linked pages" if is_there else "Most linked titles without a page",
        columns=(Column("title", "text"), Column("links")),
        rows=tuple(rows),
    )


def _kinds(tables: Tables) -> Section:
    rows = tables.rows(
        "SELECT kind, count(*) AS n FROM (SELECT unnest(paragraph_kinds) AS kind FROM texts) "
        "GROUP BY kind ORDER BY n DESC, kind"
    )
    named = [(_KINDS.get(str(kind), str(kind)), int(n)) for kind, n in rows]
    return counted("paragraphs", heading="Paragraphs", names=("kind", "paragraphs"), rows=named)


def _languages(tables: Tables) -> Section:
    rows = tables.rows(
        "SELECT split_part(name, ':', 1) AS language, count(*) AS n "
        "FROM (SELECT unnest(interlanguage) AS name FROM pages) "
        "GROUP BY language ORDER BY n DESC, language LIMIT ?",
        values=[_MOST_SHOWN],
    )
    return Section(
        key="interlanguage",
        heading="Links to other languages",
        columns=(Column("language", "text"), Column("pages")),
        rows=tuple(rows),
    )


def _distribution(tables: Tables, query: str, /) -> Distribution:
    return Distribution((value, n) for value, n in tables.rows(query))
