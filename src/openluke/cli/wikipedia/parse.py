"""``openluke wikipedia parse``: from a dump to a page store."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from openluke.cli.flags import Flag
from openluke.cli.wikipedia.counts import print_counts
from openluke.cli.wikipedia.machine import Parts
from openluke.cli.wikipedia.progress import stage_progress
from openluke.errors import ConfigError
from openluke.manifests import read_manifest
from openluke.wikipedia.language_facts import wikipedia_language
from openluke.wikipedia.parse_dump import ParseOptions, parse_dump
from openluke.wikipedia.wikitext.templates import read_rules

_HERE = Parts()


def parse(
    dump: Path,
    output: Path,
    *,
    more: Annotated[list[Path] | None, Parameter(negative="")] = None,
    page_props: Path | None = None,
    language: str | None = None,
    namespaces: Annotated[list[int] | None, Parameter(negative="")] = None,
    templates: Path | None = None,
    part_size: int | None = None,
    lenient: Flag = False,
    replace: Flag = False,
    json: Flag = False,
    machine: Parts = _HERE,
) -> None:
    """Make a page store of a dump: paragraphs of clean text, links at exact places, redirects.

    The store is a directory of Parquet files, which pyarrow, pandas and DuckDB read. A job that is
    killed goes on where it was when the same command is given again.

    Args:
        dump: A dump of a wiki: .xml, .xml.bz2 (of one stream or many), .xml.gz, .xz or .zst.
        output: The directory to make.
        more: The other files of a dump of several, in order; may be given several times.
        page_props: MediaWiki's dump of page_props (.sql.gz), for Wikidata items and for which pages
            are disambiguations.
        language: Wikipedia's code of the language; by default what the dump says.
        namespaces: Numbers of the namespaces to keep, with the links to their pages; by default 0,
            that of articles.
        templates: A TOML file of more templates that carry words, in tables for a language or for
            all, such as nowrap = "{1}" below [all].
        part_size: Bytes of a packed file that make a part; by default 2 to 16 million.
        lenient: Leave out what is damaged in the dump, count it, and go on behind it.
        replace: Replace a page store that is there, or that was begun otherwise.
        json: Print one JSON object instead of a table.
        machine: Who does the work.
    """
    with stage_progress() as progress:
        store = parse_dump(
            [dump, *(more or ())],
            output=output,
            options=ParseOptions(
                namespaces=tuple(namespaces or (0,)),
                language=language,
                templates=rules_of(templates, language=language),
                part_size=part_size,
            ),
            page_props=page_props,
            lenient=lenient,
            workers=machine.workers,
            executor=machine.executor,
            cluster=machine.cluster,
            replace=replace,
            reuse=not replace,
            on_progress=progress.parsed,
        )
    counts = read_manifest(output).counts
    language = store.site.language
    print_counts("page store", output=output, counts=counts, as_json=json, language=language)


def rules_of(file: Path | None, *, language: str | None) -> Mapping[str, str]:
    """The rules of a file of templates for a language: those for all, and its own.

    Args:
        file: The file; without one there are none.
        language: The language; needed where the file has rules for one.
    """
    if file is None:
        return {}
    try:
        tables = read_rules(file.read_text(encoding="utf-8"), where=str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from error
    wanted = [name for name in tables if name != "all"]
    if unknown := [name for name in wanted if wikipedia_language(name) is None]:
        raise ConfigError(
            f"{file}: found rules for {', '.join(unknown)}, expected all or codes of Wikipedias "
            "such as de"
        )
    if wanted and language is None:
        raise ConfigError(
            f"{file}: has rules for {', '.join(wanted)}; give --language, so that it is known "
            "whether they count"
        )
    return tables.get("all", {}) | tables.get(language or "", {})
