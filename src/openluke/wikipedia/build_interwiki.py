"""Making the table of which titles of all Wikipedias are about the same."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openluke.artifacts import finished
from openluke.errors import ConfigError
from openluke.part_runner import ClusterOptions, Executor, PartDone, run_parts
from openluke.resumable import SCRATCH, resumable_artifact
from openluke.wikipedia.damage_counts import check_damage
from openluke.wikipedia.dump import PartTally
from openluke.wikipedia.interwiki import FORMAT_VERSION, KIND
from openluke.wikipedia.interwiki_sources import InterwikiSources, gather_names
from openluke.wikipedia.interwiki_writing import write_interwiki
from openluke.wikipedia.language_facts import WIKIPEDIA_LANGUAGES, wikipedia_language
from openluke.wikipedia.name_rows import ITEM_NAMES, write_rows
from openluke.wikipedia.reductions import Limits, open_tables
from openluke.wikipedia.wikidata_items import (
    PART_SIZE,
    WikidataPart,
    read_sitelinks,
    wikidata_parts,
)

NOT_A_LANGUAGE = frozenset(("simple",))
"""Wikipedias in a language that has another: left out unless they are asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SitelinkWork:
    """Reads a part of Wikidata; sent to the processes that do parts."""

    languages: frozenset[str]
    strict: bool

    def __call__(self, part: WikidataPart, directory: Path) -> Mapping[str, int]:
        """Write the names of the part's items and count them."""
        tally = PartTally()
        counts = Counter[str]()

        def rows() -> Iterable[tuple[int, str, str]]:
            for item, pages in read_sitelinks(part, strict=self.strict, tally=tally):
                kept = [(item, *page) for page in pages if page[0] in self.languages]
                counts["wikidata_names_dropped_other_language"] += len(pages) - len(kept)
                counts["wikidata_items_with_pages"] += bool(kept)
                yield from kept

        file = directory / f"{part.number:05d}.parquet"
        counts["wikidata_names"] = write_rows(file, columns=ITEM_NAMES, rows=rows())
        counts["wikidata_items"] = tally.pages
        counts.update({f"damaged_{what}s": times for what, times in tally.damaged.items()})
        return counts


def build_interwiki(
    output: str | Path,
    *,
    sources: InterwikiSources,
    languages: Sequence[str] | None = None,
    strict: bool = True,
    part_size: int = PART_SIZE,
    limits: Limits | None = None,
    on_done: Callable[[PartDone], None] | None = None,
    executor: Executor = "local",
    cluster: ClusterOptions | None = None,
    replace: bool = False,
    reuse: bool = False,
) -> dict[str, int]:
    """Make the table of which titles of all Wikipedias are about the same, for ``Interwiki``.

    A call that was killed is taken up by the same call: parts of Wikidata that were read stay.

    Args:
        output: The directory to make.
        sources: What it is made from.
        languages: The Wikipedias to keep; all by default, without the one in simple English. Those
            of the page stores, and of the first titles of tables, are kept in any case.
        strict: Whether damage in a dump of Wikidata is an error; if not, it is counted and told.
        part_size: Bytes of a dump of Wikidata that are read at once.
        limits: What may be taken of the machine; its workers read Wikidata, too.
        on_done: Told of each part of Wikidata that is read.
        executor: Who reads Wikidata: processes of this machine, or a cluster.
        cluster: What a cluster has to know.
        replace: Whether a finished table at ``output`` may be replaced.
        reuse: Whether a finished one of the same sources and options will do.

    Returns:
        How many items and names there are, and how many names were dropped and why.
    """
    kept = sorted({*wikipedia_languages(languages), *sources.own_languages()})
    limits = limits or Limits()
    named: dict[str, Any] = {
        "kind": KIND,
        "format_version": FORMAT_VERSION,
        "inputs": sources.identities(),
        "options": {
            "languages": kept,
            "part_size": part_size,
            "table_language": sources.table_language,
        },
    }
    if reuse and (done := finished(output, **named)) is not None:
        check_damage(done.counts, lenient=not strict, output=output)
        return done.counts
    with resumable_artifact(output, **named, replace=replace) as draft:
        scratch = draft.path / SCRATCH
        scratch.mkdir(exist_ok=True)
        parts = wikidata_parts(sources.wikidata, part_size=part_size, directory=scratch)
        draft.counts.update(
            run_parts(
                SitelinkWork(languages=frozenset(kept), strict=strict),
                parts=parts,
                directory=scratch / "wikidata",
                workers=limits.workers,
                on_done=on_done,
                executor=executor,
                cluster=cluster,
            )
        )
        check_damage(draft.counts, lenient=not strict, output=output)
        with open_tables(scratch / "interwiki", limits=limits) as tables:
            found = gather_names(
                tables,
                sources=sources,
                sitelinks=sorted((scratch / "wikidata").glob("*.parquet")),
                scratch=scratch,
                languages=kept,
            )
            draft.counts.update(found)
            draft.counts.update(write_interwiki(draft.path, tables=tables, languages=kept))
    return draft.counts


def wikipedia_languages(wanted: Sequence[str] | None) -> tuple[str, ...]:
    """The codes of Wikipedias in order; a ``ConfigError`` for what is none."""
    if wanted is None:
        return tuple(sorted(WIKIPEDIA_LANGUAGES - NOT_A_LANGUAGE))
    if unknown := [language for language in wanted if wikipedia_language(language) is None]:
        raise ConfigError(f"found {', '.join(unknown)}, expected codes of Wikipedias such as 'en'")
    codes = Counter(code for language in wanted if (code := wikipedia_language(language)))
    if twice := [code for code, times in codes.items() if times > 1]:
        raise ConfigError(f"found {', '.join(map(repr, twice))} twice, expected each language once")
    return tuple(sorted(codes))
