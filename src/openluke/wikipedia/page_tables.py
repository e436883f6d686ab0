"""The files of a page store as tables for SQL."""

from openluke.wikipedia.page_columns import REDIRECTS
from openluke.wikipedia.pages import PageStore
from openluke.wikipedia.reductions import Tables

_PAGES = {
    "id": "BIGINT",
    "title": "VARCHAR",
    "is_disambiguation": "BOOLEAN",
    "is_list": "BOOLEAN",
    "wikidata": "VARCHAR",
    "interlanguage": "VARCHAR[]",
    "link_titles": "VARCHAR[]",
}
_REDIRECTS = {"title": "VARCHAR", "target": "VARCHAR", "section": "VARCHAR"}


def add_pages(tables: Tables, *, store: PageStore) -> None:
    """Give the pages and redirects of a page store the names ``pages`` and ``redirects``."""
    tables.add_files("pages", files=store.files(), columns=_PAGES)
    redirects = [store.path / REDIRECTS / file.name for file in store.files()]
    tables.add_files("redirects", files=redirects, columns=_REDIRECTS)


def count_links(tables: Tables) -> None:
    """Make the table ``link_counts`` (title, links) of ``pages`` and ``resolved`` redirects."""
    tables.run(
        "CREATE TABLE written_links AS SELECT title, count(*) AS links "
        "FROM (SELECT unnest(link_titles) AS title FROM pages) GROUP BY title"
    )
    tables.run(
        "CREATE TABLE link_counts AS "
        "SELECT coalesce(resolved.target, written_links.title) AS title, "
        "sum(written_links.links)::BIGINT AS links "
        "FROM written_links LEFT JOIN resolved USING (title) GROUP BY 1"
    )
    tables.run("DROP TABLE written_links")
