"""The table of names of a page store: what each may stand for, and how often it is a link."""

# The types of pyarrow are unknown.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from openluke.artifacts import fingerprint, finished
from openluke.config import to_mapping
from openluke.entities.candidate_files import FORMAT_VERSION, KIND, UNCOUNTED, CandidateRow
from openluke.entities.candidates import CandidateTable
from openluke.part_runner import ClusterOptions, Executor, PartDone, run_parts
from openluke.resumable import SCRATCH, resumable_artifact
from openluke.tokenization.candidate_writing import write_table
from openluke.wikipedia.anchor_counts import COLUMNS, AnchorCounting
from openluke.wikipedia.candidate_choice import (
    CHOSEN,
    CHOSEN_COLUMNS,
    candidate_rows,
    choose_candidates,
    count_choice,
    pair_names,
)
from openluke.wikipedia.candidate_options import CandidateOptions
from openluke.wikipedia.occurrence_counts import OccurrenceCounting, add_occurrences
from openluke.wikipedia.page_tables import add_pages
from openluke.wikipedia.pages import PageStore
from openluke.wikipedia.redirects import resolve_redirects
from openluke.wikipedia.reductions import Limits, Tables, open_tables

OnDone = Callable[[str, PartDone], None]
"""Told of each part, after the name of the step: ``"links"``, then ``"occurrences"``."""

_BATCH = 500_000
_PAIRS, _CHOSEN = "pairs.parquet", "chosen.parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workforce:
    """Who does the parts of a job; the result does not depend on it."""

    workers: int | None = None
    """How many parts are done at once; all cores by default."""
    executor: Executor = "local"
    cluster: ClusterOptions | None = None
    on_done: OnDone | None = None


