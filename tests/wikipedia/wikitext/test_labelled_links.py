"""Links of real pages as a person labelled them, who saw the wikitext and nothing else.

The stretches of ``labelled_links.jsonl`` are from the Wikipedias of six languages, of 2016 to 2023,
under CC BY-SA 4.0; their titles name the pages, whose histories name the authors. A link is there
with what a reader sees of it and the title of the page that it leads to.
"""

import json
from collections import Counter
from pathlib import Path

from openluke.wikipedia.site import make_site
from openluke.wikipedia.wikitext import read_wikitext

STRETCHES = [
    json.loads(line)
    for line in Path(__file__).with_name("labelled_links.jsonl").read_text("utf-8").splitlines()
]


def found_links(stretch: dict) -> Counter[tuple[str, str]]:
    language = stretch["language"]
    site = make_site(language, database=f"{language}wiki", name="Wikipedia")
    reading = read_wikitext(stretch["wikitext"], site=site, title=stretch["title"])
    return Counter(
        (text[link.start : link.end], link.title)
        for text, links, _ in reading.paragraphs
        for link in links
    )


def test_links_are_those_that_a_person_sees() -> None:
    right = found = labelled = 0
    for stretch in STRETCHES:
        ours = found_links(stretch)
        gold = Counter((text, title) for text, title in stretch["links"])
        right += (ours & gold).total()
        found += ours.total()
        labelled += gold.total()

    assert labelled > 300
    assert len({stretch["language"] for stretch in STRETCHES}) == 6
    assert right / found >= 0.99
    assert right / labelled >= 0.99
