"""Tables that are joined, counted and sorted in SQL, with limited memory."""

# The types of pyarrow and of duckdb's results are partly unknown.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

import os
import re
import shutil
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from openluke.errors import CheckpointError, ConfigError, MissingExtraError
from openluke.file_lock import locked
from openluke.resumable import explained, full_disk_advice, made_artifact

try:
    import duckdb
except ImportError:
    duckdb: Any = None

LEAST_MEMORY = 100_000_000

_PATTERN_SIGN = re.compile(r"[\[*?]")
"""What stands for other characters in the names of files that DuckDB is given."""
_NO_NAME = "?\\" if os.name == "posix" else ""
"""Characters that names may have and that DuckDB has another use for where it makes a database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a reduction may take of the machine; its result does not depend on it."""

    memory: int = 1_500_000_000
    """Bytes that the tables may take; what does not fit goes to disk, beside the output."""
    workers: int | None = None
    """Threads; by default one for each core."""

    def __post_init__(self) -> None:
        if self.memory < LEAST_MEMORY:
            raise ConfigError(
                f"found memory={self.memory:,} bytes, expected at least {LEAST_MEMORY:,}"
            )
        if self.workers is not None and self.workers < 1:
            raise ConfigError(f"found workers={self.workers}, expected at least 1")


class Tables:
    """Tables in a working directory; each has a name that SQL knows it by.

    The order of rows without an ``ORDER BY`` is left to chance, so that every query whose order
    matters has one that leaves no two rows equal.
    """

    def __init__(self, connection: Any, *, directory: Path) -> None:
        self._connection = connection
        self._directory = directory
        self._n_files = 0

    def run(self, query: str, *, values: Sequence[Any] = ()) -> None:
        """Run a statement; ``values`` stand for its question marks."""
        self._connection.execute(query, list(values)).fetchall()

    def number(self, query: str, *, values: Sequence[Any] = ()) -> int:
        """The only value of a query, a whole number; 0 where it is NULL."""
        rows = self._connection.execute(query, list(values)).fetchall()
        return int(rows[0][0] or 0)

    def add_files(self, name: str, *, files: Sequence[Path], columns: Mapping[str, str]) -> None:
        """Give Parquet files a name; without any, an empty table with these columns and types."""
        if files:
            relation = self._connection.read_parquet([_as_itself(file) for file in files])
            relation.create_view(name)
        else:
            shape = ", ".join(f"{column} {kind}" for column, kind in columns.items())
            self.run(f"CREATE TABLE {name} ({shape})")

    def add_columns(self, name: str, *, columns: Mapping[str, Any]) -> None:
        """Make a table of columns that are in memory: arrays or lists of the same length."""
        table = pa.table(dict(columns))
        self.add_written(name, write=lambda file: pq.write_table(table, file))

    def add_written(self, name: str, *, write: Callable[[Path], object]) -> None:
        """Make a table of what a function writes into the Parquet file that it is given."""
        file = self._new_file()
        write(file)
        self.add_files(name, files=[file], columns={})

    def batches(self, query: str, *, values: Sequence[Any] = ()) -> Iterator[Any]:
        """The rows of a query in Arrow batches, of which one at a time is in memory."""
        file = self._new_file()
        relation = self._connection.sql(query, params=list(values))
        relation.write_parquet(str(file), compression="zstd")
        with pq.ParquetFile(file) as rows:
            yield from rows.iter_batches()
        file.unlink()

    def rows(self, query: str, *, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, one after another, with little of them in memory."""
        for batch in self.batches(query, values=values):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

    def _new_file(self) -> Path:
        self._n_files += 1
        return self._directory / f"{self._n_files}.parquet"


def _as_itself(file: Path) -> str:
    """The name of a file as DuckDB takes it for that file alone, whatever characters it has."""
    return _PATTERN_SIGN.sub(r"[\g<0>]", str(file.absolute()))


def check_installed() -> None:
    """Raise if no tables can be made here, so that it is known before the work.

    Raises:
        MissingExtraError: DuckDB is not installed.
    """
    if duckdb is None:
        raise MissingExtraError("reducing pages to tables", extra="wikipedia")


def check_tables(output: str | Path) -> None:
    """Raise if no tables can be made beside an output, so that it is known before the work.

    Raises:
        MissingExtraError: DuckDB is not installed.
        ConfigError: The path has a character that DuckDB cannot have there.
    """
    check_installed()
    path = str(Path(output).absolute())
    if (found := next((sign for sign in _NO_NAME if sign in path), None)) is not None:
        raise ConfigError(
            f"{path}: has {found} in its name, expected none, as DuckDB can make no tables there; "
            "choose another place"
        )


@contextmanager
def open_tables(
    output: str | Path, *, limits: Limits | None = None
) -> Generator[Tables, None, None]:
    """Give a place for tables while the block runs: a hidden directory beside an output.

    Args:
        output: What is being made. A second process that makes it at the same time is refused.
        limits: What may be taken of the machine.

    Raises:
        MissingExtraError: DuckDB is not installed.
        ConfigError: The memory does not suffice, another process makes the same output, or no
            tables can be made there.
        CheckpointError: A file cannot be read or written.
    """
    check_tables(output)
    limits = limits or Limits()
    output = Path(output).absolute()
    with (
        _naming(output, limits=limits),
        _working_directory(output) as directory,
        _connect(directory, limits=limits) as connection,
    ):
        yield Tables(connection, directory=directory)


@contextmanager
def _working_directory(output: Path) -> Generator[Path, None, None]:
    """A hidden directory beside an output, of one process at a time."""
    directory = output.parent / f".{output.name}.tables"
    output.parent.mkdir(parents=True, exist_ok=True)
    with locked(output.parent / f".{output.name}.tables-lock", what=str(output)):
        shutil.rmtree(directory, ignore_errors=True)  # of a run that was killed
        directory.mkdir()
        try:
            yield directory
        finally:
            shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _connect(directory: Path, *, limits: Limits) -> Generator[Any, None, None]:
    settings: dict[str, str | int] = {
        "memory_limit": f"{limits.memory}B",
        "temp_directory": str(directory / "spilled"),
        "preserve_insertion_order": "false",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    if limits.workers is not None:
        settings["threads"] = limits.workers
    connection = duckdb.connect(str(directory / "tables.duckdb"), config=settings)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _naming(output: Path, *, limits: Limits) -> Generator[None, None, None]:
    """Make the database's errors ones that say what was being made, and what to do."""
    made = made_artifact(output)
    try:
        with explained(made):
            yield
    except duckdb.OutOfMemoryException as error:
        raise ConfigError(
            f"{made}: making it takes more than {limits.memory:,} bytes of memory, or more disk "
            f"than there is; give it more memory, or fewer workers: {_first_line(error)}"
        ) from error
    except duckdb.Error as error:
        if (advice := full_disk_advice(str(error))) is not None:
            raise CheckpointError(
                f"{made}: cannot be written: the disk is full, or cannot be written to; {advice}"
            ) from error
        raise CheckpointError(f"{made}: cannot be made: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
