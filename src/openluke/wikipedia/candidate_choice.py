"""Which names and candidates a table takes of all that pages give, and in which order."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from openluke.entities.candidate_files import CandidateRow
from openluke.entities.candidates import Source
from openluke.wikipedia.candidate_options import CandidateOptions
from openluke.wikipedia.reductions import Tables

CHOSEN_COLUMNS = (
    "mention",
    "all_links",
    "occurrences",
    "counted_links",
    "title",
    "links",
    "source",
)
CHOSEN = f"SELECT {', '.join(CHOSEN_COLUMNS)} FROM chosen ORDER BY mention, place"  # noqa: S608
"""What a table takes, once it is chosen: a row for each name and candidate."""

_MACROS = {
    "is_title(source)": f"(source & {Source.TITLE:d}) > 0",
    "is_redirect(source)": f"(source & {Source.REDIRECT:d}) > 0",
    "is_by_name(source)": f"(source & {~Source.LINK & 0xFF:d}) > 0",
}
"""``is_by_name``: whether something besides links says that a name stands for an entity."""


def pair_names(tables: Tables) -> None:
    """Make the table ``pairs``, as that of ``AnchorCounting``, each mention and title once.

    Needs the tables ``named`` (of the files of ``AnchorCounting``), ``resolved`` and ``pages``.
    What is named in other ways than by links counts for pages alone. A disambiguation page is what
    its own title, or a redirect to it, cannot stand for.
    """
    tables.run(
        "CREATE TABLE pairs AS SELECT mention, coalesce(target, title) AS title, "
        "sum(links)::BIGINT AS links, sum(counted_links)::BIGINT AS counted_links, "
        "bit_or(source) AS source "
        "FROM named LEFT JOIN resolved USING (title) GROUP BY 1, 2"
    )
    tables.run("DELETE FROM pairs WHERE links = 0 AND title NOT IN (SELECT title FROM pages)")
    tables.run(
        "DELETE FROM pairs WHERE (source & ?) = 0 "
        "AND title IN (SELECT title FROM pages WHERE is_disambiguation)",
        values=[int(Source.LINK | Source.DISAMBIGUATION)],
    )


def choose_candidates(tables: Tables, *, options: CandidateOptions) -> None:
    """Make the table ``chosen`` of the rows that ``CHOSEN`` gives.

    Needs the tables ``pairs``, ``pages`` and ``occurrences`` (mention, occurrences). The counted
    links become as those of all pages, as the occurrences are already.
    """
    for macro, meaning in _MACROS.items():
        tables.run(f"CREATE MACRO {macro} AS {meaning}")
    tables.run(
        "CREATE TABLE judged AS SELECT mention, sum(links)::BIGINT AS links, "
        "round(sum(counted_links) / ?)::BIGINT AS counted_links, "
        "coalesce(any_value(occurrences), 0) AS occurrences, "
        "bool_or(is_by_name(source)) AS by_name "
        "FROM pairs LEFT JOIN occurrences USING (mention) GROUP BY mention",
        values=[options.sample],
    )
    tables.run(
        "CREATE TABLE kept AS SELECT * FROM judged "
        "WHERE by_name OR (occurrences > 0 AND least(1.0, counted_links / occurrences) >= ?)",
        values=[options.min_link_probability],
    )
    tables.run(
        "CREATE TABLE ranked AS SELECT pairs.*, row_number() OVER (PARTITION BY mention ORDER BY "
        "  links DESC, is_title(source) DESC, is_redirect(source) DESC, title) AS place "
        "FROM pairs SEMI JOIN kept USING (mention) WHERE (links >= ? OR is_by_name(source)) "
        "AND (NOT ? OR title IN (SELECT title FROM pages)) "
        "AND (? OR title NOT IN (SELECT title FROM pages WHERE is_disambiguation))",
        values=[options.min_links, options.existing_only, options.keep_disambiguation],
    )
    tables.run(
        "CREATE TABLE chosen AS SELECT kept.mention, kept.links AS all_links, kept.occurrences, "
        "kept.counted_links, "
        "ranked.title, ranked.links, ranked.source, ranked.place "
        "FROM ranked JOIN kept USING (mention) WHERE place <= ?",
        values=[options.max_candidates],
    )


def candidate_rows(rows: Iterable[Sequence[Any]]) -> Iterator[CandidateRow]:
    """The names with their candidates, of the rows of ``CHOSEN`` in their order."""
    for (mention, links, occurrences, counted), group in groupby(rows, key=itemgetter(0, 1, 2, 3)):
        candidates = [(row[4], row[5], row[6]) for row in group]
        yield CandidateRow(mention, links, occurrences, candidates, counted)


def count_choice(tables: Tables) -> dict[str, int]:
    """How many names and candidates there are, and how many of them were dropped and why."""
    n_names = tables.number("SELECT count(*) FROM judged")
    n_kept = tables.number("SELECT count(*) FROM kept")
    absent = tables.number("SELECT count(*) FROM judged WHERE NOT by_name AND occurrences = 0")
    without = n_kept - tables.number("SELECT count(DISTINCT mention) FROM chosen")
    n_pairs = tables.number("SELECT count(*) FROM pairs SEMI JOIN kept USING (mention)")
    n_ranked = tables.number("SELECT count(*) FROM ranked")
    return {
        "mentions_given": n_names,
        "mentions_dropped_not_in_texts": absent,
        "mentions_dropped_seldom_links": n_names - n_kept - absent,
        "mentions_dropped_without_candidate": without,
        "candidates_dropped_unwanted": n_pairs - n_ranked,
        "candidates_dropped_beyond_most": n_ranked - tables.number("SELECT count(*) FROM chosen"),
    }
