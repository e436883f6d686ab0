"""Links of real dumps beside those of wikipedia2vec, which LUKE's own pipeline reads dumps with.

    python -m benchmarks.quality.wikipedia_links --python PEER/bin/python

``PEER`` is an environment with wikipedia2vec 2.0 (see benchmarks/quality/peers/
wikipedia2vec_pages.py) and ``OPENLUKE_DATA`` is as in recipes/README.md. Its databases are kept in
``--runs``, as they take minutes to make.

Links are compared page by page as pairs of title and text. Titles are spelt in one way on both
sides; links to other namespaces, wikis and languages, which it keeps, do not count; and letters
that join a link, which it does not know, are left out. What differs is told by cause:
it reads no headings, drops all templates, and reads the cells of some tables, mostly of HTML.
"""

import argparse
import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.speed.measure import environment, write
from openluke.wikipedia.dump import Dump, RawPage, open_dump, read_part
from openluke.wikipedia.site import ARTICLES
from openluke.wikipedia.wikitext import WikitextReader
from openluke.wikipedia.wikitext.link_targets import Kind, LinkTargets

PEER = "benchmarks.quality.peers.wikipedia2vec_pages"
RESULT = Path("benchmarks/results/wikipedia_links.json")
_EXAMPLES = 12
_LONGEST_EXAMPLE = 120
"""Characters; a link that nothing closes can be a whole page."""
_APART = ("ours_only", "theirs_only")
_UNEXPLAINED = ("ours_only_unexplained", "theirs_only_unexplained")

_TEMPLATE = re.compile(r"\{\{")
_HEADING = re.compile(r"^=.*=[ \t]*$", re.MULTILINE)
_TABLE_TAG = re.compile(r"</?(?:table|tr|td|th)\b[^<>]*>", re.IGNORECASE)

Links = Counter[tuple[str, str]]


class Compared(NamedTuple):
    """The links of a dump, or of a page, that both have, and those that one has."""

    common: int
    ours: Counter[str]
    """Numbers by cause."""
    theirs: Counter[str]
    examples: list[list[str]]
    """Of those without a known cause: page, side, title, text."""


