"""The pages of one part of a dump."""

from collections.abc import Collection, Iterator

from openluke.errors import DataError
from openluke.wikipedia.dump.chunks import read_chunks
from openluke.wikipedia.dump.damage import Damage, PartTally
from openluke.wikipedia.dump.page_xml import PageReader, RawPage
from openluke.wikipedia.dump.parts import DumpPart
from openluke.wikipedia.dump.splitting import PageSplitter
from openluke.wikipedia.site import Site


def read_part(
    part: DumpPart,
    *,
    site: Site,
    strict: bool = True,
    namespaces: Collection[int] | None = None,
    tally: PartTally | None = None,
) -> Iterator[RawPage]:
    """The pages that begin in a part, in order.

    All parts of a dump together give each of its pages once, however it was cut.

    Args:
        part: The part.
        site: The wiki of the dump.
        strict: Whether damage is an error, told when the pages before it have been given; if not,
            it is counted, and the pages before and behind it are read.
        namespaces: The numbers of those whose pages are read; all if not given.
        tally: Is counted up while pages are taken.

    Raises:
        DataError: The reading is strict and the part is damaged.
    """
    tally = PartTally() if tally is None else tally
    reader = PageReader(site, namespaces=None if namespaces is None else frozenset(namespaces))
    splitter = PageSplitter(file=part.place, tally=tally, strict=strict)
    chunks = read_chunks(part, tally=tally, strict=strict)
    for xml in splitter.split(chunks, closes=part.closes):
        try:
            page = reader.read(xml.data)
        except DataError as error:
            tally.add(Damage("page", xml.byte, str(error)), file=part.place, strict=strict)
            continue
        if page is None:
            tally.skipped += 1
        else:
            tally.pages += 1
            yield page
