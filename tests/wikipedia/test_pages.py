"""What is written into a page store is read from it, in order and by title, by anybody."""

import pickle

import duckdb
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openluke.errors import CheckpointError, ConfigError, DataError
from openluke.records.pages import Page, PageLink, Paragraph, Redirect
from openluke.wikipedia import page_writing, title_index
from openluke.wikipedia.page_columns import PageColumns, read_pages
from openluke.wikipedia.pages import PageStore, PageWriter
from openluke.wikipedia.title_index import TitleIndex
from tests.wikipedia.small_stores import linking, write_store

PAGES = [
    Page(
        title="Nile",
        id=7,
        paragraphs=(
            Paragraph("🐊 in the Nile", (PageLink(0, 1, "Crocodile"), PageLink(9, 13, "Nile"))),
            Paragraph("History", (), "heading"),
            Paragraph("Cairo", (PageLink(0, 5, "Cairo"),), "item"),
        ),
        n_lead=1,
        wikidata="Q3392",
        interlanguage=("de:Nil", "ja:ナイル川"),
    ),
    Page(title="Empty"),
    Page(title="Cairo (disambiguation)", id=9, is_disambiguation=True, n_lead=0),
    linking("List of rivers", ["Nile", "東京"], is_list=True, n_lead=1),
]  # fmt: skip
REDIRECTS = [Redirect("The Nile", "Nile"), Redirect("Cataract", "Nile", "Rapids")]

words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)


@st.composite
def paragraphs(draw):
    text = draw(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), min_size=1)
    )
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
    links = [PageLink(s, e, draw(words)) for s, e in zip(cuts[::2], cuts[1::2], strict=False)]
    return Paragraph(text, tuple(links), draw(st.sampled_from(["text", "item", "heading"])))


pages = st.builds(
    Page,
    title=words,
    id=st.none() | st.integers(0, 1 << 40),
    paragraphs=st.lists(paragraphs(), max_size=5).map(tuple),
    n_lead=st.integers(0, 5),
    is_disambiguation=st.booleans(),
    is_list=st.booleans(),
    wikidata=st.none() | words,
    interlanguage=st.lists(words, max_size=3).map(tuple),
)


@given(st.lists(pages, max_size=5))
def test_pages_come_back_as_they_were(written) -> None:
    columns = PageColumns()
    for page in written:
        columns.add(page)
    table = columns.table()
    assert list(read_pages(table)) == written
    for row, page in enumerate(written):
        assert next(read_pages(table.slice(row, 1))) == page
    links = zip(
        *(table.column(f"link_{what}s").to_pylist() for what in ("start", "end")), strict=True
    )
    for page, text, (starts, ends) in zip(
        written, table.column("text").to_pylist(), links, strict=True
    ):
        anchors = [p.text[link.start : link.end] for p in page.paragraphs for link in p.links]
        assert [text[start:end] for start, end in zip(starts, ends, strict=True)] == anchors
    assert columns.n_characters == sum(len(text) for text in table.column("text").to_pylist())


@pytest.fixture
def store(tmp_path):
    write_store(tmp_path / "s", pages=PAGES, redirects=[r[:2] for r in REDIRECTS], n_parts=3)
    return PageStore.open(tmp_path / "s")


def test_a_store_is_read_in_order_by_part_and_by_title(store) -> None:
    assert len(store) == 4
    assert store.n_parts == 3
    assert store.site.language == "en"
    assert [page.title for page in store.pages()] == [PAGES[n].title for n in (0, 3, 1, 2)]
    assert list(store.pages(part=0)) == [PAGES[0], PAGES[3]]
    assert list(store.redirects()) == [Redirect("The Nile", "Nile"), Redirect("Cataract", "Nile")]
    assert [list(store.redirects(part=n)) for n in (1, 2)] == [[Redirect("Cataract", "Nile")], []]
    for page in PAGES:
        assert store.page(page.title) == page
        assert store.has(page.title)
    assert store.page("list_of  rivers") == PAGES[3]
    for title in ("The Nile", "", "nil", "\ud800", "x" * 1000):
        assert store.page(title) is None
        assert not store.has(title)
    for part in (-1, 3):
        with pytest.raises(ConfigError, match=f"found part {part}, expected one from 0 to 2"):
            next(store.pages(part=part))


def test_another_process_opens_the_same_files(store, monkeypatch, tmp_path) -> None:
    data = pickle.dumps(store)
    assert len(data) < 300
    assert pickle.loads(data).page("Nile") == PAGES[0]


