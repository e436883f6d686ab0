"""Items made of links between Wikipedias, where no dump of Wikidata says what belongs together."""

# The types of pyarrow are unknown.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from array import array
from collections.abc import Iterator, Sequence

import numpy as np

from openluke.wikipedia.name_groups import NameGroups
from openluke.wikipedia.reductions import Tables
from openluke.wikipedia.sitelink_tables import ITEM_LANGUAGE


def group_names(tables: Tables, *, languages: Sequence[str]) -> dict[str, int]:
    """Make the table ``names`` (item, language, title) of the table ``pairs`` of linked names.

    Names that link each other, over others too, belong to one item, but no item gets two titles
    of one language, nor two of Wikidata's items: links to Wikidata come first, then those stated
    most often (in both directions, say), then those between equal titles; what they have put
    together later ones cannot change. Names that belong to no other are left out.

    Returns:
        How many names and links there are, and how many of them were dropped and why.
    """
    _number_names(tables, languages=languages)
    in_languages, items = _nodes(tables)
    groups = NameGroups(in_languages)
    groups.link(_links(tables))
    found = _item_numbers(groups, items=items)
    tables.add_columns("found", columns={"node": np.arange(len(found)), "item": found})
    tables.run(
        "CREATE TABLE names AS SELECT item, language, title FROM nodes JOIN found USING (node) "
        "WHERE item <> 0 AND language <> ?",
        values=[ITEM_LANGUAGE],
    )
    return {
        "links": tables.number("SELECT count(*) FROM links"),
        "links_dropped_other_language": tables.number(
            "SELECT count(*) FROM pairs WHERE NOT (list_contains(?, language) "
            "AND list_contains(?, other_language))",
            values=[[ITEM_LANGUAGE, *languages]] * 2,
        ),
        "links_dropped_second_title": groups.n_refused,
        "names_dropped_alone": int((np.array(found) == 0).sum()),
    }


def _number_names(tables: Tables, *, languages: Sequence[str]) -> None:
    """Make the tables ``nodes`` (node, language, title) and ``links`` between nodes."""
    tables.run(
        "CREATE TABLE good_pairs AS SELECT * FROM pairs "
        "WHERE list_contains(?, language) AND list_contains(?, other_language) "
        "AND (language, title) <> (other_language, other_title)",
        values=[[ITEM_LANGUAGE, *languages]] * 2,
    )
    tables.run(
        "CREATE TABLE nodes AS SELECT row_number() OVER (ORDER BY language, title) - 1 AS node, "
        "language, title FROM (SELECT language, title FROM good_pairs UNION "
        "SELECT other_language, other_title FROM good_pairs)"
    )
    tables.run(
        "CREATE TABLE links AS SELECT least(a.node, b.node) AS one, greatest(a.node, b.node) AS "
        "other, count(*) AS times, bool_or(a.title = b.title) AS is_equal "
        "FROM good_pairs JOIN nodes AS a USING (language, title) "
        "JOIN nodes AS b ON (b.language, b.title) = (other_language, other_title) GROUP BY ALL"
    )


def _nodes(tables: Tables) -> tuple["array[int]", "array[int]"]:
    """The number of each node's language, and the items that the first nodes stand for."""
    places: dict[str, int] = {}
    in_languages, items = array("H"), array("q")
    for batch in tables.batches("SELECT language, title FROM nodes ORDER BY node"):
        names, titles = (column.to_pylist() for column in batch.columns)
        in_languages.extend(places.setdefault(name, len(places)) for name in names)
        items.extend(
            int(title[1:])
            for name, title in zip(names, titles, strict=True)
            if name == ITEM_LANGUAGE
        )
    return in_languages, items


def _links(tables: Tables) -> Iterator[tuple[int, int]]:
    """Links between nodes, those that matter most first; items are the first nodes."""
    query = (
        "SELECT one, other FROM links JOIN nodes ON one = node "
        "ORDER BY language <> '', times DESC, is_equal DESC, one, other"
    )
    for batch in tables.batches(query):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _item_numbers(groups: NameGroups, *, items: Sequence[int]) -> "array[int]":
    """The item of each node: Wikidata's, or else a negative number; 0 of nodes that are alone."""
    found = array("q", [0]) * groups.n_names
    n_new = 0
    for node in range(groups.n_names):
        members = () if found[node] else groups.members(node)
        if node < len(items):
            item = items[node]
        elif len(members) > 1:
            n_new += 1
            item = -n_new
        else:
            continue
        for member in members:
            found[member] = item
    return found
