"""Rows of MediaWiki's SQL dumps."""

import bz2
import gzip
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from openluke.errors import DataError
from openluke.wikipedia import sql_tables
from openluke.wikipedia.sql_tables import as_title, read_sql_rows
from tests.wikipedia.sql_dumps import sql_dump

PROPS = {"pp_page": "int(10)", "pp_propname": "varbinary(60)", "pp_value": "blob"}


def read(path, *, columns=tuple(PROPS)):
    return list(read_sql_rows(path, table="page_props", columns=columns))


@pytest.fixture
def write(tmp_path):
    def call(rows, **options):
        text = sql_dump("page_props", columns=PROPS, rows=rows, **options)
        (tmp_path / "props.sql").write_bytes(text)
        return tmp_path / "props.sql"

    return call


def test_a_dump_as_wikimedia_has_it(tmp_path):
    path = tmp_path / "enwiki-page_props.sql.gz"
    text = (
        b"-- MariaDB dump 10.19  Distrib 10.5.23-MariaDB\n\n"
        b"DROP TABLE IF EXISTS `page_props`;\n"
        b"/*!40101 SET character_set_client = utf8 */;\n"
        b"CREATE TABLE `page_props` (\n"
        b"  `pp_page` int(10) unsigned NOT NULL DEFAULT 0,\n"
        b"  `pp_propname` varbinary(60) NOT NULL DEFAULT '',\n"
        b"  `pp_value` blob NOT NULL,\n"
        b"  `pp_sortkey` float DEFAULT NULL,\n"
        b"  PRIMARY KEY (`pp_page`,`pp_propname`),\n"
        b"  KEY `pp_propname_page` (`pp_propname`,`pp_page`)\n"
        b") ENGINE=InnoDB DEFAULT CHARSET=binary;\n"
        b"/*!40000 ALTER TABLE `page_props` DISABLE KEYS */;\n"
        b"INSERT INTO `page_props` VALUES (1,'wikibase_item','Q42',NULL),"
        b"(2,'defaultsort','O\\'Neil, \\\"S\\\\T\\\" (x);',-1.5e3);\n"
        b"INSERT INTO `page_props` VALUES (3,'disambiguation','',NULL);\n"
        b"/*!40000 ALTER TABLE `page_props` ENABLE KEYS */;\n"
        b"-- Dump completed on 2026-11-01\n"
    )
    path.write_bytes(gzip.compress(text))
    columns = ("pp_page", "pp_value", "pp_sortkey")
    assert read(path, columns=columns) == [
        (b"1", b"Q42", None),
        (b"2", b'O\'Neil, "S\\T" (x);', b"-1.5e3"),
        (b"3", b"", None),
    ]


values = st.none() | st.integers(-9, 10**12).map(lambda n: str(n).encode())
blobs = st.binary(max_size=12) | st.sampled_from([b"'", b"\\", b"),(", b"\n", b"NULL", b"\0;\x1a"])
rows = st.lists(st.tuples(st.integers(0, 10**9), values, blobs), min_size=1, max_size=20)


@given(rows=rows, per_insert=st.integers(1, 5), is_lined=st.booleans(), chunk=st.integers(1, 40))
@example(
    rows=[(1, None, b"\nINSERT INTO `page_props` VALUES (7,'a','b');")],
    per_insert=1,
    is_lined=False,
    chunk=7,
)
def test_rows_come_back_as_they_are(tmp_path_factory, rows, per_insert, is_lined, chunk):
    text = sql_dump(
        "page_props", columns=PROPS, rows=rows, per_insert=per_insert, is_lined=is_lined
    )
    path = tmp_path_factory.mktemp("sql") / "props.sql"
    path.write_bytes(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sql_tables, "_CHUNK", chunk)
        found = read(path)
    assert found == [(str(a).encode(), b, c) for a, b, c in rows]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress])
def test_the_first_bytes_say_how_it_is_packed(write, pack):
    path = write([(1, b"2", b"x")])
    path.write_bytes(pack(path.read_bytes()))
    assert read(path, columns=["pp_value"]) == [(b"x",)]