def test_row_groups_are_small_and_pages_many(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(page_writing, "MOST_PAGES", 3)
    monkeypatch.setattr(page_writing, "MOST_CHARACTERS", 100)
    monkeypatch.setattr(page_writing, "MOST_REDIRECTS", 2)
    written = [linking(f"P{n}", ["x" * 60] * (n % 4), id=n) for n in range(20)]
    redirects = [(f"R{n}", "P1") for n in range(7)]
    write_store(tmp_path / "s", pages=written, redirects=redirects, n_parts=2)
    store = PageStore.open(tmp_path / "s")
    assert [pq.ParquetFile(file).num_row_groups for file in store.files()] == [5, 5]
    assert sorted(store.pages(), key=lambda page: page.id or 0) == written
    assert [store.page(page.title) for page in written] == written
    assert len(list(store.redirects())) == 7


def test_other_programs_read_the_files(store) -> None:
    glob = f"{store.path}/pages/*.parquet"
    found = duckdb.sql(
        "SELECT title, text[link_starts[1] + 1 : link_ends[1]], link_titles "
        f"FROM '{glob}' WHERE len(link_titles) > 0 ORDER BY id NULLS LAST"
    ).fetchall()
    assert found[0] == ("Nile", "🐊", ["Crocodile", "Nile", "Cairo"])
    assert duckdb.sql(f"SELECT count(*) FROM '{store.path}/redirects/*.parquet'").fetchall() == [
        (2,)
    ]
    table = ds.dataset(store.path / "pages").to_table(columns=["title", "interlanguage"])
    assert table.to_pylist()[0] == {"title": "Nile", "interlanguage": ["de:Nil", "ja:ナイル川"]}


def test_titles_of_one_hash_are_told_apart_and_repeated_ones_are_counted(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(title_index, "_hash", len)
    written = [linking(title, [title]) for title in ("ab", "ba", "abc", "ab")]
    write_store(tmp_path / "s", pages=written, n_parts=2)
    store = PageStore.open(tmp_path / "s")
    for title in ("ba", "abc"):
        page = store.page(title)
        assert page is not None
        assert page.title == title
    assert not store.has("cb")
    assert list(TitleIndex(store.path).find("xx")) == [(0, 0), (1, 0), (1, 1)]
    assert page_writing.complete_store(store.path, site=store.site) == {"repeated_titles": 2}


def test_an_empty_store_is_one(tmp_path) -> None:
    write_store(tmp_path / "s")
    store = PageStore.open(tmp_path / "s")
    assert (len(store), list(store.pages()), list(store.redirects())) == (0, [], [])
    assert store.page("Nile") is None


@pytest.mark.parametrize(
    ("paragraph", "message"),
    [
        (Paragraph(""), "found the paragraph '', expected a line of text"),
        (Paragraph("a\nb"), r"paragraph 'a\\nb', expected a line"),
        (Paragraph("abc", (PageLink(1, 4, "x"),)), "in a paragraph of 3 characters"),
        (Paragraph("abc", (PageLink(1, 1, "x"),)), "link PageLink.start=1, end=1"),
        (Paragraph("abc", (PageLink(1, 3, "x"), PageLink(2, 3, "x"))), "begins at 3 or after"),
    ],
)
def test_pages_that_cannot_be_read_back_are_refused(tmp_path, paragraph, message) -> None:
    with PageWriter(tmp_path, 0) as writer, pytest.raises(DataError, match=message):
        writer.add(Page(title="Nile", paragraphs=(Paragraph("x"), paragraph)))


def test_half_a_character_is_refused_with_its_page(tmp_path) -> None:
    writer = PageWriter(tmp_path, 0)
    writer.add(PAGES[0])
    writer.add(linking("P", ["so \ud83d it"]))
    with pytest.raises(DataError, match="'P' has a lone surrogate in 'so "), writer:
        pass
    writer = PageWriter(tmp_path, 1)
    writer.add_redirect(Redirect("\ud83d", "x"))
    with pytest.raises(DataError, match="a redirect has a lone surrogate"), writer:
        pass


def test_a_damaged_store_is_told(store) -> None:
    with pytest.raises(CheckpointError, match="is a directory without manifest"):
        PageStore.open(store.path / "pages")
    file = store.files()[0]
    whole = file.read_bytes()
    file.write_bytes(bytes(len(whole)))
    with pytest.raises(CheckpointError, match=r"00000\.parquet: cannot be read: .*parse the dump"):
        list(PageStore.open(store.path).pages())
    with pytest.raises(CheckpointError, match=r"00000\.parquet: cannot be read: "):
        PageStore.open(store.path).page("Nile")
    file.write_bytes(whole[:-1])
    with pytest.raises(CheckpointError, match="bytes, expected"):
        PageStore.open(store.path)
