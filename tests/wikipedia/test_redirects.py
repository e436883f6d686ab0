"""Chains and circles of redirects."""

import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openluke.wikipedia.redirects import MAX_HOPS, resolve_redirects
from openluke.wikipedia.reductions import open_tables


@pytest.fixture
def resolve(tmp_path):
    """Resolve pairs of title and target beside pages."""

    def call(redirects, *, pages=("Page",)):
        with open_tables(tmp_path / "out") as tables:
            titles, targets = [a for a, _ in redirects], [b for _, b in redirects]
            tables.add_columns("redirects", columns={"title": titles, "target": targets})
            tables.add_columns("pages", columns={"title": list(pages)})
            counts = resolve_redirects(tables)
            rows = list(tables.rows("SELECT title, target FROM resolved ORDER BY title, target"))
            assert len(dict(rows)) == len(rows)
            return dict(rows), counts

    return call


def follow(title, *, redirects, pages):
    """Where a title leads, one hop after another; ``None`` when it does not end."""
    last_is_smallest = sorted(redirects, reverse=True)
    hops = {source: target for source, target in last_is_smallest if source not in pages}
    for _ in range(MAX_HOPS):
        title = hops[title]
        if title not in hops:
            return title
    return None


def chain(length):
    """Redirects R1 to R2 and so on; the last one leads to the page."""
    titles = [f"R{i}" for i in range(length)] + ["Page"]
    return list(itertools.pairwise(titles))


def test_a_chain_leads_to_its_end(resolve):
    resolved, counts = resolve(chain(3))
    assert resolved == {"R0": "Page", "R1": "Page", "R2": "Page"}
    assert counts["redirects"] == 3
    assert counts["redirects_dropped_endless"] == 0


def test_ten_hops_are_followed_and_eleven_are_not(resolve):
    resolved, counts = resolve(chain(11))
    assert "R0" not in resolved
    assert resolved["R1"] == "Page"
    assert counts["redirects_dropped_endless"] == 1


def test_circles_are_dropped_with_what_leads_into_them(resolve):
    resolved, counts = resolve([("A", "B"), ("B", "A"), ("C", "A"), ("D", "D"), ("E", "Page")])
    assert resolved == {"E": "Page"}
    assert counts["redirects_dropped_endless"] == 4


def test_a_title_that_is_a_page_is_no_redirect(resolve):
    resolved, counts = resolve([("Page", "Other"), ("A", "Page")])
    assert resolved == {"A": "Page"}
    assert counts["redirects_dropped_page"] == 1


def test_the_smallest_of_several_targets_counts(resolve):
    resolved, counts = resolve([("A", "Z"), ("A", "Page"), ("A", "Page")])
    assert resolved == {"A": "Page"}
    assert counts["redirects_dropped_repeated"] == 2


def test_a_redirect_may_lead_to_a_missing_page(resolve):
    resolved, counts = resolve([("A", "Nowhere")])
    assert resolved == {"A": "Nowhere"}
    assert counts["redirects_to_missing_pages"] == 1


def test_without_redirects_there_is_nothing_to_resolve(tmp_path):
    with open_tables(tmp_path / "out") as tables:
        shape = {"title": "VARCHAR", "target": "VARCHAR"}
        tables.add_files("redirects", files=[], columns=shape)
        tables.add_files("pages", files=[], columns={"title": "VARCHAR"})
        assert not any(resolve_redirects(tables).values())


def test_a_hundred_thousand_redirects_in_a_circle_end(resolve):
    n = 100_000
    circle = [(f"R{i}", f"R{(i + 1) % n}") for i in range(n)]
    start = time.monotonic()
    resolved, counts = resolve(circle)
    assert time.monotonic() - start < 20  # tenths of a second on a quiet machine
    assert not resolved
    assert counts["redirects_dropped_endless"] == n


titles = st.text("ABCDEFG", min_size=1, max_size=1)


@settings(max_examples=15)
@given(st.lists(st.tuples(titles, titles), min_size=1), st.sets(titles, min_size=1))
def test_every_redirect_leads_where_single_steps_lead(tmp_path_factory, redirects, pages):
    with open_tables(tmp_path_factory.mktemp("tables") / "out") as tables:
        columns = {"title": [a for a, _ in redirects], "target": [b for _, b in redirects]}
        tables.add_columns("redirects", columns=columns)
        tables.add_columns("pages", columns={"title": sorted(pages)})
        counts = resolve_redirects(tables)
        found = dict(tables.rows("SELECT title, target FROM resolved"))
    ends = {
        title: follow(title, redirects=redirects, pages=pages)
        for title, _ in redirects
        if title not in pages
    }
    assert found == {title: end for title, end in ends.items() if end is not None}
    assert counts["redirects"] == len(redirects)
    dropped = sum(n for name, n in counts.items() if "dropped" in name)
    assert counts["redirects"] - dropped == len(found)
