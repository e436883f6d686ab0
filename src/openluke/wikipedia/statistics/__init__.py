"""Numbers and a page about pages, vocabularies and tables of names."""

from openluke.wikipedia.statistics.collecting import collect_statistics
from openluke.wikipedia.statistics.page import statistics_page
from openluke.wikipedia.statistics.records import Column, Figure, Section, Statistics, shown

__all__ = [
    "Column",
    "Figure",
    "Section",
    "Statistics",
    "collect_statistics",
    "shown",
    "statistics_page",
]
