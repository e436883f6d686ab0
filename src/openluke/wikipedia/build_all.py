"""From a dump to everything that is made of it: all stages, one after another."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

from openluke.artifacts import as_json, check_place
from openluke.config import to_mapping
from openluke.entities import candidate_files, mapped_names
from openluke.file_lock import locked
from openluke.manifests import MANIFEST_NAME, Manifest, read_manifest
from openluke.part_runner import PartDone
from openluke.resumable import begun, check_unfinished, explained
from openluke.wikipedia import interwiki, pages
from openluke.wikipedia.build_candidates import Workforce, build_candidates
from openluke.wikipedia.build_interwiki import build_interwiki
from openluke.wikipedia.build_vocab import build_vocab, read_white_lists
from openluke.wikipedia.candidate_options import CandidateOptions
from openluke.wikipedia.input_identity import check_inputs
from openluke.wikipedia.interwiki_sources import InterwikiSources
from openluke.wikipedia.language_facts import wikipedia_language
from openluke.wikipedia.parse_dump import ParseOptions, ParseProgress, parse_dump
from openluke.wikipedia.reductions import Limits, check_tables
from openluke.wikipedia.vocab_choice import VocabOptions

PAGES, VOCAB, INTERWIKI, CANDIDATES = "pages", "vocab", "interwiki", "candidates"
"""The directories of what the stages make."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSources:
    """What a build is made from."""

    dump: Sequence[str | Path]
    """The files of the dump in order."""
    page_props: str | Path | None = None
    """MediaWiki's dump of ``page_props``."""
    langlinks: str | Path | None = None
    """MediaWiki's dump of ``langlinks``."""
    white_lists: Sequence[str | Path] = ()
    """Titles that are entities if they are linked at all."""

    def check(self) -> None:
        """Raise if a file is missing or no text, so that it is known before the first stage."""
        optional = {"page_props": self.page_props, "langlinks": self.langlinks}
        check_inputs(
            dump=[Path(file) for file in self.dump],
            **{name: [Path(file)] for name, file in optional.items() if file is not None},
            white_lists=[Path(file) for file in self.white_lists],
        )
        read_white_lists(self.white_lists)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """What decides about what is made."""

    parse: ParseOptions = field(default_factory=ParseOptions)
    vocab: VocabOptions = field(default_factory=VocabOptions)
    candidates: CandidateOptions = field(default_factory=CandidateOptions)
    lenient: bool = False
    """Whether what is damaged in the dump is counted and left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReports:
    """Who is told how far a build is."""

    parsed: Callable[[ParseProgress], None] | None = None
    step_done: Callable[[str, PartDone], None] | None = None


def build_all(
    sources: BuildSources,
    *,
    output: str | Path,
    options: BuildOptions | None = None,
    limits: Limits | None = None,
    workforce: Workforce | None = None,
    reports: BuildReports | None = None,
    replace: bool = False,
) -> dict[str, Mapping[str, int]]:
    """Make pages, an entity vocabulary, a table of titles in other languages, and one of names.

    What a call that was killed has finished, or begun, the same call takes as it is. What can be
    seen to be missing or in the way is told before the first stage.

    Args:
        sources: What it is made from.
        output: The directory for what each stage makes.
        options: What decides about that.
        limits: What joining and sorting may take of the machine.
        workforce: Who does the parts.
        reports: Who is told how far it is.
        replace: Whether what was made of another dump, or with other options, may be replaced.

    Returns:
        What each stage has counted.

    Raises:
        MissingExtraError: DuckDB is not installed.
        DataError: A file is missing, or the dump is damaged and the options are not lenient.
        CheckpointError: What a stage makes cannot be written there.
        ConfigError: Another process is building there at this moment, or DuckDB cannot work there.
    """
    build = _Build(
        sources=sources,
        output=Path(output),
        options=options or BuildOptions(),
        limits=limits or Limits(),
        workforce=workforce or Workforce(),
        reports=reports or BuildReports(),
        replace=replace,
    )
    check_tables(build.output)
    sources.check()
    with explained(output), _owned(build.output):
        build.check_places()
        return {
            PAGES: build.pages(),
            VOCAB: build.vocab(),
            INTERWIKI: build.interwiki(),
            CANDIDATES: build.candidates(),
        }


@contextmanager
def _owned(output: Path) -> Generator[None, None, None]:
    """Make the directory, and keep others from building there."""
    output.mkdir(parents=True, exist_ok=True)
    with locked(output / ".build.lock", what=str(output)):
        yield


@dataclass(frozen=True, slots=True, kw_only=True)
class _Build:
    """The stages; what is finished, of the same inputs and options, is not made again."""

    sources: BuildSources
    output: Path
    options: BuildOptions
    limits: Limits
    workforce: Workforce
    reports: BuildReports
    replace: bool

    def check_places(self) -> None:
        """Raise if something that must stay is where a stage writes."""
        options = self.options
        stages: tuple[tuple[str, str, Any], ...] = (
            (PAGES, pages.KIND, options.parse),
            (VOCAB, mapped_names.KIND, _as_wikipedia(options.vocab)),
            (INTERWIKI, interwiki.KIND, None),
            (CANDIDATES, candidate_files.KIND, options.candidates),
        )
        for stage, kind, wanted in stages:
            self._check_place(self.output / stage, kind=kind, options=wanted)

    def _check_place(self, path: Path, *, kind: str, options: Any) -> None:
        """Raise if a stage will not write at a path; what it is made of is not known yet."""
        if (path / MANIFEST_NAME).exists():
            found = read_manifest(path)
            wanted = _with_options(found, options=options)
            if found != wanted or found.kind != kind:
                check_place(path, kind=kind, replace=self.replace, wanted=wanted)
            return
        check_place(path, kind=kind, replace=self.replace)
        unfinished = begun(path)
        if unfinished is not None and not self.replace:
            check_unfinished(path, wanted=_with_options(unfinished, options=options))

    def pages(self) -> Mapping[str, int]:
        parse_dump(
            self.sources.dump,
            output=self.output / PAGES,
            options=self.options.parse,
            page_props=self.sources.page_props,
            lenient=self.options.lenient,
            workers=self.workforce.workers,
            executor=self.workforce.executor,
            cluster=self.workforce.cluster,
            on_progress=self.reports.parsed,
            replace=self.replace,
            reuse=True,
        )
        return read_manifest(self.output / PAGES).counts

    def vocab(self) -> Mapping[str, int]:
        return build_vocab(
            self.output / PAGES,
            output=self.output / VOCAB,
            options=self.options.vocab,
            white_lists=self.sources.white_lists,
            limits=self.limits,
            replace=self.replace,
            reuse=True,
        )

    def interwiki(self) -> Mapping[str, int]:
        langlinks = () if self.sources.langlinks is None else (self.sources.langlinks,)
        return build_interwiki(
            self.output / INTERWIKI,
            sources=InterwikiSources(stores=[self.output / PAGES], langlinks=langlinks),
            limits=self.limits,
            replace=self.replace,
            reuse=True,
        )

    def candidates(self) -> Mapping[str, int]:
        return build_candidates(
            self.output / PAGES,
            output=self.output / CANDIDATES,
            options=self.options.candidates,
            limits=self.limits,
            workforce=changed(self.workforce, on_done=self.reports.step_done),
            replace=self.replace,
            reuse=True,
        )


def _with_options(found: Manifest, *, options: Any) -> Manifest:
    """The same with other options; those of a stage that has none of its own are left."""
    return found if options is None else changed(found, options=as_json(to_mapping(options)))


def _as_wikipedia(options: VocabOptions) -> VocabOptions:
    """The same with the language as the vocabulary will say it, such as ``"no"`` for ``"nb"``."""
    code = options.language
    return options if code is None else changed(options, language=wikipedia_language(code) or code)
