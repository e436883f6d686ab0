"""Page stores made by hand."""

from pathlib import Path

from openluke.artifacts import write_artifact
from openluke.records.pages import Page, PageLink, Paragraph, Redirect
from openluke.wikipedia.pages import FORMAT_VERSION, KIND, PageWriter, complete_store
from openluke.wikipedia.site import make_site


def linking(title, links=(), **facts):
    """A page with one paragraph, whose words are its links."""
    parts, place = [], 0
    for target in links:
        parts.append(PageLink(place, place + len(target), target))
        place += len(target) + 1
    return Page(title=title, paragraphs=(Paragraph(" ".join(links) or "-", tuple(parts)),), **facts)


def write_store(path: Path, *, pages=(), redirects=(), n_parts=2, language="en"):
    """Write pages, and redirects as tuples of title and target, as the stage that parses does."""
    with write_artifact(path, kind=KIND, format_version=FORMAT_VERSION) as draft:
        for number in range(n_parts):
            with PageWriter(draft.path, number) as writer:
                for page in pages[number::n_parts]:
                    writer.add(page)
                for title, target in redirects[number::n_parts]:
                    writer.add_redirect(Redirect(title, target))
        complete_store(draft.path, site=make_site(language))
    return path
