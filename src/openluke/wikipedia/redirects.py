"""Where redirects lead in the end."""

from openluke.wikipedia.reductions import Tables

MAX_HOPS = 10
"""Redirects that are followed one after another; MediaWiki's own users are led over one."""


def resolve_redirects(tables: Tables) -> dict[str, int]:
    """Make the table ``resolved`` (title, target) of the tables ``redirects`` and ``pages``.

    Each title is there once, and no target is a redirect; it may be a page that is missing. A title
    that is also a page is no redirect. Of several redirects with one title the one with the
    smallest target counts. Those that lead in a circle or over more than ten others are left out.

    Returns:
        How many redirects there are, and how many of them were dropped and why.
    """
    tables.run(
        "CREATE TABLE hops AS SELECT title, min(target) AS target FROM redirects "
        "ANTI JOIN pages USING (title) GROUP BY title"
    )
    tables.run("CREATE TABLE resolved AS SELECT * FROM hops WHERE false")
    tables.run("CREATE TABLE led AS SELECT * FROM hops")
    for _ in range(MAX_HOPS - 1):
        if not _take_hop(tables):
            break
    _keep_ended(tables)
    counts = _count(tables)
    tables.run("DROP TABLE led")
    tables.run("DROP TABLE hops")
    return counts


def _take_hop(tables: Tables) -> int:
    """Keep the redirects that have ended, lead the others on, and return how many these are."""
    _keep_ended(tables)
    tables.run(
        "CREATE TABLE on_the_way AS SELECT led.title, hops.target FROM led "
        "JOIN hops ON led.target = hops.title"
    )
    tables.run("DROP TABLE led")
    tables.run("ALTER TABLE on_the_way RENAME TO led")
    return tables.number("SELECT count(*) FROM led")


def _keep_ended(tables: Tables) -> None:
    tables.run(
        "INSERT INTO resolved SELECT led.* FROM led ANTI JOIN hops ON led.target = hops.title"
    )


def _count(tables: Tables) -> dict[str, int]:
    n_rows = tables.number("SELECT count(*) FROM redirects")
    n_pages = tables.number("SELECT count(*) FROM redirects SEMI JOIN pages USING (title)")
    n_titles = tables.number("SELECT count(*) FROM hops")
    n_resolved = tables.number("SELECT count(*) FROM resolved")
    return {
        "redirects": n_rows,
        "redirects_dropped_page": n_pages,
        "redirects_dropped_repeated": n_rows - n_pages - n_titles,
        "redirects_dropped_endless": n_titles - n_resolved,
        "redirects_to_missing_pages": tables.number(
            "SELECT count(*) FROM resolved ANTI JOIN pages ON resolved.target = pages.title"
        ),
    }
