"""From the dump of a wiki to its page store: all cores, resumed where it stopped."""

import logging
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openluke.artifacts import finished
from openluke.config import to_mapping
from openluke.part_runner import ClusterOptions, Executor, run_parts
from openluke.resumable import SCRATCH, resumable_artifact
from openluke.wikipedia.damage_counts import check_damage
from openluke.wikipedia.dump import open_dump
from openluke.wikipedia.input_identity import identify_inputs
from openluke.wikipedia.page_facts import PageFacts, write_page_facts
from openluke.wikipedia.pages import FORMAT_VERSION, KIND, PageStore, complete_store
from openluke.wikipedia.parse_part import PartParser
from openluke.wikipedia.part_progress import ParseProgress, progress_teller

__all__ = ["ParseOptions", "ParseProgress", "parse_dump"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseOptions:
    """What decides which pages a store has and how they read."""

    namespaces: tuple[int, ...] = (0,)
    """Numbers of the namespaces that are kept, pages and links to them; 0 is that of articles."""
    language: str | None = None
    """The language of the wiki as Wikipedia codes it; by default what the dump says."""
    templates: Mapping[str, str] = field(default_factory=dict[str, str])
    """More templates that carry words, with what is shown of each."""
    part_size: int | None = None
    """Bytes of a packed file that make a part, which is a file of the store; by default 2 MB to
    16 MB, with the size of the dump."""


def parse_dump(
    paths: str | Path | Sequence[str | Path],
    *,
    output: str | Path,
    options: ParseOptions | None = None,
    page_props: str | Path | None = None,
    lenient: bool = False,
    workers: int | None = None,
    executor: Executor = "local",
    cluster: ClusterOptions | None = None,
    replace: bool = False,
    reuse: bool = False,
    on_progress: Callable[[ParseProgress], None] | None = None,
) -> PageStore:
    """Parse a dump into a page store, which depends on nothing but the dump and the options.

    What is stopped or killed goes on with the same call.

    Args:
        paths: The file of the dump, or its files in order.
        output: Where the store will be.
        options: What decides which pages it has and how they read.
        page_props: MediaWiki's dump ``…-page_props.sql.gz``, for Wikidata items and for which pages
            are disambiguations; without it, their templates and titles tell the latter.
        lenient: Whether what is damaged in the dump is counted and left out; else it is an error.
        workers: How many parts are parsed at once; by default one on each core.
        executor: Who does it: processes of this machine, or a cluster.
        cluster: What a cluster has to know.
        replace: Whether a finished store at ``output`` may be replaced.
        reuse: Whether a finished one from the same dump with the same options will do.
        on_progress: Told of each part that is done.

    Raises:
        DataError: The dump is damaged, and the parsing is not lenient; or it has no page.
        CheckpointError: The store cannot be written there.
        ConfigError: Another process is writing it at this moment.
    """
    options = options or ParseOptions()
    listed = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    named: dict[str, Any] = {
        "kind": KIND,
        "format_version": FORMAT_VERSION,
        "inputs": identify_inputs(
            dump=listed, page_props=[] if page_props is None else [Path(page_props)]
        ),
        "options": to_mapping(options),
    }
    if reuse and (done := finished(output, **named)) is not None:
        check_damage(done.counts, lenient=lenient, output=output)
        return PageStore.open(output)
    with resumable_artifact(output, **named, replace=replace) as draft:
        scratch = draft.path / SCRATCH
        dump = open_dump(
            listed,
            language=options.language,
            part_size=options.part_size,
            directory=scratch / "pieces",
        )
        dump.check_pages()
        parser = PartParser(
            site=dump.site,
            namespaces=options.namespaces,
            namespace_names=dump.namespace_names,
            templates=options.templates,
            facts=None if page_props is None else _facts(scratch, page_props=Path(page_props)),
            lenient=lenient,
        )
        counts = run_parts(
            parser,
            parts=dump.parts,
            directory=draft.path,
            workers=workers,
            executor=executor,
            cluster=cluster,
            on_done=progress_teller(
                [part.end - part.start for part in dump.parts], on_progress=on_progress
            ),
        )
        check_damage(counts, lenient=lenient, output=output)
        _tell_foreign_facts(counts, page_props=page_props)
        counts.update(complete_store(draft.path, site=dump.site))
        draft.counts.update(counts)
    return PageStore.open(output)


def _facts(scratch: Path, *, page_props: Path) -> PageFacts:
    """What ``page_props`` says, which is read once."""
    directory, partial = scratch / "facts", scratch / "facts.partial"
    if not directory.exists():
        shutil.rmtree(partial, ignore_errors=True)
        write_page_facts(partial, page_props=page_props)
        partial.rename(directory)
    return PageFacts(directory)


def _tell_foreign_facts(counts: Mapping[str, int], *, page_props: str | Path | None) -> None:
    """Warn if ``page_props`` says nothing of any page, as that of another wiki would."""
    known = counts.get("pages_with_item", 0) + counts.get("disambiguation_pages", 0)
    if page_props is not None and counts.get("pages") and not known:
        logger.warning(
            "%s: says nothing of any page that is kept; expected page_props of the same wiki",
            page_props,
        )
