"""From one's own documents or notes to a page store, in place of a Wikipedia."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openluke.artifacts import fingerprint, finished
from openluke.config import to_mapping
from openluke.entities.titles import is_language
from openluke.errors import ConfigError, DataError
from openluke.manifests import HASH, files_digest
from openluke.part_runner import ClusterOptions, Executor, run_parts
from openluke.resumable import resumable_artifact
from openluke.wikipedia.damage_counts import check_damage
from openluke.wikipedia.import_part import ImportPart, PartImporter
from openluke.wikipedia.input_artefacts import check_documents
from openluke.wikipedia.input_identity import check_inputs, check_once, numbered_names
from openluke.wikipedia.own_data.line_parts import cut_files
from openluke.wikipedia.own_data.note_names import group_notes, list_notes
from openluke.wikipedia.own_data.note_pages import NotePart
from openluke.wikipedia.own_data.title_rule import TitleRule
from openluke.wikipedia.pages import FORMAT_VERSION, KIND, PageStore, complete_store
from openluke.wikipedia.part_progress import ParseProgress, progress_teller
from openluke.wikipedia.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """What decides how documents are read."""

    language: str = "en"
    """Code of the language of all documents, as Wikipedia has it."""
    name: str = ""
    """What the collection is called."""
    titles: TitleRule = TitleRule()  # noqa: RUF009 - frozen
    """How titles are spelt."""
    ignored: tuple[str, ...] = ()
    """Fields of documents that are not read; any other that is not known is an error."""
    part_size: int = 32 << 20
    """Bytes of a file, or of notes, that make a part, which is a file of the store."""

    def __post_init__(self) -> None:
        if not is_language(self.language):
            raise ConfigError(
                f"found language={self.language!r}, expected a code like 'en' or 'zh-yue'"
            )
        if self.part_size < 1:
            raise ConfigError(f"found part_size={self.part_size}, expected at least 1 byte")


def import_pages(
    paths: str | Path | Sequence[str | Path],
    *,
    output: str | Path,
    options: ImportOptions | None = None,
    lenient: bool = False,
    workers: int | None = None,
    executor: Executor = "local",
    cluster: ClusterOptions | None = None,
    replace: bool = False,
    reuse: bool = False,
    on_progress: Callable[[ParseProgress], None] | None = None,
) -> PageStore:
    """Make a page store of documents with links, which depends on them and the options alone.

    A file has a document on each line, packed or not: ``{"title": …, "text": …, "links":
    [{"start": …, "end": …, "title": …}]}``, where links are in characters of the text, or
    ``"paragraphs"`` of ``text``, ``links`` and ``kind`` in place of both; and where they are known
    ``id``, ``redirects`` (other titles), ``wikidata``, ``is_disambiguation``, ``is_list``,
    ``language`` and ``interlanguage``. ``{"title": …, "redirect": …}`` is another title alone. A
    folder has Markdown notes with ``[[links]]``, each of which is a page.

    What is stopped or killed goes on with the same call.

    Args:
        paths: Files and folders, in order.
        output: Where the store will be.
        options: How documents are read.
        lenient: Whether lines, notes and links that cannot be read are counted and left out; else
            they are errors.
        workers: How many parts are read at once; by default one on each core.
        executor: Who does it: processes of this machine, or a cluster.
        cluster: What a cluster has to know.
        replace: Whether a finished store at ``output`` may be replaced.
        reuse: Whether a finished one from the same documents with the same options will do.
        on_progress: Told of each part that is done.

    Raises:
        DataError: A document cannot be read; the message says where it stands, and why.
        CheckpointError: The store cannot be written there.
        ConfigError: Another process is writing it at this moment.
    """
    options = options or ImportOptions()
    sources = _list_sources(paths)
    named: dict[str, Any] = {
        "kind": KIND,
        "format_version": FORMAT_VERSION,
        "inputs": sources.identify(),
        "options": to_mapping(options),
    }
    if reuse and (done := finished(output, **named)) is not None:
        check_damage(done.counts, lenient=lenient, output=output)
        return PageStore.open(output)
    with resumable_artifact(output, **named, replace=replace) as draft:
        parts = sources.parts(part_size=options.part_size)
        importer = PartImporter(
            language=options.language,
            titles=options.titles,
            ignored=options.ignored,
            notes=dict(sources.notes),
            lenient=lenient,
        )
        counts = run_parts(
            importer,
            parts=parts,
            directory=draft.path,
            workers=workers,
            executor=executor,
            cluster=cluster,
            on_done=progress_teller([part.size for part in parts], on_progress=on_progress),
        )
        check_damage(counts, lenient=lenient, output=output)
        counts.update(complete_store(draft.path, site=_site(options)))
        draft.counts.update(counts)
    return PageStore.open(output)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sources:
    """What is read."""

    paths: Sequence[Path]
    """Files and folders in order."""
    notes: Mapping[str, tuple[str, ...]]
    """The notes of each folder."""

    def identify(self) -> dict[str, str]:
        """Names and identities of files and folders, for a manifest."""
        check_inputs(documents=[path for path in self.paths if str(path) not in self.notes])
        found: dict[str, str] = {}
        for path, name in zip(self.paths, numbered_names(self.paths), strict=True):
            notes = self.notes.get(str(path))
            if notes is None:
                found[f"documents/{name}"] = fingerprint(path)
            else:
                digest = files_digest([(note, path / note) for note in notes])
                found[f"notes/{name}"] = f"{HASH}:{digest}"
        return found

    def parts(self, *, part_size: int) -> list[ImportPart]:
        """The parts of all files and folders."""
        parts: list[ImportPart] = []
        for path in self.paths:
            notes = self.notes.get(str(path))
            if notes is None:
                parts += cut_files([path], part_size=part_size, first=len(parts))
                continue
            sizes = [(path / name).stat().st_size for name in notes]
            parts += [
                NotePart(
                    number=len(parts) + number,
                    folder=str(path),
                    paths=notes[group.start : group.stop],
                    size=sum(sizes[group.start : group.stop]),
                )
                for number, group in enumerate(group_notes(sizes, part_size=part_size))
            ]
        return parts


def _list_sources(paths: str | Path | Sequence[str | Path]) -> _Sources:
    given = [paths] if isinstance(paths, str | Path) else paths
    if not given:
        raise ConfigError("found no files to import; expected at least one")
    check_once(given)
    listed = [Path(path).resolve() for path in given]
    for path in listed:
        if not path.exists():
            raise DataError("no such file; expected documents", file=path)
        check_documents(path)
    return _Sources(
        paths=listed, notes={str(path): list_notes(path) for path in listed if path.is_dir()}
    )


def _site(options: ImportOptions) -> Site:
    """The collection as a wiki: without namespaces, so that a colon in a title is a colon."""
    return Site(language=options.language, name=options.name, capitalises=options.titles.capitalise)
