"""Wikidata items and disambiguation flags by the ids of pages."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openluke.errors import CheckpointError, DataError
from openluke.wikipedia.page_facts import ITEMS, PageFacts, write_page_facts
from tests.wikipedia.sql_dumps import sql_dump

COLUMNS = {"pp_page": "int", "pp_propname": "varbinary", "pp_value": "blob", "pp_sortkey": "float"}


def facts_of(directory, *, rows):
    text = sql_dump("page_props", columns=COLUMNS, rows=[(*row, None) for row in rows])
    (directory / "props.sql").write_bytes(text)
    counts = write_page_facts(directory / "facts", page_props=directory / "props.sql")
    return PageFacts(directory / "facts"), counts


@pytest.fixture
def facts(tmp_path):
    rows = [
        (12, b"wikibase_item", b"Q6199"),
        (12, b"defaultsort", b"Anarchism"),
        (5, b"disambiguation", b""),
        (5, b"wikibase_item", b"Q9"),
        (7, b"disambiguation", b""),
        (8, b"wikibase_item", b"broken"),
    ]
    return facts_of(tmp_path, rows=rows)


def test_pages_are_found_by_their_ids(facts):
    found, counts = facts
    assert found.find(12) == ("Q6199", False)
    assert found.find(5) == ("Q9", True)
    assert found.find(7) == (None, True)
    assert found.find(8) == found.find(0) == found.find(10**9) == (None, False)
    assert len(found) == 3
    assert counts == {"pages_with_item": 2, "disambiguation_pages": 2}


def test_another_process_opens_the_same_files(facts):
    assert pickle.loads(pickle.dumps(facts[0])).find(12) == ("Q6199", False)


def test_a_dump_without_such_properties_says_nothing(tmp_path):
    found, counts = facts_of(tmp_path, rows=[(1, b"defaultsort", b"A")])
    assert found.find(1) == (None, False)
    assert not any(counts.values())


@pytest.mark.parametrize(
    "row",
    [(1, b"wikibase_item", b"Q99999999999999999999"), (b"abc", b"disambiguation", b"")],
)
def test_values_that_cannot_be_are_told(tmp_path, row):
    with pytest.raises(DataError, match=r"props\.sql: found b'(9+|abc)' for an? \w+, expected"):
        facts_of(tmp_path, rows=[row])


def test_files_that_do_not_belong_together_are_told(facts, tmp_path):
    np.save(tmp_path / "facts" / ITEMS, np.zeros(7, np.int64))
    with pytest.raises(CheckpointError, match="found 3 pages and 7 items"):
        PageFacts(tmp_path / "facts")


pages = st.integers(1, 30)


@given(items=st.dictionaries(pages, st.integers(1, 10**9)), flagged=st.sets(pages))
def test_it_is_what_a_dictionary_says(tmp_path_factory, items, flagged):
    rows = [(page, b"wikibase_item", b"Q%d" % item) for page, item in items.items()]
    rows += [(page, b"disambiguation", b"") for page in flagged]
    rows.append((40, b"defaultsort", b""))
    found, _ = facts_of(tmp_path_factory.mktemp("facts"), rows=rows)
    for page in range(32):
        item = f"Q{items[page]}" if page in items else None
        assert found.find(page) == (item, page in flagged)