def test_values_may_be_marked_as_binary_and_rows_have_columns_named(write):
    path = write([])
    insert = b"INSERT INTO `page_props` (`pp_page`, `pp_propname`, `pp_value`) VALUES\n"
    text = path.read_bytes() + insert + b"(1,_binary 'a',0x4142),\n (2, 'it''s', 'c') ;\n"
    path.write_bytes(text)
    assert read(path) == [(b"1", b"a", b"0x4142"), (b"2", b"it's", b"c")]


@pytest.mark.parametrize(
    "insert",
    [
        b"INSERT INTO page_props VALUES",
        b"REPLACE INTO `page_props` VALUES",
        b"insert ignore into `wiki`.`page_props` values\n",
        b"INSERT INTO wiki.page_props(pp_page,pp_propname,pp_value) VALUES",
        b'INSERT INTO "page_props" VALUES',
    ],
)
def test_statements_may_be_spelt_otherwise(write, insert):
    path = write([])
    text = path.read_bytes() + insert + b" (1,'a','b');" + insert + b"(2,'c','d'); "
    path.write_bytes(text + insert + b" ( 3 , 'e' , 'INSERT INTO page_props' );\n")
    assert [row[0] for row in read(path)] == [b"1", b"2", b"3"]


def test_names_may_have_no_quotes_and_rows_columns_in_another_order(write):
    path = write([])
    text = path.read_bytes().replace(b"`", b"")
    insert = b"INSERT INTO page_props (pp_value, pp_page, pp_propname) VALUES ('v',1,'n');\n"
    path.write_bytes(text + insert)
    assert read(path) == [(b"1", b"n", b"v")]


def test_a_table_without_rows_is_told(write):
    with pytest.raises(DataError, match="after 0 rows of 'page_props'"):
        read(write([]))


def test_a_file_that_ends_in_any_place_of_a_later_statement_is_told(write):
    whole = write([(1, b"2", b"x"), (2, b"2", b"y")], per_insert=1).read_bytes()
    path = write([(1, b"2", b"x")])
    start = whole.index(b"INSERT", whole.index(b"INSERT") + 1)
    for end in range(start + 1, whole.index(b";", start)):
        path.write_bytes(whole[:end])
        with pytest.raises(DataError, match="cut off"):
            read(path)


def test_rows_of_other_tables_are_passed_over(write):
    path = write([(1, b"2", b"x")])
    other = sql_dump("page", columns={"page_id": "int"}, rows=[(n,) for n in range(3000)])
    path.write_bytes(other + path.read_bytes() + other)
    assert read(path) == [(b"1", b"2", b"x")]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress])
def test_a_file_that_ends_in_the_middle_is_told(write, pack):
    path = write([(n, b"2", bytes([n % 97] * 50)) for n in range(2000)])
    packed = pack(path.read_bytes())
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(DataError, match=r"props\.sql: .*get it again"):
        read(path)


def test_damage_is_told_with_its_place(write):
    path = write([(1, b"2", b"x"), (2, b"2", b"y")], per_insert=1)
    text = path.read_bytes().replace(b"(2,", b"(2;")
    path.write_bytes(text)
    with pytest.raises(DataError, match=r"after 1 rows of 'page_props', at byte [0-9]+") as error:
        read(path)
    assert f"byte {text.index(b'(2;') - 1:,}" in str(error.value)


def test_a_dump_of_another_table_is_told(write):
    path = write([])
    with pytest.raises(DataError, match=r"no CREATE TABLE of 'langlinks'.*langlinks\.sql\.gz"):
        next(read_sql_rows(path, table="langlinks", columns=["ll_from"]))
    with pytest.raises(DataError, match="but not pp_none"):
        read(path, columns=["pp_none"])


def test_memory_stays_flat(write):
    path = write([(n, b"2", b"some words" * 5) for n in range(40_000)], per_insert=5000)
    tracemalloc.start()
    n_rows = sum(1 for _ in read_sql_rows(path, table="page_props", columns=["pp_page"]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert n_rows == 40_000
    assert peak < 8_000_000


def test_titles_have_spaces_for_underscores():
    assert as_title("Zürich_(city)".encode()) == "Zürich (city)"
    assert as_title(b"cut \xc3") == "cut \ufffd"
