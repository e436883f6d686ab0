"""Which form a file has that is to be predicted from: one that its task reads, or plain lines."""

import json
import logging
import re
from collections.abc import Sequence
from pathlib import Path

from openluke.formats.detect import detect
from openluke.formats.form import Form
from openluke.formats.text_lines import read_head
from openluke.task import TaskType

logger = logging.getLogger(__name__)

JSON_LINES = "jsonl"
TEXTS = "text"
LINES = (JSON_LINES, TEXTS)
"""The forms that standard input may have, and every file."""
_N_BYTES = 1 << 16
_PROSE = "Beyoncé lives in Los Angeles.\n"
_LIST = re.compile(r'\s*\[\s*\{\s*"')
_PRINTED_OBJECT = re.compile(r'\s*\{\s*\n\s*"')


def reader_of(task: TaskType) -> str:
    """What messages about forms call a model with a task."""
    return f"a model that does {task.name}"


def form_of(
    path: Path, *, forms: Sequence[Form], reader: str | None = None, encoding: str | None = None
) -> str:
    """The name of a file's form, told by how it begins: without any other, a text on each line.

    A form that also takes a line of prose for its own cannot be told from plain text; it is found
    only where there are tabs, and else has to be named.

    Args:
        path: The file.
        forms: Those that the task reads.
        reader: Who reads them, for messages.
        encoding: Of the file; by default told from how it begins.
    """
    head = read_head(path, n_bytes=_N_BYTES, encoding=encoding)
    first = next((line for line in head.split("\n") if line.strip()), "")
    found = [form for form in forms if form.looks_like(head)]
    sure = [form for form in found if "\t" in first or not form.looks_like(_PROSE)]
    if len(sure) > 1 or (not sure and _PRINTED_OBJECT.match(head) and not is_object(first)):
        return detect(path, forms=forms, reader=reader, encoding=encoding).name
    if sure:
        return sure[0].name
    if is_object(first) or _LIST.match(head):
        return JSON_LINES
    for form in found:
        logger.warning(
            "%s: read as a text on each line; if it has the form %s, say so: --form %s",
            path,
            form.name,
            form.name,
        )
    return TEXTS


def is_object(line: str) -> bool:
    """Whether a line is a JSON object."""
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
