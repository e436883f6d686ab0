"""Tags in files: which scheme they keep, what breaks it, and how ranges are written as tags."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from openluke.errors import DataError
from openluke.formats.form import NUMBERS, option_hint
from openluke.records.tags import (
    LETTERS,
    NO_TAG,
    OUTSIDE,
    PLAIN_LETTERS,
    Scheme,
    Tag,
    WordRange,
    lenient_ranges,
)

_BILOU = {"E": "L", "S": "U"}


class BadTagError(DataError):
    """A tag that cannot stand where it does."""

    def __init__(self, message: str, *, index: int, sentence: int = 0) -> None:
        super().__init__(message)
        self.index = index
        """Of the word in its sentence."""
        self.sentence = sentence
        """Of the sentence, where several were given."""


def ranges_of(tags: Sequence[str], *, scheme: Scheme | None) -> list[WordRange]:
    """What the tags of a sentence mean.

    Args:
        tags: One for each word.
        scheme: The scheme that they must keep. Without one they are read as conlleval reads them,
            whatever their scheme: what breaks it begins a range.
    """
    if scheme is not None:
        _check(tags, scheme=scheme)
    return lenient_ranges([_parse(tag, index=index) for index, tag in enumerate(tags)])


def tags_of(ranges: Iterable[WordRange], *, n_words: int, scheme: Scheme) -> list[str]:
    """Tags of a sentence. Ranges that overlap are an error: a word has one tag."""
    tags = [OUTSIDE] * n_words
    ends: dict[int, str] = {}
    for start, end, label in sorted(ranges):
        if not 0 <= start < end <= n_words:
            raise DataError(f"found words {start} to {end}, expected some of 0 to {n_words}")
        if any(tag != OUTSIDE for tag in tags[start:end]):
            raise DataError(
                f"the {label} of words {start} to {end} overlaps another range; columns of tags "
                "cannot say this, JSON lines can"
            )
        letters = _letters(end - start, scheme=scheme, touches=ends.get(start) == label)
        tags[start:end] = [f"{letter}-{label}" for letter in letters]
        ends[end] = label
    return tags


def scheme_of(sentences: Iterable[Sequence[str]]) -> Scheme | None:
    """The scheme that the tags of a file keep, told by their structure.

    ``None`` if there is nothing but O: then every scheme reads the same.
    """
    evidence: dict[str, _Evidence] = {}
    for number, tags in enumerate(sentences):
        before = NO_TAG
        for index, tag in enumerate(tags):
            now = _parse(tag, index=index, sentence=number)
            if now != NO_TAG:
                begins = before == NO_TAG or before.label != now.label
                found = _Evidence(tag, index, number)
                evidence.setdefault(tag[0], found)
                if begins:
                    evidence.setdefault(f"begun by {tag[0]}", found)
            before = now
    return _told(evidence)


class _Evidence(NamedTuple):
    tag: str
    word: int
    sentence: int


def _told(evidence: dict[str, _Evidence]) -> Scheme | None:
    bioes, bilou = evidence.keys() & {"E", "S"}, evidence.keys() & {"L", "U"}
    if bioes and bilou:
        raise _no_scheme(
            evidence[min(bioes)], other=evidence[min(bilou)], schemes=("bioes", "bilou")
        )
    if bioes or bilou:
        return "bioes" if bioes else "bilou"
    by_i, by_b = evidence.get("begun by I"), evidence.get("begun by B")
    if by_i and by_b:
        raise _no_scheme(by_i, other=by_b, schemes=("iob1", "iob2"))
    if not evidence:
        return None
    return "iob1" if by_i else "iob2"


def _no_scheme(one: _Evidence, *, other: _Evidence, schemes: tuple[str, str]) -> BadTagError:
    return BadTagError(
        f"the tags of the file keep no one scheme: {one.tag} stands here as in {schemes[0]}, and "
        f"elsewhere {other.tag} as in {schemes[1]}; say which by "
        f"{option_hint('scheme', value=schemes[0])} to be shown what breaks it, or read "
        "both as conlleval does by "
        f"{option_hint('lenient', value='true')}",
        index=one.word,
        sentence=one.sentence,
    )


def _parse(tag: str, *, index: int, sentence: int = 0) -> Tag:
    if tag == OUTSIDE:
        return NO_TAG
    letter, dash, label = tag.partition("-")
    if letter not in PLAIN_LETTERS or not dash or not label:
        expected = "expected O, or B-, I-, E-, S-, L- or U- and a label"
        raise BadTagError(
            f"found tag {tag!r}, {expected}{f'; {NUMBERS}' if tag.isdecimal() else ''}",
            index=index,
            sentence=sentence,
        )
    return Tag(PLAIN_LETTERS[letter], label)


def _check(tags: Sequence[str], *, scheme: Scheme) -> None:
    before, last = NO_TAG, "the beginning of the sentence"
    for index, tag in enumerate([*tags, OUTSIDE]):
        now = _parse(tag, index=index)
        if index < len(tags) and tag != OUTSIDE and tag[0] not in LETTERS[scheme]:
            known = ", ".join(f"{letter}-" for letter in LETTERS[scheme])
            raise BadTagError(f"found tag {tag!r}, expected O, {known} in {scheme}", index=index)
        fault = _fault(before, now=now, scheme=scheme)
        if fault:
            found = tag if index < len(tags) else "the end of the sentence"
            raise BadTagError(
                f"found {found} after {last}, {fault} in {scheme}; correct it, say another by "
                f"{option_hint('scheme')}, or read it as conlleval does by "
                f"{option_hint('lenient', value='true')}",
                index=min(index, len(tags) - 1),
            )
        before, last = now, tag


def _fault(before: Tag, *, now: Tag, scheme: Scheme) -> str | None:
    """What was expected instead of a tag after another, if it cannot stand there."""
    goes_on = before != NO_TAG and before.label == now.label
    if scheme == "iob1":
        wrong = now.letter == "B" and not goes_on
        return f"expected I-{now.label}, since no {now.label} ends there" if wrong else None
    is_open = before.letter in ("B", "I")
    if now.letter in ("I", "E") and not (goes_on and is_open):
        return "expected a tag that begins a range" + (f" or goes on with {before.label}" * is_open)
    if scheme != "iob2" and is_open and now.letter not in ("I", "E"):
        return f"expected the {before.label} to be ended first"
    return None


def _letters(length: int, *, scheme: Scheme, touches: bool) -> list[str]:
    if scheme == "iob1":
        return ["B" if touches else "I", *"I" * (length - 1)]
    if scheme == "iob2":
        return ["B", *"I" * (length - 1)]
    letters = ["S"] if length == 1 else ["B", *"I" * (length - 2), "E"]
    return [_BILOU.get(letter, letter) if scheme == "bilou" else letter for letter in letters]
