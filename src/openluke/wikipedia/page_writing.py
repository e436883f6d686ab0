"""A page store while it is written: a file of pages and one of redirects for each part."""

# The types of pyarrow are unknown.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

import contextlib
import json
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow.parquet as pq

from openluke.records.pages import Page, Redirect
from openluke.wikipedia.page_columns import (
    PAGE_SCHEMA,
    PAGES,
    REDIRECT_SCHEMA,
    REDIRECTS,
    PageColumns,
    redirects_table,
)
from openluke.wikipedia.site import Site
from openluke.wikipedia.title_index import write_title_index

SITE = "site.json"

MOST_PAGES = 128
"""In a row group: what is read for one page."""
MOST_CHARACTERS = 500_000
"""After which a row group ends too: reading one takes 3 ms, and large pages do not pile up."""
MOST_REDIRECTS = 10_000


class PageWriter:
    """Writes the pages and redirects of one part, holding few of them; a context manager."""

    def __init__(self, directory: Path, number: int) -> None:
        self.counts = Counter[str](pages=0, paragraphs=0, characters=0, links=0, redirects=0)
        """How much was written."""
        self._pages, self._redirects = PageColumns(), list[Redirect]()
        with contextlib.ExitStack() as stack:
            self._page_file = stack.enter_context(
                _writer(directory / PAGES, number=number, schema=PAGE_SCHEMA)
            )
            self._redirect_file = stack.enter_context(
                _writer(directory / REDIRECTS, number=number, schema=REDIRECT_SCHEMA)
            )
            self._files = stack.pop_all()

    def __enter__(self) -> "PageWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._files:
            if error is None:
                self._write_pages()
                self._write_redirects()

    def add(self, page: Page) -> None:
        """Write a page; pages are read in the order in which they are written.

        Raises:
            DataError: A paragraph is not a line of text, or its links are not in it and in order.
        """
        self._pages.add(page)
        if len(self._pages) >= MOST_PAGES or self._pages.n_characters >= MOST_CHARACTERS:
            self._write_pages()

    def add_redirect(self, redirect: Redirect) -> None:
        """Write a redirect."""
        self._redirects.append(redirect)
        if len(self._redirects) >= MOST_REDIRECTS:
            self._write_redirects()

    def _write_pages(self) -> None:
        pages, self._pages = self._pages, PageColumns()
        if not len(pages):
            return
        self._page_file.write_table(pages.table())
        self.counts.update(
            pages=len(pages),
            paragraphs=pages.n_paragraphs,
            characters=pages.n_characters,
            links=pages.n_links,
        )

    def _write_redirects(self) -> None:
        redirects, self._redirects = self._redirects, []
        if redirects:
            self._redirect_file.write_table(redirects_table(redirects))
            self.counts.update(redirects=len(redirects))


def complete_store(directory: Path, *, site: Site) -> dict[str, int]:
    """Write what a page store has besides the files of its parts.

    Args:
        directory: Has the files of all parts.
        site: The wiki that they are from.

    Returns:
        What this has counted: titles of which there is more than one page.
    """
    text = json.dumps(site.to_mapping(), ensure_ascii=False, indent=2, sort_keys=True)
    (directory / SITE).write_text(text + "\n", encoding="utf-8")
    files = sorted((directory / PAGES).glob("*.parquet"))
    return {"repeated_titles": write_title_index(directory, files=files)}


def _writer(directory: Path, *, number: int, schema: Any) -> Any:
    directory.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {
        "compression": "zstd",
        "compression_level": 3,  # a tenth smaller than by 1, for a hundredth of the time of parsing
        "write_statistics": ["id", "title"],
        "use_dictionary": ["paragraph_kinds.list.element", "link_titles.list.element"],
    }
    return pq.ParquetWriter(directory / f"{number:05d}.parquet", schema, **options)
