"""The XML dump of a wiki, read in parts that need nothing of each other."""

from openluke.wikipedia.dump.damage import Damage, PartTally
from openluke.wikipedia.dump.opening import Dump, DumpFile, open_dump
from openluke.wikipedia.dump.page_xml import RawPage
from openluke.wikipedia.dump.parts import DumpPart
from openluke.wikipedia.dump.reading import read_part

__all__ = [
    "Damage",
    "Dump",
    "DumpFile",
    "DumpPart",
    "PartTally",
    "RawPage",
    "open_dump",
    "read_part",
]
