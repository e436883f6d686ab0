"""Long texts shortened to what stands around their marks."""

from collections.abc import Sequence
from dataclasses import replace

from openluke.inference.views import Mark, View
from openluke.records import Span

_MOST = 400
"""How many characters of a text are shown; a mark and what stands around it are shown whole."""
_AROUND = 60
"""How many characters stand on each side of a mark."""
_GAP = " … "


def excerpt(view: View) -> View:
    """A view with as much of its text as is looked at; a note says how many marks are left out."""
    notes = tuple(note if len(note) <= _MOST else f"{note[:_MOST]}{_GAP}" for note in view.notes)
    if len(view.text) <= _MOST:
        return replace(view, notes=notes)
    pieces = _pieces(view.text, marks=view.marks)
    text, marks = "", list[Mark]()
    for start, end in pieces:
        text += _GAP.lstrip() if start and not text else ""
        moved = len(text) - start
        marks += [
            replace(mark, start=mark.start + moved, end=mark.end + moved)
            for mark in view.marks
            if start <= mark.start and mark.end <= end
        ]
        text += view.text[start:end] + (_GAP if end < len(view.text) else "")
    left = len(view.marks) - len(marks)
    said = (f"{left} more marks in {len(view.text):,} characters",) if left else ()
    return View(text=text.rstrip(), marks=tuple(marks), notes=(*notes, *said))


def _pieces(text: str, *, marks: Sequence[Mark]) -> list[Span]:
    """Stretches around the first marks in order, none of which touches another."""
    if not marks:
        return [_whole_words(Span(0, _MOST), text=text)]
    pieces: list[Span] = []
    shown = 0
    for mark in marks:
        wide = Span(max(0, mark.start - _AROUND), min(len(text), mark.end + _AROUND))
        start, end = _whole_words(wide, text=text)
        if pieces and start <= pieces[-1].end:
            before = pieces.pop()
            shown -= before.end - before.start
            start, end = before.start, max(before.end, end)
        pieces.append(Span(start, end))
        shown += end - start
        if shown >= _MOST:
            break
    return pieces


def _whole_words(span: Span, *, text: str) -> Span:
    """A stretch that breaks no words at its limits, where there are spaces near them."""
    start, end = span
    if start:
        start = text.find(" ", start, start + _AROUND // 2) + 1 or start
    if end < len(text):
        last = text.rfind(" ", end - _AROUND // 2, end)
        end = end if last < 0 else last
    return Span(start, end)
