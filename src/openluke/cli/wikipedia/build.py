"""``openluke wikipedia build``: all stages, from a dump."""

from dataclasses import dataclass
from pathlib import Path

from cyclopts import Parameter

from openluke.cli.facts import print_facts
from openluke.cli.flags import Flag
from openluke.cli.wikipedia.counts import told_counts, warn_of_nothing
from openluke.cli.wikipedia.machine import Machine
from openluke.cli.wikipedia.parse import rules_of
from openluke.cli.wikipedia.progress import stage_progress
from openluke.wikipedia.build_all import (
    INTERWIKI,
    BuildOptions,
    BuildReports,
    BuildSources,
    build_all,
)
from openluke.wikipedia.candidate_options import CandidateOptions
from openluke.wikipedia.parse_dump import ParseOptions
from openluke.wikipedia.vocab_choice import VocabOptions


@Parameter(name="*", negative_iterable="")
@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What there is besides the first file of the dump."""

    more: tuple[Path, ...] = ()
    """The other files of a dump of several, in order; may be given several times."""
    page_props: Path | None = None
    """MediaWiki's dump of page_props (.sql.gz), for Wikidata items and for which pages are
    disambiguations."""
    langlinks: Path | None = None
    """MediaWiki's dump of langlinks (.sql.gz), for titles in other languages."""
    templates: Path | None = None
    """A TOML file of more templates that carry words."""
    white_list: tuple[Path, ...] = ()
    """A file with a title on each line; these come first in the vocabulary if they are linked at
    all. May be given several times."""


_FILES, _HERE = Files(), Machine()


def build(
    dump: Path,
    output: Path,
    *,
    files: Files = _FILES,
    language: str | None = None,
    size: int = 500_000,
    min_count: int = 0,
    vocab_language: str | None = None,
    sample: float = 1.0,
    lenient: Flag = False,
    replace: Flag = False,
    json: Flag = False,
    machine: Machine = _HERE,
) -> None:
    """Make pages, an entity vocabulary, titles in other languages and a table of names of a dump.

    These are the stages parse, vocab, interwiki and candidates, which have more options. A build
    that is killed goes on where it was when the same command is given again.

    Args:
        dump: A dump of a wiki: .xml, .xml.bz2 (of one stream or many), .xml.gz, .xz or .zst.
        output: The directory for pages, vocab, interwiki and candidates.
        files: What there is besides.
        language: Wikipedia's code of the language; by default what the dump says.
        size: Entities of the vocabulary at most.
        min_count: Links that an entity needs at least.
        vocab_language: Code of the language that titles of the vocabulary are given; needed to
            merge it with others.
        sample: Share of the pages in which names, and links for link probability, are counted.
        lenient: Leave out what is damaged in the dump, count it, and go on behind it.
        replace: Replace what was made of another dump or with other options.
        json: Print one JSON object instead of a table.
        machine: Who does the work.
    """
    options = BuildOptions(
        parse=ParseOptions(
            language=language, templates=rules_of(files.templates, language=language)
        ),
        vocab=VocabOptions(size=size, min_count=min_count, language=vocab_language),
        candidates=CandidateOptions(sample=sample),
        lenient=lenient,
    )
    sources = BuildSources(
        dump=[dump, *files.more],
        page_props=files.page_props,
        langlinks=files.langlinks,
        white_lists=files.white_list,
    )
    with stage_progress() as progress:
        counts = build_all(
            sources,
            output=output,
            options=options,
            limits=machine.limits,
            workforce=machine.workforce,
            reports=BuildReports(parsed=progress.parsed, step_done=progress.step_done),
            replace=replace,
        )
    for stage, found in counts.items():
        if stage != INTERWIKI:  # few dumps say titles in other languages
            warn_of_nothing(output / stage, counts=found)
    facts = {str(output / stage): told_counts(found) for stage, found in counts.items()}
    print_facts("build of a wiki", facts=facts, as_json=json)
