"""Small tables of names."""

from openluke.entities.candidate_files import CandidateRow
from openluke.entities.candidates import CandidateTable, Source
from openluke.tokenization.candidate_writing import write_candidates


def row(mention, *titles, links=4, occurrences=8):
    """A name that has as many links to each of some titles."""
    share = links // max(1, len(titles))
    return CandidateRow(mention, links, occurrences, [(t, share, Source.LINK) for t in titles])


def make_table(path, *, rows, form="written"):
    """Write a table and open it."""
    write_candidates(path, rows=lambda: rows, form=form)
    return CandidateTable.open(path)
