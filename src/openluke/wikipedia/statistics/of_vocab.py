"""Statistics of an entity vocabulary."""

import heapq
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from openluke.entities.mapped_names import KIND
from openluke.entities.name_index import VocabRow
from openluke.entities.vocab import EntityVocab
from openluke.manifests import Manifest, read_manifest
from openluke.wikipedia.statistics.distribution import (
    Distribution,
    bin_section,
    coverage_section,
)
from openluke.wikipedia.statistics.records import (
    Column,
    Figure,
    Section,
    Statistics,
    counted,
    dropped_section,
)

_MOST_SHOWN = 50


class _Entities(NamedTuple):
    """What is told of all entities but the special ones."""

    links: Distribution
    n_without_count: int
    languages: Distribution
    top: list[tuple[str, int]]


def vocab_statistics(path: Path) -> Statistics:
    """What is in an entity vocabulary of any form."""
    vocab = EntityVocab.read(path)
    manifest = read_manifest(path) if path.is_dir() else Manifest(kind=KIND, format_version=0)
    entities = _look(vocab)
    total = max(manifest.counts.get("links", 0), entities.links.total)
    figures = [
        Figure("entities", vocab.n_ids),
        Figure("names", len(vocab)),
        Figure("languages", len(vocab.languages)),
        Figure("links to entities", entities.links.total),
        Figure("entities without a count", entities.n_without_count),
    ]
    if total > entities.links.total:
        figures.append(
            Figure("share of all links", round(entities.links.total / total, 6), "share")
        )
    sections = (*_link_sections(entities, total=total), *_language_sections(vocab, entities))
    return Statistics(
        kind=KIND,
        name=path.name,
        about="Entity vocabulary",
        figures=tuple(figures),
        sections=tuple(
            section for section in (*sections, dropped_section(manifest.counts)) if section.rows
        ),
        options=manifest.options,
    )


def _link_sections(entities: _Entities, *, total: int) -> Iterator[Section]:
    if not entities.links.total:
        return
    yield bin_section(
        "links_to_entities",
        heading="Links to each entity",
        names=("links", "entities", "links together"),
        values=entities.links,
    )
    whole = "all links of the pages" if total > entities.links.total else "all links to entities"
    yield coverage_section(
        entities.links,
        total=total,
        note=f"How many of {whole} lead to the entities with most links, for vocabularies of so "
        "many entities.",
    )
    yield Section(
        key="most_linked",
        heading="Most linked entities",
        columns=(Column("entity", "text"), Column("links")),
        rows=tuple(entities.top),
    )


def _language_sections(vocab: EntityVocab, entities: _Entities, /) -> Iterator[Section]:
    if not vocab.languages:
        return
    yield bin_section(
        "languages_of_entities",
        heading="Languages of each entity",
        names=("languages", "entities", "names together"),
        values=entities.languages,
    )
    ranked = sorted(vocab.languages.items(), key=lambda item: (-item[1], item[0]))
    yield counted("languages", heading="Languages", names=("language", "names"), rows=ranked)


def _look(vocab: EntityVocab) -> _Entities:
    """Look at each entity once."""
    links, languages = Counter[int](), Counter[int]()
    special = vocab.special
    apart = {special.pad, special.unk, special.mask, special.mask2}
    n_without_count = 0

    def ranked() -> Iterator[tuple[int, int, VocabRow]]:
        nonlocal n_without_count
        for number, row in enumerate(vocab.rows()):
            if number in apart:
                continue
            languages[len({name.language for name in row.names} - {None})] += 1
            if row.links is None:
                n_without_count += 1
                continue
            links[row.links] += 1
            yield row.links, -number, row

    top = heapq.nlargest(_MOST_SHOWN, ranked(), key=lambda found: found[:2])
    return _Entities(
        links=Distribution(links.items()),
        n_without_count=n_without_count,
        languages=Distribution(languages.items()),
        top=[(_shown(row), n) for n, _, row in top],
    )


def _shown(row: VocabRow) -> str:
    """The first name of an entity, in English if it has one."""
    name = next((name for name in row.names if name.language == "en"), None)
    if name is None:
        name = row.names[0] if row.names else None
    if name is None:
        return "(no name)"
    return name.title if name.language is None else f"{name.title} ({name.language})"
