"""The table of what belongs together: from Wikidata, from tables, from page stores."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openluke.entities.titles import Name
from openluke.errors import CheckpointError, ConfigError, DataError
from openluke.wikipedia import interwiki
from openluke.wikipedia.build_interwiki import build_interwiki
from openluke.wikipedia.interwiki import HASHES, SQL_HASH, Interwiki, name_hash
from openluke.wikipedia.interwiki_sources import InterwikiSources
from openluke.wikipedia.reductions import Limits, open_tables
from tests.wikipedia.small_stores import linking, write_store
from tests.wikipedia.sql_dumps import sql_dump
from tests.wikipedia.test_wikidata_items import dump_text, item

ONE = Limits(workers=1)


@pytest.fixture
def build(tmp_path):
    def call(*, languages=None, **sources):
        counts = build_interwiki(
            tmp_path / "interwiki",
            sources=InterwikiSources(**sources),
            languages=languages,
            limits=ONE,
            replace=True,
        )
        return Interwiki.open(tmp_path / "interwiki"), counts

    return call


@pytest.fixture
def wikidata(tmp_path):
    file = tmp_path / "wikidata.json"
    simple = item(29, enwiki="Spain", jawiki="スペイン", zhwiki="西班牙", simplewiki="Spain")
    belgium = item(31, enwiki="Belgium: a country", commonswiki="Belgium")
    file.write_bytes(dump_text([simple, belgium, item(7)]))
    return file


def test_spain_has_its_titles_in_other_languages(build, wikidata):
    table, counts = build(wikidata=[wikidata])
    assert table.same("Spain", language="en") == (
        Name("Spain", "en"),
        Name("スペイン", "ja"),
        Name("西班牙", "zh"),
    )
    assert table.find("Spain", language="en") == 29
    assert table.find("スペイン", language="ja") == 29
    assert counts["items"] == len(table) == 2
    assert counts["names"] == table.n_names == 4
    assert counts["wikidata_items"] == 3
    assert table.languages == {"en": 2, "ja": 1, "zh": 1}


def test_what_is_not_there_is_not_found(build, wikidata):
    table, _ = build(wikidata=[wikidata])
    assert table.find("Spain", language="ja") is None
    assert table.find("Spain", language="simple") is None
    assert table.find("\ud800", language="en") is None
    assert table.same("Nowhere", language="en") == table.titles(30) == table.titles(99) == ()


def test_titles_are_found_in_other_spellings(build, wikidata):
    table, _ = build(wikidata=[wikidata])
    assert table.find("belgium:_a  country", language="en") == 31


def test_languages_can_be_chosen(build, wikidata):
    table, _ = build(wikidata=[wikidata], languages=["simple", "ja"])
    assert table.titles(29) == (Name("スペイン", "ja"), Name("Spain", "simple"))
    assert len(table) == 1
    with pytest.raises(ConfigError, match="found commons, expected codes"):
        build(wikidata=[wikidata], languages=["commons"])


def test_a_table_may_have_items(build, tmp_path):
    (tmp_path / "links.tsv").write_text(
        "Q29\ten\tSpain\nQ29\tjawiki\tスペイン\nQ31\tfr\tBelgique\nQ31\tcommonswiki\tBelgium\n"
        "Q30\ten\tSpain\n",
        encoding="utf-8",
    )
    table, counts = build(tables=[tmp_path / "links.tsv"])
    assert table.same("Spain", language="en") == (Name("Spain", "en"), Name("スペイン", "ja"))
    assert table.find("Belgique", language="fr") == 31
    assert counts["names_dropped_claimed_twice"] == 1


def test_a_table_may_have_titles_of_a_language(build, tmp_path):
    (tmp_path / "links.tsv").write_text(
        "Spain\tja\tスペイン\nSpain\tde\tSpanien\nHispania\tja\tスペイン\nSpain\tcommons\tSpain\n",
        encoding="utf-8",
    )
    table, counts = build(tables=[tmp_path / "links.tsv"], table_language="en")
    # of two English titles for one Japanese title the first keeps it
    assert table.find("Hispania", language="en") == table.find("スペイン", language="ja") == -2
    assert table.find("Spain", language="en") == table.find("Spanien", language="de") == -1
    assert counts["links_dropped_second_title"] == 1
    assert len(table) == 2


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("Spain\tja\tスペイン\n", "found 'Spain', expected an item such as Q31"),
        ("Spain\tja\tスペイン\n", r"\(table_language, --table-language\)"),
        ("Q31\tja\n", r":1: found 2 columns, expected 3"),
    ],
)
def test_a_table_of_something_else_is_told(build, tmp_path, line, problem):
    (tmp_path / "links.tsv").write_text(line, encoding="utf-8")
    with pytest.raises(DataError, match=problem):
        build(tables=[tmp_path / "links.tsv"])


def test_an_item_has_one_title_of_a_language(build, tmp_path):
    (tmp_path / "links.tsv").write_text("Q1\ten\tB\nQ1\ten\tA\nQ1\tde\tC\n", encoding="utf-8")
    table, counts = build(tables=[tmp_path / "links.tsv"])
    assert table.titles(1) == (Name("C", "de"), Name("A", "en"))
    assert counts["names_dropped_second_title"] == 1


@pytest.mark.parametrize("n_lines", [1, 30])
def test_items_are_no_titles(build, tmp_path, n_lines):
    lines = "".join(f"Q{n}\tde\tSeite {n}\n" for n in range(n_lines))
    (tmp_path / "links.tsv").write_text(lines, encoding="utf-8")
    with pytest.raises(DataError, match="begins with items such as Q31, expected titles in 'en'"):
        build(tables=[tmp_path / "links.tsv"], table_language="en")
    (tmp_path / "links.tsv").write_text(f"Spain\tde\tSpanien\n{lines}", encoding="utf-8")
    table, _ = build(tables=[tmp_path / "links.tsv"], table_language="en")
    assert table.n_names == 2 * n_lines + 2


@pytest.mark.parametrize(("first", "language"), [("Q1", None), ("Spain", "en")])
def test_marks_and_empty_lines_and_titles_do_no_harm(build, tmp_path, first, language):
    text = f"\ufeff{first}\tde\tSpanien\n{first}\tja\t \n\n"
    if language is not None:
        text += "\tfr\tRien\n\n"
    (tmp_path / "links.tsv").write_text(text, encoding="utf-8")
    table, _ = build(tables=[tmp_path / "links.tsv"], table_language=language)
    assert table.n_names == (1 if language is None else 2)
    assert table.find("Spanien", language="de") is not None


def test_page_stores_know_pages_in_other_languages(build, tmp_path):
    spain = linking("Spain", interlanguage=("ja:スペイン", "de:Spanien"))
    english = write_store(tmp_path / "en", pages=[spain, linking("Japan", wikidata="Q17")])
    japan = linking("日本", wikidata="Q17", interlanguage=("en:Spain",))  # which is wrong
    japanese = write_store(tmp_path / "ja", pages=[japan], language="ja")
    table, counts = build(stores=[english, japanese])
    assert table.titles(17) == (Name("Japan", "en"), Name("日本", "ja"))
    assert table.find("Spanien", language="de") == table.find("スペイン", language="ja") == -1
    assert counts["links_dropped_second_title"] == 1


def test_the_language_of_a_store_is_kept_whatever_it_is(build, tmp_path):
    simple = [linking("Spain", interlanguage=("ja:スペイン", "de:Spanien"))]
    store = write_store(tmp_path / "simple", pages=simple, language="simple")
    table, counts = build(stores=[store])
    assert table.find("Spain", language="simple") == table.find("Spanien", language="de") == -1
    assert counts["names"] == 3
    table, counts = build(stores=[store], languages=["ja"])
    assert table.languages == {"ja": 1, "simple": 1}
    assert counts["links_dropped_other_language"] == 1
    (tmp_path / "links.tsv").write_text("Spain\tde\tSpanien\n", encoding="utf-8")
    table, _ = build(tables=[tmp_path / "links.tsv"], table_language="simple")
    assert table.find("Spain", language="simple") == -1


def test_names_in_other_languages_are_counted(build, wikidata, tmp_path):
    _, counts = build(wikidata=[wikidata], languages=["ja"])
    assert counts["wikidata_names_dropped_other_language"] == 4
    (tmp_path / "links.tsv").write_text("Q1\tde\tA\nQ1\tja\tB\n", encoding="utf-8")
    _, counts = build(tables=[tmp_path / "links.tsv"], languages=["ja"])
    assert counts["names_dropped_other_language"] == 1


def test_langlinks_are_joined_by_the_ids_of_pages(build, tmp_path):
    store = write_store(tmp_path / "en", pages=[linking("Spain", id=4), linking("Japan", id=5)])
    columns = {"ll_from": "int", "ll_lang": "varbinary", "ll_title": "varbinary"}
    rows = [(4, b"ja", "スペイン".encode()), (5, b"ja", b"Nippon_(x)"), (6, b"ja", b"A")]
    rows.append((4, b"commons", b"B"))
    file = tmp_path / "langlinks.sql"
    file.write_bytes(sql_dump("langlinks", columns=columns, rows=rows))
    table, _ = build(stores=[store], langlinks=[file])
    assert table.same("Spain", language="en") == (Name("Spain", "en"), Name("スペイン", "ja"))
    assert table.same("Japan", language="en") == (Name("Japan", "en"), Name("Nippon (x)", "ja"))
    assert len(table) == 2


def test_langlinks_of_stores_in_another_order_are_other_sources(tmp_path):
    columns = {"ll_from": "int", "ll_lang": "varbinary", "ll_title": "varbinary"}
    stores, files = [], []
    for number, language in enumerate(("el", "ja")):
        stores.append(write_store(tmp_path / language, pages=[linking(language)]))
        files.append(tmp_path / f"{language}.sql")
        files[-1].write_bytes(sql_dump("langlinks", columns=columns, rows=[(number, b"en", b"A")]))
    swapped = InterwikiSources(stores=stores, langlinks=files[::-1])
    right = InterwikiSources(stores=stores, langlinks=files)
    build_interwiki(tmp_path / "out", sources=swapped, limits=ONE)
    with pytest.raises(CheckpointError, match="made otherwise"):
        build_interwiki(tmp_path / "out", sources=right, limits=ONE, reuse=True)


def test_sources_that_cannot_work_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="nothing that says"):
        InterwikiSources()
    with pytest.raises(ConfigError, match="1 files of langlinks and 2 page stores"):
        InterwikiSources(stores=["a", "b"], langlinks=["c"])
    with pytest.raises(ConfigError, match="a Wikipedia's code"):
        InterwikiSources(tables=["a"], table_language="English")


def test_a_dump_without_pages_gives_an_empty_table(build, tmp_path):
    (tmp_path / "wikidata.json").write_bytes(dump_text([item(7)]))
    table, _ = build(wikidata=[tmp_path / "wikidata.json"])
    assert len(table) == 0
    assert table.find("Spain", language="en") is None
    assert table.titles(7) == ()


def test_names_with_the_same_hash_are_told_apart(build, wikidata, monkeypatch):
    monkeypatch.setattr(interwiki, "name_hash", lambda _: 5)
    table, _ = build(wikidata=[wikidata])
    monkeypatch.setattr(table, "_hashes", np.full(4, 5, np.uint64))
    assert table.find("スペイン", language="ja") == 29
    assert table.find("Belgium: a country", language="en") == 31
    assert table.find("Nowhere", language="en") is None


def test_hashes_are_the_same_in_sql(tmp_path):
    names = [Name("Spain", "en"), Name("スペイン", "ja"), Name("a:b 𝄞", "zh-yue")]
    with open_tables(tmp_path / "out") as tables:
        columns = {"language": [n.language for n in names], "title": [n.title for n in names]}
        tables.add_columns("names", columns=columns)
        query = f"SELECT language, title, {SQL_HASH} AS hash FROM names ORDER BY language"
        found = {Name(title, language): value for language, title, value in tables.rows(query)}
    assert found == {name: name_hash(name) for name in names}


def test_a_finished_one_of_the_same_sources_will_do(wikidata, tmp_path):
    sources = InterwikiSources(wikidata=[wikidata])
    first = build_interwiki(tmp_path / "out", sources=sources, limits=ONE)
    assert build_interwiki(tmp_path / "out", sources=sources, reuse=True) == first
    with pytest.raises(CheckpointError, match="--replace"):
        build_interwiki(tmp_path / "out", sources=sources, languages=["en"], reuse=True)


def test_parts_that_were_read_are_not_read_again(wikidata, tmp_path, monkeypatch):
    sources = InterwikiSources(wikidata=[wikidata])
    told = []

    def call():
        build_interwiki(
            tmp_path / "out", sources=sources, limits=ONE, part_size=300, on_done=told.append
        )

    with monkeypatch.context() as patch:
        patch.setattr("openluke.wikipedia.build_interwiki.write_interwiki", None)
        with pytest.raises(TypeError):
            call()
    n_parts = len(told)
    call()
    assert [done.was_done for done in told] == [False] * n_parts + [True] * n_parts
    assert n_parts > 1


def test_another_process_opens_the_same_files(build, wikidata):
    table, _ = build(wikidata=[wikidata])
    assert pickle.loads(pickle.dumps(table)).find("Spain", language="en") == 29


def test_damaged_files_are_told(build, wikidata, tmp_path):
    build(wikidata=[wikidata])
    file = tmp_path / "interwiki" / HASHES
    file.write_bytes(file.read_bytes()[:-8])
    with pytest.raises(CheckpointError, match=r"hashes\.npy: found"):
        Interwiki.open(tmp_path / "interwiki")


def test_the_same_bytes_come_of_any_workers_parts_and_hashes(tmp_path, wikidata):
    program = (
        "import sys\n"
        "from openluke.wikipedia.build_interwiki import build_interwiki\n"
        "from openluke.wikipedia.interwiki_sources import InterwikiSources\n"
        "from openluke.wikipedia.reductions import Limits\n"
        "if __name__ == '__main__':\n"
        "    build_interwiki(sys.argv[2], sources=InterwikiSources(wikidata=[sys.argv[1]]),\n"
        "        limits=Limits(workers=int(sys.argv[3])), part_size=int(sys.argv[4]))\n"
    )
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    contents = []
    for seed, part_size in ((1, 300), (2, 10_000)):
        out = tmp_path / f"out{seed}"
        command = [sys.executable, str(tmp_path / "program.py"), str(wikidata), str(out)]
        environment = os.environ | {"PYTHONHASHSEED": str(seed)}
        subprocess.run([*command, str(seed), str(part_size)], env=environment, check=True)
        files = {file.name: file.read_bytes() for file in out.iterdir()}
        del files["manifest.json"]  # which has the size of parts
        contents.append(files)
    assert contents[0] == contents[1]


names = st.text("abcdeé", min_size=1, max_size=2)
rows = st.tuples(st.integers(1, 5), st.sampled_from(["de", "en", "ja", "zh-yue"]), names)


@settings(max_examples=10)
@given(st.lists(rows, max_size=30))
def test_it_is_what_a_dictionary_says(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("table")
    lines = "".join(f"Q{number}\t{language}\t{title}\n" for number, language, title in rows)
    (path / "links.tsv").write_text(lines, encoding="utf-8")
    build_interwiki(path / "out", sources=InterwikiSources(tables=[path / "links.tsv"]), limits=ONE)
    table = Interwiki.open(path / "out")
    items = {}
    for number, language, title in sorted(rows, reverse=True):
        items[Name(title[0].upper() + title[1:], language)] = number
    kept = {}  # the first title of each item and language
    for name, number in sorted(items.items(), reverse=True):
        kept[number, name.language] = name
    for number in range(1, 6):
        expected = {name for (item, _), name in kept.items() if item == number}
        assert set(table.titles(number)) == expected
        assert len(table.titles(number)) == len(expected)
        assert all(table.find(name.title, language=name.language) == number for name in expected)
    assert table.n_names == len(kept)
