"""Tables in SQL: limits, order, errors, and what they leave behind."""

import os
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from openluke.errors import CheckpointError, ConfigError, MissingExtraError
from openluke.wikipedia import reductions
from openluke.wikipedia.reductions import LEAST_MEMORY, Limits, open_tables


def test_rows_come_in_the_order_asked_for(tmp_path):
    with open_tables(tmp_path / "out") as tables:
        tables.add_columns("words", columns={"word": ["b", "a", "é", "Z"], "n": [1, 2, 3, 4]})
        assert list(tables.rows("SELECT word, n FROM words ORDER BY word")) == [
            ("Z", 4),
            ("a", 2),
            ("b", 1),
            ("é", 3),
        ]
        assert tables.number("SELECT sum(n) FROM words WHERE word = 'none'") == 0
        assert tables.number("SELECT sum(n) FROM words") == 10


def test_nothing_is_left_beside_the_output(tmp_path):
    with open_tables(tmp_path / "deep" / "out"):
        assert list((tmp_path / "deep").iterdir())
    assert not list((tmp_path / "deep").iterdir())


def test_what_a_killed_run_left_is_removed(tmp_path):
    left = tmp_path / ".out.tables"
    left.mkdir()
    (left / "tables.duckdb").write_bytes(b"cut off")
    with open_tables(tmp_path / "out") as tables:
        assert tables.number("SELECT 1") == 1
    assert not list(tmp_path.iterdir())


def test_a_second_process_is_refused(tmp_path):
    with (
        open_tables(tmp_path / "out"),
        pytest.raises(ConfigError, match="another process is writing it"),
        open_tables(tmp_path / "out"),
    ):
        pass


def test_more_rows_than_memory_holds_go_to_disk(tmp_path):
    query = (
        "SELECT title, count(*) AS n FROM (SELECT md5((range // 2)::VARCHAR) AS title "
        "FROM range(2400000)) GROUP BY title ORDER BY n DESC, title"
    )
    with open_tables(tmp_path / "out", limits=Limits(memory=LEAST_MEMORY, workers=2)) as tables:
        spilled = 0
        for n_rows, batch in enumerate(tables.batches(query)):
            spilled += len(batch)
            if not n_rows:
                assert list((tmp_path / ".out.tables").glob("spilled/*"))
    assert spilled == 1_200_000


def test_too_little_memory_is_said_with_what_to_do(tmp_path):
    with (
        pytest.raises(ConfigError, match=r"more than 100,000,000 bytes of memory.*give it more"),
        open_tables(tmp_path / "out", limits=Limits(memory=LEAST_MEMORY, workers=1)) as tables,
    ):
        tables.run(
            "CREATE TABLE t AS SELECT string_agg(md5(range::VARCHAR), '') FROM range(2400000)"
        )


def test_a_damaged_file_names_the_output(tmp_path):
    (tmp_path / "pages.parquet").write_bytes(b"PAR1 cut off")
    with (
        pytest.raises(CheckpointError, match=r"out: cannot be made: .*pages\.parquet"),
        open_tables(tmp_path / "out") as tables,
    ):
        tables.add_files("pages", files=[tmp_path / "pages.parquet"], columns={})


def test_a_file_is_itself_whatever_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = ["a[1]", "a1", "b*", "bb", "~c", "[d]", "{e,f}"]
    names += ["g?", "gg"] if os.name == "posix" else []
    for name in names:
        pq.write_table(pa.table({"name": [name]}), tmp_path / f"{name}.parquet")
    with open_tables("out [1] *" if os.name == "posix" else "out [1]") as tables:
        for number, name in enumerate(names):
            tables.add_files(f"names_{number}", files=[Path(f"{name}.parquet")], columns={})
            query = f"SELECT name FROM names_{number} ORDER BY name"
            assert list(tables.rows(query)) == [(name,)]


@pytest.mark.skipif(os.name != "posix", reason="names cannot have these elsewhere")
@pytest.mark.parametrize("place", ["why?/out", "out?", "back\\slash"])
def test_a_place_that_duckdb_cannot_name_is_told(tmp_path, place):
    with (
        pytest.raises(ConfigError, match=r"has [?\\] in its name, expected none.*choose another"),
        open_tables(tmp_path / place),
    ):
        pass
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(CheckpointError, match=r"out: cannot be written: (Not a dir|File exists)"),
        open_tables(tmp_path / "file" / "out"),
    ):
        pass


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("duckdb", 'Failed to commit: Could not write file "x": No space left on device'),
        ("duckdb", 'Could not write all bytes to file "x": wanted=9 wrote=0'),
        ("system", "Error writing bytes to file: No space left on device"),
    ],
)
@pytest.mark.parametrize("place", ["out", ".out.unfinished/draft/.scratch/pairs.parquet"])
def test_a_full_disk_is_told_with_what_to_do(tmp_path, place, kind, text):
    full = OSError(text) if kind == "system" else duckdb.TransactionException(text)
    with pytest.raises(CheckpointError) as raised, open_tables(tmp_path / place):
        raise full
    told = str(raised.value)
    assert told.startswith(f"{tmp_path / 'out'}: cannot be written: ")
    assert told.endswith("; free some space and start the same command again: what is done stays")
    assert "commit" not in told


@pytest.mark.parametrize("bad", [{"memory": 1000}, {"workers": 0}])
def test_limits_that_cannot_work_are_refused(bad):
    with pytest.raises(ConfigError, match="expected at least"):
        Limits(**bad)


def test_without_duckdb_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(reductions, "duckdb", None)
    with pytest.raises(MissingExtraError, match="wikipedia"), open_tables(tmp_path / "out"):
        pass
