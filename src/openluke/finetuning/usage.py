"""How a model is asked, shown with an example of the data that it was chosen by."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from openluke.finetuning.data import Splits
from openluke.records import (
    ChoiceQuestion,
    ClassifiedText,
    ClozeQuestion,
    Document,
    MaskedText,
    Question,
    TaggedText,
    to_json,
)
from openluke.task import MAIN, Task

_GIVEN: dict[type, tuple[str, ...]] = {
    ClassifiedText: ("text", "pair"),
    TaggedText: ("text",),
    MaskedText: ("text", "masks"),
    Question: ("question", "context"),
    ClozeQuestion: ("query", "placeholder", "context", "candidates"),
    ChoiceQuestion: ("question", "context", "choices"),
}
"""What is given of a record; the rest is what is asked, or may be left out."""
_OTHERWISE: dict[type, str] = {
    ClozeQuestion: "'@placeholder lives in America.', context='Beyoncé lives in Los Angeles.', "
    "candidates=[(0, 7), (17, 28)]",
}
"""What stands for examples that are too long, where a card cannot know it from the head."""
_MOST_EXAMPLES = 200
_LONGEST = 200


def usage_of(tasks: Mapping[str, Task[Any, Any]], *, splits: Mapping[str, Splits]) -> str | None:
    """A call of ``model.predict`` for the first task; ``None`` where no example is short.

    Args:
        tasks: The tasks by the names of their heads.
        splits: Their data.
    """
    name, task = next(iter(tasks.items()))
    examples = splits[name].dev or splits[name].train
    head = f", head={name!r}" if len(tasks) > 1 else ""
    calls = (_arguments(one, task=task) for one in islice(examples, _MOST_EXAMPLES))
    short = (call for call in calls if call is not None and len(call) <= _LONGEST)
    chosen = next(short, _OTHERWISE.get(task.example_type))
    return None if chosen is None else f"model.predict({chosen}{head})"


def _arguments(example: Any, *, task: Task[Any, Any]) -> str | None:
    if isinstance(example, Document):
        return _of_document(example, task=task)
    given = {name: value for name, value in to_json(example).items() if name in _names(example)}
    return _call(given) if given else None


def _of_document(document: Document, *, task: Task[Any, Any]) -> str | None:
    """A text, with the mentions that are classified where the model does not find them itself."""
    spans: Sequence[tuple[int, int]]
    kind = task.head_configs()[MAIN].kind
    if "entity_span" in task.head_kinds:  # the task finds the mentions
        return _call({"text": document.text}) if document.mentions else None
    if kind in ("entity_pair", "pair_words"):
        if not document.relations:
            return None
        spans = (document.relations[0].head, document.relations[0].tail)
    elif not document.mentions:
        return None
    else:
        spans = [mention.span for mention in document.mentions]
    return _call({"text": document.text, "mentions": [tuple(span) for span in spans]})


def _names(example: Any) -> Iterable[str]:
    return _GIVEN.get(type(example), ())


def _call(given: Mapping[str, Any]) -> str:
    first, *others = given
    return ", ".join([repr(given[first]), *(f"{name}={given[name]!r}" for name in others)])
