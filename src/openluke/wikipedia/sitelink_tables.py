"""Tables of links between Wikipedias: of titles to each other, or to Wikidata's items."""

import re
from collections.abc import Iterator
from pathlib import Path

from openluke.entities.titles import canonical_title
from openluke.errors import DataError
from openluke.wikipedia.language_facts import wikipedia_language
from openluke.wikipedia.sql_tables import as_number, as_title, read_sql_rows

_ITEM = re.compile("Q([0-9]{1,18})")

_ENOUGH = 10
"""So many lines say whether a table begins with items: there are pages with such titles."""

ITEM_LANGUAGE = ""
"""Stands where the language of a title does if the title is the number of an item."""


def read_item_table(file: str | Path) -> Iterator[tuple[int, str, str]]:
    """Rows of item, language and title, of lines such as ``Q31<TAB>en<TAB>Belgium``.

    Languages are codes as ``en`` or names of sites as ``enwiki``. What is no Wikipedia, or has
    no title, is left out.

    Raises:
        DataError: A line is something else.
    """
    for line, (first, site, title) in _lines(Path(file)):
        match = _ITEM.fullmatch(first)
        if match is None:
            raise DataError(
                f"found {first!r}, expected an item such as Q31; if these are titles, say which "
                "language they are in (table_language, --table-language)",
                file=file,
                line=line,
            )
        language = wikipedia_language(site.removesuffix("wiki"))
        if language is not None and (spelling := canonical_title(title)):
            yield int(match[1]), language, spelling


def read_title_table(file: str | Path, *, language: str) -> Iterator[tuple[str, str, str, str]]:
    """Pairs of names, of lines such as ``Belgium<TAB>fr<TAB>Belgique``.

    Args:
        file: The table. What it links to that is no Wikipedia, or has no title, is left
            out.
        language: The language of the first titles.

    Raises:
        DataError: It has items for titles.
    """
    pairs: list[tuple[str, str, str, str]] = []
    all_items = True
    for line, (title, site, other_title) in _lines(Path(file)):
        all_items = all_items and _ITEM.fullmatch(title) is not None
        other = wikipedia_language(site.removesuffix("wiki"))
        own, spelling = canonical_title(title), canonical_title(other_title)
        if other is not None and own and spelling:
            pairs.append((language, own, other, spelling))
        if not all_items or line >= _ENOUGH:
            _check_titles(file, all_items=all_items, language=language)
            yield from pairs
            pairs.clear()
    _check_titles(file, all_items=all_items and bool(pairs), language=language)
    yield from pairs


def _check_titles(file: str | Path, *, all_items: bool, language: str) -> None:
    if all_items:
        raise DataError(
            f"begins with items such as Q31, expected titles in {language!r}; give no "
            "table_language (--table-language)",
            file=file,
        )


def read_langlinks(file: str | Path) -> Iterator[tuple[int, str, str]]:
    """Rows of page, language and title, of MediaWiki's dump ``…-langlinks.sql.gz``."""
    columns = ["ll_from", "ll_lang", "ll_title"]
    for page, site, title in read_sql_rows(file, table="langlinks", columns=columns):
        language = wikipedia_language((site or b"").decode("utf-8", "replace"))
        if language is not None and title:
            number = as_number(page, what="a page", path=file)
            yield number, language, canonical_title(as_title(title))


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Numbered lines of three columns; empty ones are passed over."""
    try:
        with path.open("rb") as stream:
            for line, data in enumerate(stream, start=1):
                text = data.decode("utf-8-sig" if line == 1 else "utf-8").rstrip("\r\n")
                if not text.strip():
                    continue
                columns = text.split("\t")
                if len(columns) != 3:
                    raise DataError(
                        f"found {len(columns)} columns, expected 3: an item or a title, a "
                        "language, and the title in that language, with tabs between",
                        file=path,
                        line=line,
                    )
                yield line, columns
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", file=path) from error
    except UnicodeDecodeError as error:
        raise DataError(f"not UTF-8: {error.reason}; save it as UTF-8", file=path) from error
