"""Tags of words, such as B-PER and I-PER, and the ranges of words that they mean."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from openluke.errors import DataError
from openluke.formats.form import NUMBERS, option_hint

Scheme = Literal["iob1", "iob2", "bioes", "bilou"]
"""How ranges are written. ``iob1``: I-, and B- for a range right after one of its own type.
``iob2``: B- first, then I-. ``bioes`` and ``bilou``: also E- or L- last, and S- or U- for ranges of
one word."""

OUTSIDE = "O"
_PLAIN = {"B": "B", "I": "I", "E": "E", "S": "S", "L": "E", "U": "S"}
_BILOU = {"E": "L", "S": "U"}
_LETTERS = {"iob1": "BI", "iob2": "BI", "bioes": "BIES", "bilou": "BILU"}


class WordRange(NamedTuple):
    """Words from ``start`` to before ``end`` with a label."""

    start: int
    end: int
    label: str


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
    found: list[WordRange] = []
    start, before = 0, (OUTSIDE, "")
    for index, tag in enumerate([*tags, OUTSIDE]):
        now = _parse(tag, index=index)
        if before[0] != OUTSIDE and _parts(before, now=now):
            found.append(WordRange(start, index, before[1]))
        if now[0] != OUTSIDE and (before[0] == OUTSIDE or _parts(before, now=now)):
            start = index
        before = now
    return found


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
        before = (OUTSIDE, "")
        for index, tag in enumerate(tags):
            now = _parse(tag, index=index, sentence=number)
            if now[0] != OUTSIDE:
                begins = before[0] == OUTSIDE or before[1] != now[1]
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


def _parse(tag: str, *, index: int, sentence: int = 0) -> tuple[str, str]:
    """Letter and label; L- and U- as the E- and S- that they mean."""
    if tag == OUTSIDE:
        return OUTSIDE, ""
    letter, dash, label = tag.partition("-")
    if letter not in _PLAIN or not dash or not label:
        expected = "expected O, or B-, I-, E-, S-, L- or U- and a label"
        raise BadTagError(
            f"found tag {tag!r}, {expected}{f'; {NUMBERS}' if tag.isdecimal() else ''}",
            index=index,
            sentence=sentence,
        )
    return _PLAIN[letter], label


def _parts(before: tuple[str, str], *, now: tuple[str, str]) -> bool:
    """Whether a range ends between two words, by conlleval's rules."""
    return before[0] in "ES" or now[0] in ("B", "S", OUTSIDE) or before[1] != now[1]


def _check(tags: Sequence[str], *, scheme: Scheme) -> None:
    before, last = (OUTSIDE, ""), "the beginning of the sentence"
    for index, tag in enumerate([*tags, OUTSIDE]):
        now = _parse(tag, index=index)
        if index < len(tags) and tag != OUTSIDE and tag[0] not in _LETTERS[scheme]:
            known = ", ".join(f"{letter}-" for letter in _LETTERS[scheme])
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


def _fault(before: tuple[str, str], *, now: tuple[str, str], scheme: Scheme) -> str | None:
    """What was expected instead of a tag after another, if it cannot stand there."""
    goes_on = before[0] != OUTSIDE and before[1] == now[1]
    if scheme == "iob1":
        wrong = now[0] == "B" and not goes_on
        return f"expected I-{now[1]}, since no {now[1]} ends there" if wrong else None
    is_open = before[0] in ("B", "I")
    if now[0] in ("I", "E") and not (goes_on and is_open):
        return "expected a tag that begins a range" + (f" or goes on with {before[1]}" * is_open)
    if scheme != "iob2" and is_open and now[0] not in ("I", "E"):
        return f"expected the {before[1]} to be ended first"
    return None


def _letters(length: int, *, scheme: Scheme, touches: bool) -> list[str]:
    if scheme == "iob1":
        return ["B" if touches else "I", *"I" * (length - 1)]
    if scheme == "iob2":
        return ["B", *"I" * (length - 1)]
    letters = ["S"] if length == 1 else ["B", *"I" * (length - 2), "E"]
    return [_BILOU.get(letter, letter) if scheme == "bilou" else letter for letter in letters]