def build_candidates(
    store: str | Path,
    *,
    output: str | Path,
    options: CandidateOptions | None = None,
    limits: Limits | None = None,
    workforce: Workforce | None = None,
    replace: bool = False,
    reuse: bool = False,
) -> Mapping[str, int]:
    """Make the table of names of a page store; what was begun before is taken up.

    The texts of links are counted for the pages that they lead to in the end, titles, redirects and
    disambiguation pages give names too, and then all pages are looked through for all names.

    Args:
        store: The page store.
        output: The directory to make; ``CandidateTable.open`` opens it.
        options: Which names and entities to take.
        limits: What may be taken of the machine to join and sort.
        workforce: Who counts.
        replace: Whether a finished table at ``output`` may be replaced.
        reuse: Whether a finished one of the same pages and options will do.

    Returns:
        How much there is, and how much was dropped and why.
    """
    options = options or CandidateOptions()
    pages = PageStore.open(store)
    named: dict[str, Any] = {
        "kind": KIND,
        "format_version": FORMAT_VERSION,
        "inputs": {"pages": fingerprint(store)},
        "options": to_mapping(options),
    }
    if reuse and (done := finished(output, **named)) is not None:
        return done.counts
    with resumable_artifact(output, **named, replace=replace) as draft:
        job = _Job(
            store=pages,
            scratch=draft.path / SCRATCH,
            options=options,
            limits=limits or Limits(),
            workforce=workforce or Workforce(),
        )
        draft.counts.update(job.count_links())
        draft.counts.update(job.pair())
        draft.counts.update(job.count_occurrences())
        draft.counts.update(job.write(draft.path))
    return draft.counts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """The steps, each of which leaves what it made in the scratch directory."""

    store: PageStore
    scratch: Path
    options: CandidateOptions
    limits: Limits
    workforce: Workforce

    def count_links(self) -> Mapping[str, int]:
        """Count the names that each part of the store gives."""
        options = self.options
        work = AnchorCounting(
            store=self.store.path.absolute(),
            form=options.form,
            names=options.names,
            max_words=options.max_words,
            sample=options.sample,
        )
        return self._run("links", work=work)

    def pair(self) -> Mapping[str, int]:
        """Bring the names of all parts together, and make what finds them in texts."""
        pairs, names = self.scratch / _PAIRS, self.scratch / "names"
        with open_tables(pairs, limits=self.limits) as tables:
            counts = self._add_pages(tables)
            if not pairs.exists():
                files = sorted((self.scratch / "links").glob("*.parquet"))
                tables.add_files("named", files=files, columns=COLUMNS)
                pair_names(tables)
                _save(
                    tables.batches("SELECT * FROM pairs ORDER BY mention, title"),
                    file=pairs,
                    columns=[*COLUMNS],
                )
        if not names.exists():
            partial = self.scratch / "names.partial"
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            write_table(partial, rows=lambda: _names(pairs), form=self.options.form)
            partial.rename(names)
        return counts

    def count_occurrences(self) -> Mapping[str, int]:
        """Look the pages of each part through for all names."""
        options = self.options
        work = OccurrenceCounting(
            store=self.store.path.absolute(),
            table=(self.scratch / "names").absolute(),
            frequency=options.frequency,
            sample=options.sample,
        )
        return self._run("occurrences", work=work)

    def write(self, directory: Path) -> Mapping[str, int]:
        """Choose names and candidates, and write them."""
        chosen = self.scratch / _CHOSEN
        with open_tables(self.scratch / "chosen", limits=self.limits) as tables:
            self._add_pages(tables)
            tables.add_files("pairs", files=[self.scratch / _PAIRS], columns=COLUMNS)
            self._add_occurrences(tables)
            choose_candidates(tables, options=self.options)
            counts = count_choice(tables)
            _save(tables.batches(CHOSEN), file=chosen, columns=CHOSEN_COLUMNS)
        return counts | write_table(  # what the tables took of memory is free again
            directory, rows=lambda: candidate_rows(_rows(chosen)), form=self.options.form
        )

    def _run(
        self, step: str, *, work: Callable[[int, Path], Mapping[str, int]]
    ) -> Mapping[str, int]:
        force = self.workforce
        directory = self.scratch / step
        directory.mkdir(parents=True, exist_ok=True)

        def tell(done: PartDone) -> None:
            if force.on_done is not None:
                force.on_done(step, done)

        return run_parts(
            work,
            parts=range(self.store.n_parts),
            directory=directory,
            workers=force.workers,
            on_done=tell,
            executor=force.executor,
            cluster=force.cluster,
        )

    def _add_pages(self, tables: Tables) -> dict[str, int]:
        add_pages(tables, store=self.store)
        return resolve_redirects(tables)

    def _add_occurrences(self, tables: Tables) -> None:
        """Make the table ``occurrences`` (mention, occurrences)."""
        names = CandidateTable.map(self.scratch / "names")
        counts = add_occurrences(
            sorted((self.scratch / "occurrences").glob("*.npy")),
            sample=self.options.sample,
            n_names=len(names),
        )
        directory = self.scratch / "counted"
        directory.mkdir(exist_ok=True)
        files: list[Path] = []
        for first in range(0, len(counts), _BATCH):
            numbers = range(first, min(first + _BATCH, len(counts)))
            file = directory / f"{len(files):05d}.parquet"
            columns = {
                "mention": pa.array(map(names.mention, numbers), pa.string()),
                "occurrences": counts[numbers.start : numbers.stop],
            }
            pq.write_table(pa.table(columns), file)
            files.append(file)
        columns = {"mention": "VARCHAR", "occurrences": "BIGINT"}
        tables.add_files("occurrences", files=files, columns=columns)


def _names(pairs: Path) -> Iterator[CandidateRow]:
    """Each name once, of pairs that are in the order of their names."""
    for mention, _ in groupby(_rows(pairs, columns=["mention"])):
        yield CandidateRow(mention[0], 0, UNCOUNTED, ())


def _rows(file: Path, *, columns: Sequence[str] | None = None) -> Iterator[tuple[Any, ...]]:
    """The rows of a Parquet file, with little of them in memory."""
    with pq.ParquetFile(file) as opened:
        for batch in opened.iter_batches(columns=columns):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


_TYPES = {"mention": pa.string(), "title": pa.string(), "source": pa.int32()}


def _save(batches: Any, *, file: Path, columns: Sequence[str]) -> None:
    """Write Arrow batches to a file that is there when it is complete."""
    partial = file.with_suffix(".partial")
    schema: Any = pa.schema([(name, _TYPES.get(name, pa.int64())) for name in columns])
    with pq.ParquetWriter(partial, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_table(pa.Table.from_batches([batch]).cast(schema))
    partial.replace(file)
