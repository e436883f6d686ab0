"""``openluke wikipedia interwiki``: which titles of all Wikipedias are about the same."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from openluke.cli.flags import Flag
from openluke.cli.wikipedia.counts import print_counts
from openluke.cli.wikipedia.machine import Machine
from openluke.cli.wikipedia.progress import stage_progress
from openluke.wikipedia.build_interwiki import build_interwiki
from openluke.wikipedia.interwiki_sources import InterwikiSources

_HERE = Machine()


def interwiki(
    output: Path,
    *,
    wikidata: Annotated[list[Path] | None, Parameter(negative="")] = None,
    table: Annotated[list[Path] | None, Parameter(negative="")] = None,
    table_language: str | None = None,
    pages: Annotated[list[Path] | None, Parameter(negative="")] = None,
    langlinks: Annotated[list[Path] | None, Parameter(negative="")] = None,
    languages: Annotated[list[str] | None, Parameter(negative="")] = None,
    lenient: Flag = False,
    replace: Flag = False,
    json: Flag = False,
    machine: Machine = _HERE,
) -> None:
    """Make the table of which titles of all Wikipedias are about the same.

    Several sources are taken together. Each option that names files may be given several times.

    Args:
        output: The directory to make.
        wikidata: A JSON dump of Wikidata (.json, .json.gz or .json.bz2).
        table: A table with tabs: item, language and title, or, with --table-language, title,
            language and title.
        table_language: The language of the first titles of the tables.
        pages: A page store whose pages know their items or their pages in other languages.
        langlinks: MediaWiki's dump of langlinks (.sql.gz), one for each page store, in order.
        languages: Codes of the Wikipedias to keep; all by default, without the one in simple
            English. Those of the page stores are kept in any case.
        lenient: Count what is damaged in a dump of Wikidata, and go on behind it.
        replace: Replace a table that is there, or that was begun otherwise.
        json: Print one JSON object instead of a table.
        machine: Who does the work.
    """
    sources = InterwikiSources(
        wikidata=wikidata or (),
        tables=table or (),
        table_language=table_language,
        stores=pages or (),
        langlinks=langlinks or (),
    )
    with stage_progress() as progress:
        counts = build_interwiki(
            output,
            sources=sources,
            languages=languages,
            strict=not lenient,
            limits=machine.limits,
            on_done=progress.counted("wikidata"),
            executor=machine.executor,
            cluster=machine.cluster,
            replace=replace,
            reuse=not replace,
        )
    print_counts("interwiki table", output=output, counts=counts, as_json=json)
