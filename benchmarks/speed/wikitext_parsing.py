"""Seconds of the processor for parsing pages of wikitext, as ``python -m … PAGES`` prints them.

``PAGES`` has title, language and wikitext of a page on each line. As in ``openluke wikipedia
parse``, Python looks for garbage when the pages are done; one page is parsed before the time runs,
as on the other side (benchmarks/quality/peers/wikipedia2vec_pages.py).
"""

import gc
import json
import sys
import time
from pathlib import Path

from openluke.wikipedia.site import make_site
from openluke.wikipedia.wikitext import WikitextReader


def main() -> None:
    """Print the seconds of one pass over the pages."""
    lines = Path(sys.argv[1]).read_text(encoding="utf-8").split("\n")
    pages: list[tuple[str, str, str]] = [json.loads(line) for line in lines]
    reader = WikitextReader(make_site(pages[0][1]))
    reader.read(pages[0][2], title=pages[0][0])
    gc.disable()
    start = time.process_time()
    for title, _, text in pages:
        reader.read(text, title=title)
    print(time.process_time() - start)


if __name__ == "__main__":
    main()
