"""wikipedia2vec (https://github.com/wikipedia2vec/wikipedia2vec), which LUKE's own pipeline uses.

It needs an environment of its own, with Python 3.11 or 3.12: pip install wikipedia2vec==2.0.0

``build DUMP DATABASE``
    makes its database of a dump, with one process.
``links DATABASE OUTPUT``
    writes the links of each page as lines of JSON.
``time-parsing PAGES``
    says how many seconds of the processor its parser takes for pages of wikitext, as lines of JSON.
"""

import argparse
import json
import logging
import sys
import time
from pathlib import Path

from wikipedia2vec.dump_db import DumpDB, _parse_page
from wikipedia2vec.utils.wiki_dump_reader import WikiDumpReader
from wikipedia2vec.utils.wiki_page import WikiPage


def build(dump: str, database: str) -> None:
    """Make its database, as its command ``build-dump-db`` does."""
    DumpDB.build(WikiDumpReader(dump), database, pool_size=1, chunk_size=100)


def links(database: str, output: str) -> None:
    """Write title and text of the links of each page, in order."""
    pages = DumpDB(database)
    with Path(output).open("w", encoding="utf-8") as file:
        for title in pages.titles():
            found = [
                [link.title, link.text]
                for paragraph in pages.get_paragraphs(title)
                for link in paragraph.wiki_links
            ]
            file.write(json.dumps({"title": title, "links": found}, ensure_ascii=False) + "\n")


def time_parsing(pages: str) -> None:
    """Print the seconds of one pass over the pages."""
    lines = Path(pages).read_text(encoding="utf-8").splitlines()
    parsed = [WikiPage(*json.loads(line), None) for line in lines]  # title, language, wikitext
    _parse_page(parsed[0], None)
    start = time.process_time()
    for page in parsed:
        _parse_page(page, None)
    print(time.process_time() - start)


def main() -> None:
    """Run a command."""
    logging.disable(logging.WARNING)
    sys.setrecursionlimit(10_000)
    commands = {"build": build, "links": links, "time-parsing": time_parsing}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=sorted(commands))
    parser.add_argument("paths", nargs="+")
    arguments = parser.parse_args()
    commands[arguments.command](*arguments.paths)


if __name__ == "__main__":
    main()
