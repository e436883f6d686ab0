"""Which titles an entity vocabulary takes, in which order, and why it drops the others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from openluke.entities.name_index import VocabRow
from openluke.entities.titles import SPECIAL_TITLES, Name, is_language
from openluke.errors import ConfigError
from openluke.wikipedia.reductions import Tables
from openluke.wikipedia.site import Site

N_SPECIAL = 3
"""[PAD], [UNK] and [MASK]."""

_NEVER = frozenset((6, 14))
"""Namespaces of files and categories."""

_CAUSES = {
    "below_min_count": "place IS NULL AND links < ?",
    "not_a_page": "place IS NULL AND NOT is_page",
    "category_or_file": "place IS NULL AND is_apart",
    "disambiguation": "place IS NULL AND is_disambiguation AND NOT ?",
    "list": "place IS NULL AND is_list AND NOT ?",
    "not_on_white_list": "place IS NULL AND ?",
}
"""Why a title that is linked is dropped, and when; the first that holds is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VocabOptions:
    """Which titles a vocabulary takes."""

    size: int = 500_000
    """Entities at most, [PAD], [UNK] and [MASK] among them."""
    min_count: int = 0
    """Links to a title at the least, unless it is on a white list; titles without any are never
    taken."""
    white_list_only: bool = False
    """Whether to take titles of the white lists alone."""
    language: str | None = None
    """The language of all names; none by default, as in the English LUKE. Vocabularies that are to
    be merged need one."""
    keep_disambiguation: bool = True
    """Whether pages that only say what a name may mean are entities, as in the original project."""
    keep_lists: bool = True
    """Whether lists are entities, as in the original project."""

    def __post_init__(self) -> None:
        if self.size < N_SPECIAL:
            raise ConfigError(f"found size={self.size}, expected at least {N_SPECIAL}")
        if self.min_count < 0:
            raise ConfigError(f"found min_count={self.min_count}, expected at least 0")
        if self.language is not None and not is_language(self.language):
            raise ConfigError(
                f"found language={self.language!r}, expected a code like 'en' or 'zh-yue'"
            )


def judge_titles(
    tables: Tables, *, asked: Sequence[str], site: Site, options: VocabOptions
) -> None:
    """Make the table ``judged`` (title, links, place, cause) of all titles that are linked.

    ``place`` is the place on a white list; ``cause`` says why a title is dropped, NULL that it is
    not. Needs the tables of ``add_pages``, ``resolve_redirects`` and ``count_links``.

    Args:
        tables: The tables.
        asked: The titles of the white lists in order; a redirect stands for its page.
        site: Where the pages are from.
        options: Which titles to take.
    """
    _add_asked(tables, asked=asked)
    _add_titles(tables, site=site)
    cases = " ".join(f"WHEN {when} THEN '{cause}'" for cause, when in _CAUSES.items())
    tables.run(  # the cases are constants
        f"CREATE TABLE judged AS SELECT title, links, place, CASE {cases} END AS cause "  # noqa: S608
        "FROM (SELECT link_counts.*, asked.place, titles.title IS NOT NULL AS is_page, "
        "titles.* EXCLUDE (title) FROM link_counts "
        "LEFT JOIN asked USING (title) LEFT JOIN titles USING (title))",
        values=[
            options.min_count,
            options.keep_disambiguation,
            options.keep_lists,
            options.white_list_only,
        ],
    )


def chosen_rows(tables: Tables, *, options: VocabOptions) -> Iterator[VocabRow]:
    """The entities of the vocabulary in order, without the special ones."""
    query = (
        "SELECT title, links FROM judged WHERE cause IS NULL "
        "ORDER BY place NULLS LAST, links DESC, title LIMIT ?"
    )
    for title, links in tables.rows(query, values=[options.size - N_SPECIAL]):
        yield VocabRow([Name(title, options.language)], links)


def count_choice(tables: Tables, *, n_asked: int, options: VocabOptions) -> dict[str, int]:
    """How many links and titles there are, and how many were dropped and why."""
    n_good = tables.number("SELECT count(*) FROM judged WHERE cause IS NULL")
    n_kept = min(n_good, options.size - N_SPECIAL)
    counts = {
        "links": tables.number("SELECT sum(links) FROM judged"),
        "links_to_kept": sum(row.links or 0 for row in chosen_rows(tables, options=options)),
        "titles": tables.number("SELECT count(*) FROM judged"),
        "titles_kept": n_kept,
        "titles_dropped_beyond_size": n_good - n_kept,
    }
    for cause in _CAUSES:
        dropped = tables.number("SELECT count(*) FROM judged WHERE cause = ?", values=[cause])
        counts[f"titles_dropped_{cause}"] = dropped
    if n_asked:
        counts["white_list"] = n_asked
        counts["white_list_linked"] = tables.number("SELECT count(place) FROM judged")
    return counts


def _add_asked(tables: Tables, *, asked: Sequence[str]) -> None:
    """Make the table ``asked`` (title, place) of a white list, redirects resolved."""
    tables.add_columns("listed", columns={"title": list(asked), "place": range(len(asked))})
    tables.run(
        "CREATE TABLE asked AS SELECT coalesce(resolved.target, listed.title) AS title, "
        "min(listed.place) AS place FROM listed LEFT JOIN resolved USING (title) GROUP BY 1"
    )


def _add_titles(tables: Tables, *, site: Site) -> None:
    """Make the table ``titles`` of the pages, each title once, and what is known of it."""
    apart = [name for name, number in site.namespaces.items() if number in _NEVER]
    special = sorted(SPECIAL_TITLES)
    tables.run(
        "CREATE TABLE titles AS SELECT title, bool_or(is_disambiguation) AS is_disambiguation, "
        "bool_or(is_list) AS is_list, "
        "contains(title, ':') AND list_contains(?, lower(split_part(title, ':', 1))) AS is_apart "
        "FROM pages WHERE NOT list_contains(?, title) GROUP BY title",
        values=[apart, special],
    )
