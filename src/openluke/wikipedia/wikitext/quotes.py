"""Apostrophes that stand for italic and bold type, and those that are apostrophes."""

import re

_RUN = re.compile("'{2,}")
_ITALIC, _BOLD, _BOTH = 2, 3, 5


def without_quotes(line: str) -> str:
    """A line without the marks of italic and bold type, by MediaWiki's rules.

    Of a run of four, one is an apostrophe, and of more than five all but five. Where the marks of
    a line do not match, a mark of bold type is an apostrophe and a mark of italic type, as in
    ``l'''Iliade''``.
    """
    if "''''" not in line and not line.count("'''") % 2:  # as nearly always
        return line.replace("'''", "").replace("''", "")
    runs = list(_RUN.finditer(line))
    sizes = [_marks(len(run[0])) for run in runs]
    n_bold = sum(size in (_BOLD, _BOTH) for size in sizes)
    n_italic = sum(size in (_ITALIC, _BOTH) for size in sizes)
    if n_bold % 2 and n_italic % 2:
        spare = _spare(line, runs=runs, sizes=sizes)
        if spare is not None:
            sizes[spare] = _ITALIC
    pieces: list[str] = []
    position = 0
    for run, size in zip(runs, sizes, strict=True):
        pieces += line[position : run.start()], "'" * (len(run[0]) - size)
        position = run.end()
    return "".join(pieces) + line[position:]


def _marks(length: int) -> int:
    """How many apostrophes of a run are marks."""
    return _BOLD if length == _BOLD + 1 else min(length, _BOTH)


def _spare(line: str, *, runs: list["re.Match[str]"], sizes: list[int]) -> int | None:
    """The bold mark that begins with an apostrophe: after a short word, a long one, or a space."""
    bold = [number for number, size in enumerate(sizes) if size == _BOLD]
    groups: dict[str, int] = {}
    for number in bold:
        start = runs[number].end() - _BOLD
        last, last_but_one = line[start - 1 : start], line[max(0, start - 2) : start - 1]
        group = "space" if last == " " else "short" if last_but_one == " " else "long"
        groups.setdefault(group, number)
    return next((groups[group] for group in ("short", "long", "space") if group in groups), None)
