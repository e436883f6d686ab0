"""What lies at a path, whichever command has written it or reads it."""

import codecs
import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from openluke.checkpoints.inspection import Description, describe
from openluke.checkpoints.model_files import read_object
from openluke.entities.vocab_files import NoVocabError
from openluke.errors import CheckpointError
from openluke.formats.text_lines import read_head
from openluke.inference.passage_lines import KEYS as PASSAGE_KEYS
from openluke.inference.vector_facts import vector_facts
from openluke.task import load_task, task_names
from openluke.training.run_directory import MODEL, RECIPE, read_scores

_N_BYTES = 1 << 16
_BINARY = re.compile("[\x00-\x08\x0e-\x1f]")
_RUN_PARTS = (
    ({"recipe", "data", "model"}, "what a fine-tuning run was started with"),
    ({"scores", "data"}, "scores of a fine-tuning run"),
)


def describe_path(path: Path) -> Description:
    """Say what lies at a path, from its content.

    Raises:
        CheckpointError: Nothing is there, or nothing that openluke knows.
    """
    if path.is_dir():
        return _describe_run(path) or describe(path)
    if not path.is_file():
        return describe(path)
    vectors = vector_facts(path)
    if vectors is not None:
        facts = {"form": vectors.form, "texts": vectors.n_texts, "width": vectors.width}
        return Description("vectors of texts", facts)
    try:
        return describe(path)
    except CheckpointError as error:
        head = read_head(path, n_bytes=_N_BYTES)
        if not head.strip():
            raise CheckpointError(f"{path}: the file is empty") from error
        if not isinstance(error, NoVocabError) and _is_damaged(path, head=head):
            raise
        found = None if _BINARY.search(head) else _describe_work(path, head=head)
        line = _line_in_no_utf_8(path)
        if found is None:
            raise _unknown(path, head=head, line=line) from error
        strange = {} if line is None else {"encoding": f"not UTF-8 (line {line})"}
        return Description(found.kind, found.facts | strange)


def _describe_run(path: Path) -> Description | None:
    """A fine-tuning run, by what it was started with."""
    origin = read_object(path / RECIPE) if (path / RECIPE).is_file() else None
    if origin is None or not origin.keys() >= _RUN_PARTS[0][0]:
        return None
    recipe = origin["recipe"]
    scores = read_scores(path)
    facts: dict[str, Any] = {"tasks": _tasks_of(recipe), "finished": scores is not None}
    if scores is not None:
        facts["scores"] = _scores(scores["scores"])
    if (path / MODEL).is_dir():
        facts["use"] = f"openluke inspect {path / MODEL}; commands take the run for its model"
    else:
        facts["use"] = "openluke finetune, called as it was, goes on with it"
    return Description("fine-tuning run", facts)


def _is_damaged(path: Path, *, head: str) -> bool:
    """Whether a file that cannot be described is likely one that should be: it says what is wrong.

    Those are binary files, vocabularies, which have special entities, and JSON that breaks off.
    """
    if _BINARY.search(head) or ("[PAD]" in head and "[UNK]" in head):
        return True
    if not head.lstrip().startswith("{"):
        return False
    return read_object(path) is None and not _is_json(head.lstrip().split("\n", 1)[0])


def _line_in_no_utf_8(path: Path) -> int | None:
    """The first line near the beginning of a file that is not UTF-8; ``None`` if there is none."""
    with path.open("rb") as stream:
        start = stream.read(_N_BYTES)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError as error:
        return 1 + start.count(b"\n", 0, error.start)
    return None


def _unknown(path: Path, *, head: str, line: int | None) -> CheckpointError:
    told = "" if line is None else f"is not UTF-8 (line {line}), "
    return CheckpointError(
        f"{path}: {told}begins with {head.strip()[:60]!r}, which is nothing that openluke knows; "
        "expected a model or a file of one, an entity vocabulary, vectors, a fine-tuning run, a "
        "recipe, texts or examples (`openluke tasks NAME` shows what stands in each form)"
    )


def _describe_work(path: Path, *, head: str) -> Description | None:
    """What people write for openluke to read: recipes, texts and examples."""
    values = read_object(path)
    for keys, kind in _RUN_PARTS:
        if values is not None and values.keys() >= keys:
            return Description(kind, {"use": f"openluke inspect {path.parent}"})
    tasks = _recipe_tasks(path)
    if tasks is not None:
        facts = {"tasks": tasks, "use": f"openluke finetune --recipe {path} --output DIRECTORY"}
        return Description("recipe of a fine-tuning", facts)
    return _describe_examples(path, head=head)


def _describe_examples(path: Path, *, head: str) -> Description | None:
    """Texts or examples, and the commands that read them."""
    use: list[str] = []
    if _has_passages(head):
        use.append(f"openluke embed MODEL --input {path} --output VECTORS")
    forms: dict[str, str] = {}
    for name in task_names():
        found = [form.name for form in load_task(name).forms if form.looks_like(head)]
        if found:
            forms[name] = ", ".join(found)
    if forms:
        task = next(iter(forms)) if len(forms) == 1 else "TASK"
        use.append(f"openluke check {task} {path}")
    if not use:
        return None
    kind = "examples of tasks" if forms else "texts"
    facts: dict[str, Any] = {"forms by task": forms} if forms else {}
    return Description(kind, facts | {"use": use})


def _has_passages(head: str) -> bool:
    """Whether the first line is one that ``openluke embed`` reads all of."""
    line = head.split("\n", 1)[0]
    if not _is_json(line):
        return False
    row = json.loads(line)
    return isinstance(row, dict) and "text" in row and row.keys() <= {*PASSAGE_KEYS, "id"}


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _recipe_tasks(path: Path) -> list[str] | None:
    """The tasks that a recipe is for; ``None`` if the file is none."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError):
        return None
    return _tasks_of(values) if {"task", "tasks"} & values.keys() else None


def _tasks_of(recipe: Mapping[str, Any]) -> list[str]:
    parts = cast("list[Mapping[str, Any]]", recipe.get("tasks") or [recipe])
    return [str(part.get("task")) for part in parts]


def _scores(values: Any) -> dict[str, dict[str, dict[str, float]]]:
    """By head and data the numbers over all labels."""
    by_head = cast("dict[str, dict[str, dict[str, dict[str, float]]]]", values)
    return {
        head: {
            data: {name: round(value, 4) for name, value in one["values"].items()}
            for data, one in by_data.items()
        }
        for head, by_data in by_head.items()
    }
