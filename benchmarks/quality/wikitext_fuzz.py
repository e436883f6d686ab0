"""Wikitext of real pages, changed at random: no exception, links at their places, linear time.

    python -m benchmarks.quality.wikitext_fuzz

``OPENLUKE_DATA`` is as in recipes/README.md. Stretches of pages in many languages lose, gain,
double and swap pieces, mostly of markup. Each is read; the slowest are read again, eight times as
long.
"""

import argparse
import heapq
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.speed.measure import environment, write
from openluke.records import Paragraph
from openluke.wikipedia.dump import open_dump, read_part
from openluke.wikipedia.site import Site
from openluke.wikipedia.wikitext import WikitextReader

RESULT = Path("benchmarks/results/wikitext_fuzz.json")
MARKUP = """
    [[ ]] [ ] | {{ }} {{{ }}} {| |} |- || <!-- --> <ref> </ref> <ref/> <nowiki> </nowiki> <table>
    </table> <br> <b> < > '' ''' = == * # : ; & &amp; __ -{ }- http:// File: Category: [[File: ( )
""".split()
_STRETCH = 4_000
_SLOWEST, _LONGER = 20, 8
_SHORTEST_TIME = 1e-3
"""Seconds; what is faster is told to be as fast as this, as clocks are no better."""


class Case(NamedTuple):
    """A changed stretch of a page."""

    seconds: float
    text: str
    number: int


def main() -> None:
    """Read all changed stretches, print what was found and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutations", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    sources = _sources(Path(os.environ["OPENLUKE_DATA"]) / "wikipedia")
    readers = [WikitextReader(site) for site, _ in sources]
    slowest: list[Case] = []
    n_links = n_characters = 0
    for _ in range(arguments.mutations):
        place = rng.randrange(len(sources))
        text = _changed(rng.choice(sources[place][1]), rng=rng)
        case, links = _read(text, reader=readers[place], number=place)
        n_links += links
        n_characters += len(text)
        heapq.heappush(slowest, case)
        if len(slowest) > _SLOWEST:
            heapq.heappop(slowest)
    result: dict[str, Any] = {
        "benchmark": "wikitext_fuzz",
        "unit": "ratio of times of a text eight times as long, at most",
        "mutations": arguments.mutations,
        "seed": arguments.seed,
        "languages": sorted({site.language for site, _ in sources}),
        "characters": n_characters,
        "links": n_links,
        "slowest_seconds": max(slowest).seconds,
        "longer": _LONGER,
        "growth": max(_growth(case, reader=readers[case.number]) for case in slowest),
    }
    write(result | environment(), output=RESULT)


def _sources(data: Path) -> list[tuple[Site, list[str]]]:
    """Stretches of pages of each wiki."""
    dumps = [*data.glob("truncated-2023/*.bz2"), *data.glob("small/*.xml.bz2")]
    return [(open_dump(path).site, list(_stretches(path))) for path in sorted(dumps)]


def _stretches(path: Path) -> Iterator[str]:
    dump = open_dump(path)
    for part in dump.parts:
        for page in read_part(part, site=dump.site):
            for start in range(0, min(len(page.text), 5 * _STRETCH), _STRETCH):
                yield page.text[start : start + _STRETCH]


def _changed(text: str, *, rng: random.Random) -> str:
    for _ in range(rng.randint(1, 30)):
        place, end = sorted(rng.randrange(len(text) + 1) for _ in range(2))
        end = min(end, place + rng.choice((1, 2, 5, 50)))
        match rng.randrange(5):
            case 0:
                text = text[:place] + text[end:]
            case 1 | 2:
                text = text[:place] + rng.choice(MARKUP) * rng.choice((1, 1, 1, 3)) + text[place:]
            case 3:
                text = text[:end] + text[place:]
            case _:
                other = rng.randrange(len(text) + 1)
                text = text[:place] + text[other : other + 30] + text[place:]
    return text


def _read(text: str, *, reader: WikitextReader, number: int) -> tuple[Case, int]:
    start = time.process_time()
    paragraphs = reader.read(text, title="Title").paragraphs
    seconds = time.process_time() - start
    return Case(seconds, text, number), sum(map(_checked_links, paragraphs))


def _checked_links(paragraph: Paragraph) -> int:
    end = 0
    for link in paragraph.links:
        anchor = paragraph.text[link.start : link.end]
        if not (end <= link.start < link.end <= len(paragraph.text) and anchor == anchor.strip()):
            raise SystemExit(f"a link is not at its place: {link} in {paragraph!r}")
        end = link.end
    return len(paragraph.links)


def _growth(case: Case, *, reader: WikitextReader) -> float:
    def seconds(text: str) -> float:
        times = (_read(text, reader=reader, number=case.number)[0].seconds for _ in range(3))
        return max(min(times), _SHORTEST_TIME)

    return seconds(case.text * _LONGER) / seconds(case.text)


if __name__ == "__main__":
    main()
