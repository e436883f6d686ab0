"""Statistics of a table of names and candidates."""

from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt

from openluke.entities.candidate_files import KIND, CandidateFiles, open_candidate_files
from openluke.entities.candidates import CandidateTable, Source
from openluke.manifests import read_manifest
from openluke.wikipedia.statistics.chunks import chunks, largest
from openluke.wikipedia.statistics.distribution import Distribution, bin_section
from openluke.wikipedia.statistics.records import (
    Column,
    Figure,
    Section,
    Statistics,
    Value,
    dropped_section,
    share,
)

_MOST_SHOWN = 50
_N_BINS = 20
_NAMES = {
    Source.LINK: "links with this text",
    Source.TITLE: "its title",
    Source.REDIRECT: "a redirect",
    Source.DISAMBIGUATION: "a disambiguation page",
}


def candidate_statistics(path: Path) -> Statistics:
    """What is in a table of names and candidates."""
    files = open_candidate_files(path)
    manifest = read_manifest(path)
    sums = _Sums(files)
    sections = (
        bin_section(
            "candidates_of_names",
            heading="Candidates of each name",
            note="Names with more than one are ambiguous.",
            names=("candidates", "names", "candidates together"),
            values=Distribution(sums.sizes.items()),
        ),
        _probability_section(sums, frequency=str(manifest.options.get("frequency", "documents"))),
        bin_section(
            "links_of_names",
            heading="Links with each name",
            names=("links", "names", "links together"),
            values=Distribution(sums.links.items()),
        ),
        _source_section(files),
        _top_section(files, key="most_linked"),
        _top_section(files, key="most_ambiguous"),
        dropped_section(manifest.counts),
    )
    return Statistics(
        kind=KIND,
        name=path.name,
        about="Names and what they may stand for",
        figures=_figures(files, sums=sums),
        sections=tuple(section for section in sections if section.rows),
        options=manifest.options,
    )


class _Sums:
    """What is added up over all names, some at a time."""

    def __init__(self, files: CandidateFiles) -> None:
        self.sizes, self.links = Counter[int](), Counter[int]()
        self.n_ambiguous = self.ambiguous_links = self.first_links = self.n_counted = 0
        self.probabilities = np.zeros(_N_BINS, np.int64)
        self.probability_links = np.zeros(_N_BINS, np.int64)
        for part in chunks(len(files.mentions)):
            self._add(files, part=part)

    def _add(self, files: CandidateFiles, *, part: range) -> None:
        offsets = files.offsets[part.start : part.stop + 1]
        sizes, links = np.diff(offsets), files.links[part.start : part.stop].astype(np.int64)
        for counter, values in ((self.sizes, sizes), (self.links, links)):
            found, times = np.unique(values, return_counts=True)
            counter.update(dict(zip(found.tolist(), times.tolist(), strict=True)))
        self.n_ambiguous += int((sizes > 1).sum())
        self.ambiguous_links += int(links[sizes > 1].sum())
        self.first_links += int(files.counts[offsets[:-1][sizes > 0]].sum(dtype=np.int64))
        occurrences = files.occurrences[part.start : part.stop]
        is_counted = occurrences >= 0
        self.n_counted += int(is_counted.sum())
        links = links[is_counted]
        shares = np.minimum(1.0, links / np.maximum(occurrences[is_counted], 1))
        places = np.minimum((shares * _N_BINS).astype(np.int64), _N_BINS - 1)
        self.probabilities += np.bincount(places, minlength=_N_BINS)
        np.add.at(self.probability_links, places, links)


def _figures(files: CandidateFiles, *, sums: _Sums) -> tuple[Figure, ...]:
    n_names, n_candidates = len(files.mentions), len(files.entities)
    n_links = sum(links * n for links, n in sums.links.items())
    return (
        Figure("names", n_names),
        Figure("candidates", n_candidates),
        Figure("entities", len(files.titles)),
        Figure("candidates per name", share(n_candidates, of=n_names), "number"),
        Figure("links", n_links),
        Figure("ambiguous names", sums.n_ambiguous),
        Figure("links with ambiguous names", share(sums.ambiguous_links, of=n_links), "share"),
        Figure("links to the first candidate", share(sums.first_links, of=n_links), "share"),
        Figure("names that were counted in texts", sums.n_counted),
    )


def _probability_section(sums: _Sums, *, frequency: str) -> Section:
    counted = (
        "occurrences of a name in texts" if frequency == "occurrences" else "pages with a name"
    )
    rows: list[tuple[Value, ...]] = []
    for number in range(_N_BINS if sums.n_counted else 0):
        low, high = number * 100 // _N_BINS, (number + 1) * 100 // _N_BINS
        n_names, n_links = sums.probabilities[number], sums.probability_links[number]
        rows.append((f"{low}–{high} %", int(n_names), int(n_links)))
    return Section(
        key="link_probability",
        heading="Link probability of names",
        note=f"Links with a name by {counted}, at most 100 %: from the lower bound up to below "
        "the upper; the last has 100 % too.",
        columns=(Column("link probability", "text"), Column("names"), Column("links together")),
        rows=tuple(rows),
        plot="columns",
    )


def _source_section(files: CandidateFiles) -> Section:
    totals = dict.fromkeys(_NAMES, 0)
    n_candidates = len(files.sources)
    for part in chunks(n_candidates):
        sources = files.sources[part.start : part.stop]
        for source in totals:
            totals[source] += int(((sources & int(source)) > 0).sum())
    return Section(
        key="sources",
        heading="From where candidates are known",
        note="A candidate may be known from several.",
        columns=(Column("from", "text"), Column("candidates"), Column("share", "share")),
        rows=tuple((_NAMES[one], n, share(n, of=n_candidates)) for one, n in totals.items()),
    )


def _top_section(files: CandidateFiles, *, key: str) -> Section:
    is_linked = key == "most_linked"

    def values(part: range) -> npt.NDArray[np.float64]:
        links = files.links[part.start : part.stop].astype(np.float64)
        if is_linked:
            return links
        return np.diff(files.offsets[part.start : part.stop + 1]) + links / 2**32

    table = CandidateTable(files)
    rows: list[tuple[Value, ...]] = []
    for number in largest(values, n=len(files.mentions), most=_MOST_SHOWN):
        found = table.candidates(number)
        first = found.candidates[0] if found.candidates else None
        rows.append(
            (
                found.mention,
                found.links,
                len(found),
                None if found.link_probability is None else round(found.link_probability, 6),
                None if first is None else first.title,
                None if first is None else round(first.probability, 6),
            )
        )
    return Section(
        key=key,
        heading="Names of most links" if is_linked else "Most ambiguous names",
        columns=(
            Column("name", "text"),
            Column("links"),
            Column("candidates"),
            Column("link probability", "share"),
            Column("first candidate", "text"),
            Column("its share", "share"),
        ),
        rows=tuple(rows),
    )
