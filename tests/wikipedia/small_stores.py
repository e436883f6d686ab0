"""Page stores made by hand, of the columns that reductions read."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from openluke.artifacts import write_artifact
from openluke.records.pages import Page, PageLink, Paragraph
from openluke.wikipedia.page_tables import FORMAT_VERSION, KIND

PAGES = pa.schema(
    [
        ("id", pa.int64()),
        ("title", pa.string()),
        ("is_disambiguation", pa.bool_()),
        ("is_list", pa.bool_()),
        ("wikidata", pa.string()),
        ("interlanguage", pa.list_(pa.string())),
        ("text", pa.string()),
        ("link_starts", pa.list_(pa.int32())),
        ("link_ends", pa.list_(pa.int32())),
        ("link_titles", pa.list_(pa.string())),
    ]
)
REDIRECTS = pa.schema([("title", pa.string()), ("target", pa.string()), ("section", pa.string())])
SITE = {"language": "en", "database": "enwiki", "name": "Wikipedia", "capitalises": True}


def linking(title, links=(), **facts):
    """A page with one paragraph, whose words are its links."""
    parts, place = [], 0
    for target in links:
        parts.append(PageLink(place, place + len(target), target))
        place += len(target) + 1
    return Page(title=title, paragraphs=(Paragraph(" ".join(links) or "-", tuple(parts)),), **facts)


def write_store(path: Path, *, pages=(), redirects=(), n_parts=2, namespaces=None, language="en"):
    """Write pages, and redirects as tuples of title and target, as the stage that parses does."""
    spaces = {"file": 6, "category": 14} if namespaces is None else namespaces
    with write_artifact(path, kind=KIND, format_version=FORMAT_VERSION) as draft:
        site = SITE | {"language": language, "namespaces": spaces}
        (draft.path / "site.json").write_text(json.dumps(site), encoding="utf-8")
        for number in range(n_parts):
            rows = [_row(page) for page in pages[number::n_parts]]
            _write(rows, schema=PAGES, file=draft.path / f"pages/{number:05}.parquet")
            rows = [{"title": a, "target": b} for a, b in redirects[number::n_parts]]
            _write(rows, schema=REDIRECTS, file=draft.path / f"redirects/{number:05}.parquet")
    return path


def _row(page):
    links = [link for paragraph in page.paragraphs for link in paragraph.links]
    return {
        "id": page.id,
        "title": page.title,
        "is_disambiguation": page.is_disambiguation,
        "is_list": page.is_list,
        "wikidata": page.wikidata,
        "interlanguage": list(page.interlanguage),
        "text": page.paragraphs[0].text,
        "link_starts": [link.start for link in links],
        "link_ends": [link.end for link in links],
        "link_titles": [link.title for link in links],
    }


def _write(rows, *, schema, file):
    file.parent.mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), file)
