"""Rows of names on their way to a table: written to Parquet files some thousands at a time."""

# The types of pyarrow are unknown.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

_ROWS = 50_000

ITEM_NAMES: Mapping[str, str] = {"item": "BIGINT", "language": "VARCHAR", "title": "VARCHAR"}
"""Columns of names of items: their types in SQL."""

NAME_PAIRS: Mapping[str, str] = {
    "language": "VARCHAR",
    "title": "VARCHAR",
    "other_language": "VARCHAR",
    "other_title": "VARCHAR",
}
"""Columns of names that are linked to each other."""

PAGE_NAMES: Mapping[str, str] = {"page": "BIGINT", "language": "VARCHAR", "title": "VARCHAR"}
"""Columns of names that a page, known by its id, links to."""

_TYPES: Mapping[str, Any] = {"BIGINT": pa.int64(), "VARCHAR": pa.string()}


def write_rows(
    file: Path, *, columns: Mapping[str, str], rows: Iterable[tuple[int | str, ...]]
) -> int:
    """Write rows, of which few are in memory at a time, and return how many they were."""
    schema = pa.schema([(name, _TYPES[kind]) for name, kind in columns.items()])
    remaining = iter(rows)
    n_rows = 0
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        while some := list(islice(remaining, _ROWS)):
            arrays = [
                pa.array(values, field.type)
                for values, field in zip(zip(*some, strict=True), schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            n_rows += len(some)
    return n_rows
