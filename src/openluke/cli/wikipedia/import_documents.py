"""``openluke wikipedia import``: from one's own documents or notes to a page store."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from openluke.cli.flags import Flag
from openluke.cli.wikipedia.counts import print_counts
from openluke.cli.wikipedia.machine import Parts
from openluke.cli.wikipedia.progress import stage_progress
from openluke.manifests import read_manifest
from openluke.wikipedia.import_pages import ImportOptions, import_pages

_USUAL, _HERE = ImportOptions(), Parts()


def import_documents(
    source: Path,
    output: Path,
    *,
    more: Annotated[list[Path] | None, Parameter(negative="")] = None,
    options: Annotated[ImportOptions, Parameter(name="*", negative_iterable="")] = _USUAL,
    lenient: Flag = False,
    replace: Flag = False,
    json: Flag = False,
    machine: Parts = _HERE,
) -> None:
    """Make a page store of documents with links of your own, in place of a Wikipedia.

    vocab, candidates and all that comes after take it as they take that of a dump. An export of
    another MediaWiki goes through parse.

    Args:
        source: A file of JSON lines, packed or not: {"title": …, "text": …, "links": [{"start": …,
            "end": …, "title": …}]}, with "redirects" (other titles), "id", "wikidata" and more
            where they are known; or a folder of Markdown notes with [[links]].
        output: The directory to make.
        more: More files or folders; may be given several times.
        options: How documents are read.
        lenient: Leave out what cannot be read, count it, and go on.
        replace: Replace a page store that is there, or that was begun otherwise.
        json: Print one JSON object instead of a table.
        machine: Who does the work.
    """
    with stage_progress() as progress:
        import_pages(
            [source, *(more or ())],
            output=output,
            options=options,
            lenient=lenient,
            workers=machine.workers,
            executor=machine.executor,
            cluster=machine.cluster,
            replace=replace,
            reuse=not replace,
            on_progress=progress.parsed,
        )
    counts = {"pages": 0} | read_manifest(output).counts  # of no file nothing is counted
    language = options.language
    print_counts("page store", output=output, counts=counts, as_json=json, language=language)
