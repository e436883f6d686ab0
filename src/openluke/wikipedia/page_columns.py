"""Pages as columns of a Parquet file, and back."""

# The types of pyarrow are unknown.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import pyarrow as pa

from openluke.errors import DataError
from openluke.records.pages import Page, PageLink, Paragraph, Redirect

KIND = "wikipedia-pages"
FORMAT_VERSION = 1

PAGES, REDIRECTS = "pages", "redirects"
"""The directories of a page store with a file for each part."""

_LONE = re.compile("[\ud800-\udfff]")

PAGE_SCHEMA: Any = pa.schema(
    [
        ("id", pa.int64()),
        pa.field("title", pa.string(), nullable=False),
        pa.field("is_disambiguation", pa.bool_(), nullable=False),
        pa.field("is_list", pa.bool_(), nullable=False),
        ("wikidata", pa.string()),
        pa.field("interlanguage", pa.list_(pa.string()), nullable=False),
        pa.field("text", pa.string(), nullable=False),  # paragraphs with line breaks between
        pa.field("paragraph_kinds", pa.list_(pa.string()), nullable=False),
        pa.field("n_lead", pa.int32(), nullable=False),
        pa.field("link_starts", pa.list_(pa.int32()), nullable=False),  # characters of the text
        pa.field("link_ends", pa.list_(pa.int32()), nullable=False),
        pa.field("link_titles", pa.list_(pa.string()), nullable=False),
    ]
)
REDIRECT_SCHEMA: Any = pa.schema(
    [
        pa.field("title", pa.string(), nullable=False),
        pa.field("target", pa.string(), nullable=False),
        ("section", pa.string()),
    ]
)


class PageColumns:
    """Pages that wait to be written together."""

    def __init__(self) -> None:
        self._pages: list[Page] = []
        self._texts: list[str] = []
        self._kinds, self._languages, self._links = _Lists(), _Lists(), _Lists()
        self._starts: list[int] = []
        self._ends: list[int] = []
        self.n_characters = 0

    def __len__(self) -> int:
        return len(self._pages)

    @property
    def n_paragraphs(self) -> int:
        """How many paragraphs the pages have together."""
        return len(self._kinds.values)

    @property
    def n_links(self) -> int:
        """How many links they have together."""
        return len(self._links.values)

    def add(self, page: Page) -> None:
        """Add a page; a ``DataError`` says what of it is not as ``Page`` has it."""
        start = 0
        titles: list[str] = []
        for text, links, _ in page.paragraphs:
            before, length = 0, len(text)
            if not text or "\n" in text:
                raise _no_line(text, page=page)
            for link in links:
                first, end, title = link
                if not before <= first < end <= length:
                    raise _no_place(link, page=page, length=length, before=before)
                before = end
                self._starts.append(start + first)
                self._ends.append(start + end)
                titles.append(title)
            start += length + 1
        self._pages.append(page)
        self._texts.append("\n".join([paragraph.text for paragraph in page.paragraphs]))
        self._kinds.add([paragraph.kind for paragraph in page.paragraphs])
        self._languages.add(page.interlanguage)
        self._links.add(titles)
        self.n_characters += max(0, start - 1)

    def table(self) -> Any:
        """All pages as an Arrow table."""
        try:
            return pa.table(self._columns(), schema=PAGE_SCHEMA)
        except UnicodeEncodeError as error:
            raise DataError(_unwritable(self._pages)) from error

    def _columns(self) -> dict[str, Any]:
        return {
            "id": [page.id for page in self._pages],
            "title": [page.title for page in self._pages],
            "is_disambiguation": [page.is_disambiguation for page in self._pages],
            "is_list": [page.is_list for page in self._pages],
            "wikidata": [page.wikidata for page in self._pages],
            "interlanguage": self._languages.array(),
            "text": self._texts,
            "paragraph_kinds": self._kinds.array(),
            "n_lead": [page.n_lead for page in self._pages],
            "link_starts": self._links.array(pa.array(self._starts, pa.int32())),
            "link_ends": self._links.array(pa.array(self._ends, pa.int32())),
            "link_titles": self._links.array(),
        }


