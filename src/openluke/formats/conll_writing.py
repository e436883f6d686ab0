"""Documents as CoNLL columns: a word and its tag on each line."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from openluke.errors import DataError
from openluke.formats.tagging import tags_of
from openluke.records import Document, Span
from openluke.records.tags import OUTSIDE, Scheme, WordRange, word_ranges


def write_conll(
    path: str | Path,
    *,
    documents: Iterable[Document],
    scheme: Scheme = "iob2",
    separator: str = "\t",
    mark_documents: bool = True,
) -> int:
    """Write documents with words, and say how many there were.

    Mentions that begin or end inside of a word, overlap, or have no label are errors: columns
    cannot say them. A document without sentences is one.

    Args:
        path: The file.
        documents: Their mentions with labels are written.
        scheme: How tags mark mentions.
        separator: What stands between word and tag.
        mark_documents: Whether a line with ``-DOCSTART-`` stands before each document.
    """
    n_written = 0
    with Path(path).open("w", encoding="utf-8", newline="\n") as stream:
        for number, document in enumerate(documents):
            if mark_documents:
                stream.write(f"-DOCSTART-{separator}{OUTSIDE}\n\n")
            try:
                for lines in _sentences(document, scheme=scheme):
                    rows = [separator.join(line) for line in lines]
                    stream.write("\n".join(rows) + "\n\n")
            except DataError as error:
                raise DataError(f"document {number}: {error}", file=path) from error
            n_written += 1
    return n_written


def _sentences(document: Document, *, scheme: Scheme) -> Iterator[list[tuple[str, str]]]:
    """Words and tags of each sentence."""
    left = word_ranges(document)
    words = document.words or ()
    n_words = 0
    for sentence in document.sentences or (Span(0, len(document.text)),):
        inside = [word for word in words[n_words:] if word[1] <= sentence[1]]
        first, n_words = n_words, n_words + len(inside)
        own = [each for each in left if first <= each.start and each.end <= n_words]
        left = [each for each in left if each not in own]
        moved = [WordRange(each.start - first, each.end - first, each.label) for each in own]
        tags = tags_of(moved, n_words=len(inside), scheme=scheme)
        if inside:
            yield [
                (Span(*word).of(document.text), tag) for word, tag in zip(inside, tags, strict=True)
            ]
    if n_words < len(words) or left:
        what = f"word {n_words}" if n_words < len(words) else f"the {left[0].label} mention"
        raise DataError(f"{what} is in no sentence; expected sentences that hold all of them")
