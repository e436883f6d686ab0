"""Telling the form of a file by how it begins, never by its name."""

from collections.abc import Sequence
from pathlib import Path

from openluke.errors import ConfigError, DataError
from openluke.formats.form import Form
from openluke.formats.json_scan import first_tokens
from openluke.formats.text_lines import read_head

_N_BYTES = 1 << 16


def detect(
    path: str | Path,
    *,
    forms: Sequence[Form],
    reader: str | None = None,
    encoding: str | None = None,
) -> Form:
    """The form of a file among those that may be.

    A file with mistakes in some lines has the form that it resembles, whose reader names them. One
    that resembles none, or that may have several forms, is an error that lists them.

    Args:
        path: The file.
        forms: Those that may be.
        reader: Who reads these forms, for messages.
        encoding: Of the file; by default told from how it begins.
    """
    head = read_head(path, n_bytes=_N_BYTES, encoding=encoding)
    if not head.strip():
        raise DataError("the file is empty; expected examples", file=path)
    found = [form for form in forms if form.looks_like(head)]
    if len(found) == 1:
        return found[0]
    if found:
        names = " or ".join(form.name for form in found)
        raise DataError(
            f"the form may be {names}; say which as form (--form {found[0].name})", file=path
        )
    meant = [form for form in forms if form.resembles(head)]
    if len(meant) == 1:
        return meant[0]
    known = " or ".join(form.name for form in forms)
    whose = f", the forms that {reader} reads" if reader else ""
    is_json = bool(_json_keys(head))
    likely = [form for form in forms if form.is_json == is_json] or forms
    more = _ways(likely) if is_json else "`openluke tasks NAME` shows what stands in each"
    raise DataError(
        f"the file begins with {_described(head)}, which is not how {known} begins{whose}; say as "
        f"form (--form {likely[0].name}) which it is, to be told what is wrong with it; {more}",
        file=path,
    )


def named(name: str, *, forms: Sequence[Form], reader: str | None = None) -> Form:
    """The form of that name; the other arguments are those of ``detect``."""
    for form in forms:
        if form.name == name:
            return form
    known = ", ".join(form.name for form in forms)
    where = f"{reader} reads" if reader else "are read here"
    raise ConfigError(f"found no form {name!r}; forms that {where}: {known}")


def _described(head: str) -> str:
    """What a file begins with, in words."""
    if keys := _json_keys(head):
        return f"JSON with the keys {', '.join(keys[:8])}"
    line = head.strip().split("\n", 1)[0]
    return repr(line[:60])


def _json_keys(head: str) -> list[str]:
    """The keys of JSON; none of anything else."""
    if not head.lstrip().startswith(("{", "[")):
        return []
    return [key for key in first_tokens(head) if key and not key.endswith("]")]


def _ways(forms: Sequence[Form]) -> str:
    """What JSON may be instead, and who makes it so."""
    ways = [f"{form.name} is {form.summary.removesuffix('.')}" for form in forms]
    made = [f"openluke.formats.dataset_rows.{form.maker}" for form in forms if form.maker]
    ways += [f"{maker} reads rows of Hugging Face data sets" for maker in made]
    return "; ".join(ways)