class _Lists:
    """Lists of strings, one after another."""

    def __init__(self) -> None:
        self.values: list[str] = []
        self._offsets = [0]

    def add(self, values: Sequence[str]) -> None:
        """Add a list."""
        self.values.extend(values)
        self._offsets.append(len(self.values))

    def array(self, values: Any = None) -> Any:
        """As an Arrow array; or other values, in lists of the same lengths."""
        if values is None:
            values = pa.array(self.values, pa.string())
        return pa.ListArray.from_arrays(pa.array(self._offsets, pa.int32()), values)


def read_pages(batch: Any) -> Iterator[Page]:
    """The pages of an Arrow batch, or of a table of one chunk."""
    kinds = _lists(batch, "paragraph_kinds")
    languages = _lists(batch, "interlanguage")
    starts, ends = _lists(batch, "link_starts"), _lists(batch, "link_ends")
    titles = _lists(batch, "link_titles")
    plain = ("id", "title", "is_disambiguation", "is_list", "wikidata", "text", "n_lead")
    rows = zip(*(batch.column(name).to_pylist() for name in plain), strict=True)
    for page_id, title, is_disambiguation, is_list, wikidata, text, n_lead in rows:
        paragraphs = _paragraphs(
            text, kinds=next(kinds), starts=next(starts), ends=next(ends), titles=next(titles)
        )
        yield Page(
            title=title,
            id=page_id,
            paragraphs=tuple(paragraphs),
            n_lead=n_lead,
            is_disambiguation=is_disambiguation,
            is_list=is_list,
            wikidata=wikidata,
            interlanguage=tuple(next(languages)),
        )


def redirects_table(redirects: Sequence[Redirect]) -> Any:
    """Redirects as an Arrow table."""
    columns = zip(*redirects, strict=True) if redirects else ([], [], [])
    names = REDIRECT_SCHEMA.names
    try:
        return pa.table(dict(zip(names, columns, strict=True)), schema=REDIRECT_SCHEMA)
    except UnicodeEncodeError as error:
        raise DataError("a redirect has a lone surrogate; repair its title") from error


def read_redirects(batch: Any) -> Iterator[Redirect]:
    """The redirects of an Arrow batch."""
    return map(Redirect, *(column.to_pylist() for column in batch.columns))


def _paragraphs(
    text: str,
    *,
    kinds: Sequence[str],
    starts: Sequence[int],
    ends: Sequence[int],
    titles: Sequence[str],
) -> Iterator[Paragraph]:
    """The lines of a text with the links that lie in them."""
    start = link = 0
    n_links = len(starts)
    for line, kind in zip(text.split("\n") if kinds else (), kinds, strict=True):
        end, first = start + len(line), link
        while link < n_links and starts[link] < end:
            link += 1
        links = tuple(
            [
                PageLink(starts[number] - start, ends[number] - start, titles[number])
                for number in range(first, link)
            ]
        )
        yield Paragraph(line, links, kind)
        start = end + 1


def _lists(batch: Any, name: str) -> Iterator[list[Any]]:
    """The lists of a column; much faster than making each of an Arrow scalar."""
    column = batch.column(name)
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    values = _values(column.flatten())
    offsets = column.offsets.to_numpy()
    for start, end in pairwise((offsets - offsets[0]).tolist()):
        yield values[start:end]


def _values(array: Any) -> list[Any]:
    if isinstance(array, pa.DictionaryArray):
        names = array.dictionary.to_pylist()
        return [names[number] for number in array.indices.to_numpy().tolist()]
    return array.to_numpy().tolist() if pa.types.is_integer(array.type) else array.to_pylist()


def _no_line(text: str, *, page: Page) -> DataError:
    return DataError(f"{page.title}: found the paragraph {text[:60]!r}, expected a line of text")


def _no_place(link: PageLink, *, page: Page, length: int, before: int) -> DataError:
    return DataError(
        f"{page.title}: found the link {link!r} in a paragraph of {length:,} characters, expected "
        f"one that is inside it and begins at {before:,} or after"
    )


def _unwritable(pages: Sequence[Page]) -> str:
    """Which page has a character that no file can have."""
    for page in pages:
        strings = [page.title, page.wikidata or "", *page.interlanguage]
        for paragraph in page.paragraphs:
            strings += [paragraph.text, *(link.title for link in paragraph.links)]
        for string in strings:
            if (found := _LONE.search(string)) is not None:
                near = string[max(0, found.start() - 30) : found.end() + 30]
                return f"{page.title!r} has a lone surrogate in {near!r}; repair the text"
    return "a page has a lone surrogate; repair its text"