def main() -> None:
    """Compare all dumps of enwiki-2006 and truncated-2023."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", required=True, help="that has wikipedia2vec")
    parser.add_argument("--runs", type=Path, default=Path("runs/wikipedia_links"))
    arguments = parser.parse_args()
    arguments.runs.mkdir(parents=True, exist_ok=True)
    data = Path(os.environ["OPENLUKE_DATA"]) / "wikipedia"
    dumps = [*sorted(data.glob("enwiki-2006/*.bz2")), *sorted(data.glob("truncated-2023/*.bz2"))]
    figures: dict[str, Any] = {}
    for dump in dumps:
        theirs = _their_links(dump, runs=arguments.runs, python=arguments.python)
        figures[dump.name] = _figure(_compare(open_dump(dump), theirs=theirs))
        print(dump.name, figures[dump.name]["agreement"], flush=True)
    result = {
        "benchmark": "wikipedia_links",
        "unit": "share of all links of articles that both have, by title and text",
        "agreement": _share(list(figures.values()), apart=_APART),
        "agreement_apart_from_known_causes": _share(list(figures.values()), apart=_UNEXPLAINED),
        "dumps": figures,
    }
    write(result | environment(), output=RESULT)


def _share(figures: Sequence[Mapping[str, Any]], *, apart: Sequence[str]) -> float:
    common = sum(one["common"] for one in figures)
    return common / (common + sum(one[what] for one in figures for what in apart))


def _their_links(dump: Path, *, runs: Path, python: str) -> dict[str, list[tuple[str, str]]]:
    """The links of each page as wikipedia2vec has them."""
    lines = runs / f"{dump.name}.jsonl"
    if not lines.exists():
        database, partial = runs / f"{dump.name}.db", runs / f"{dump.name}.partial"
        database.unlink(missing_ok=True)
        for command in (("build", dump, database), ("links", database, partial)):
            subprocess.run([python, "-m", PEER, *map(str, command)], check=True)
        partial.rename(lines)
        database.unlink()
    pages = map(json.loads, lines.read_text(encoding="utf-8").splitlines())
    return {page["title"]: [tuple(link) for link in page["links"]] for page in pages}


def _compare(dump: Dump, *, theirs: dict[str, list[tuple[str, str]]]) -> Compared:
    comparison = _Comparison(dump)
    total = Compared(0, Counter(), Counter(), [])
    for page in _articles(dump):
        one = comparison.compare(page, theirs=theirs.get(page.title, []))
        total = Compared(
            total.common + one.common,
            total.ours + one.ours,
            total.theirs + one.theirs,
            [*total.examples, *one.examples][:_EXAMPLES],
        )
    return total


def _articles(dump: Dump) -> Iterator[RawPage]:
    for part in dump.parts:
        for page in read_part(part, site=dump.site, namespaces=[ARTICLES]):
            if page.redirect is None:
                yield page


class _Comparison:
    """Compares pages of one wiki."""

    def __init__(self, dump: Dump) -> None:
        self._reader = WikitextReader(dump.site)
        self._targets = LinkTargets(dump.site)

    def compare(self, page: RawPage, *, theirs: list[tuple[str, str]]) -> Compared:
        """The links of a page on both sides."""
        ours = self._ours(page.text, title=page.title)
        common, ours_only, theirs_only = _matched(ours, theirs=self._articles_of(theirs))
        if not (ours_only or theirs_only):
            return Compared(common, Counter(), Counter(), [])
        found = {"theirs": theirs_only, "ours": ours_only}
        causes = {"ours": Counter[str](), "theirs": Counter[str]()}
        less = {
            "in templates that carry words": ours - self._ours(_TEMPLATE.sub("{{ . |", page.text)),
            "in headings": ours - self._ours(_HEADING.sub("", page.text)),
        }
        more = {"in tables": self._ours(_table_cells(page.text)) - ours}
        _explain(found["ours"], causes=causes["ours"], known=less)
        _explain(found["theirs"], causes=causes["theirs"], known=more)
        examples = [
            [page.title, side, *(text[:_LONGEST_EXAMPLE] for text in link)]
            for side in found
            for link in found[side]
        ]
        return Compared(common, causes["ours"], causes["theirs"], examples)

    def _ours(self, wikitext: str, *, title: str = "") -> Links:
        reading = self._reader.read(wikitext, title=title)
        return Counter(
            (link.title, text[link.start : link.end])
            for text, links, _ in reading.paragraphs
            for link in links
        )

    def _articles_of(self, links: list[tuple[str, str]]) -> Links:
        found: Links = Counter()
        for written, text in links:
            kind, title, _ = self._targets[written]
            shown = " ".join(text.split())
            if kind is Kind.ARTICLE and shown:
                found[title, shown] += 1
        return found


def _table_cells(wikitext: str) -> str:
    """The wikitext as if its tables were none."""
    text = _TABLE_TAG.sub("\n\n", wikitext).replace("{|", "").replace("|}", "")
    return text.replace("||", "\n").replace("\n|", "\n").replace("\n!", "\n")


def _explain(left: Links, *, causes: Counter[str], known: dict[str, Links]) -> None:
    """Count causes, and leave the links without one."""
    for cause, links in known.items():
        explained = left & links
        causes[cause] += explained.total()
        left -= explained
    causes["other"] += left.total()


def _matched(ours: Links, *, theirs: Links) -> tuple[int, Links, Links]:
    """How many both have, and what is left of each; letters may join a text."""
    common = ours & theirs
    left, right = ours - common, theirs - common
    n_common = common.total()
    for (title, text), n in list(left.items()):
        for (other_title, other), m in list(right.items()):
            if title == other_title and other in text:
                joined = min(n, m, left[title, text], right[other_title, other])
                left[title, text] -= joined
                right[other_title, other] -= joined
                n_common += joined
    return n_common, +left, +right


def _figure(found: Compared) -> dict[str, Any]:
    figure = {
        "common": found.common,
        "ours_only": found.ours.total(),
        "ours_only_by_cause": dict(+found.ours),
        "ours_only_unexplained": found.ours["other"],
        "theirs_only": found.theirs.total(),
        "theirs_only_by_cause": dict(+found.theirs),
        "theirs_only_unexplained": found.theirs["other"],
        "examples_of_other": found.examples,
    }
    return {"agreement": _share([figure], apart=_APART)} | figure


if __name__ == "__main__":
    main()
