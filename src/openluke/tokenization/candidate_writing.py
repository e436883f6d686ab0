"""Writing tables of names and candidates, with what finds the names in texts."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from openluke.artifacts import write_artifact
from openluke.entities.candidate_files import (
    FORMAT_VERSION,
    KIND,
    MENTIONS,
    CandidateRow,
    write_candidate_files,
)
from openluke.entities.key_trie import open_trie
from openluke.entities.mention_keys import MentionForm
from openluke.tokenization.word_filter import WordFilter, count_words

Rows = Callable[[], Iterable[CandidateRow]]


def write_candidates(
    path: str | Path,
    *,
    rows: Rows,
    form: MentionForm,
    inputs: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    replace: bool = False,
) -> None:
    """Write a table as an artefact directory of files that can be mapped into memory.

    Args:
        path: The directory to make.
        rows: Gives the names, each once, in any order; called three times, so that they need not
            all be in memory.
        form: How names are compared; the rows have them so (``mention_key``).
        inputs: Fingerprints of what the table is made from, for the manifest.
        options: Options that it is made with, for the manifest.
        replace: Whether a finished table at ``path`` may be replaced.
    """
    with write_artifact(
        path,
        kind=KIND,
        format_version=FORMAT_VERSION,
        inputs=inputs,
        options=options,
        replace=replace,
    ) as draft:
        draft.counts.update(write_table(draft.path, rows=rows, form=form))


def write_table(directory: Path, *, rows: Rows, form: MentionForm) -> dict[str, int]:
    """Write the files of a table into a directory, and count what is in it."""
    counts = write_candidate_files(directory, rows=rows, form=form)
    keys = open_trie(directory / MENTIONS)
    WordFilter.build(keys.iterkeys(""), lengths=count_words(keys.iterkeys(""))).save(directory)
    return counts
