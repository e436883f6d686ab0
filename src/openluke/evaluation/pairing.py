"""Predictions side by side with what is right: as many, of the same examples, in order."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from openluke.errors import DataError

P = TypeVar("P")


def check_paired(gold: Sequence[Any], *, predicted: Sequence[Any], what: str) -> None:
    """Raise a ``DataError`` unless there is one prediction for each example, in order.

    Records are compared by their ids and texts, where both sides have them.

    Args:
        gold: What is right.
        predicted: What was predicted; ``None`` where nothing was.
        what: What messages call the examples, in the plural.
    """
    if len(gold) != len(predicted):
        raise DataError(
            f"found {len(predicted)} predictions for {len(gold)} {what}; expected one for each, "
            "in the same order"
        )
    for number, (right, claimed) in enumerate(zip(gold, predicted, strict=True)):
        for name in ("id", "text"):
            expected, found = getattr(right, name, None), getattr(claimed, name, None)
            if expected is not None and found is not None and expected != found:
                raise DataError(
                    f"prediction {number} is for the {name} {_short(found)}, expected "
                    f"{_short(expected)}; give the predictions of these {what} in their order"
                )


def match_by_id(gold: Iterable[Any], *, predicted: Iterable[P]) -> list[P | None]:
    """The prediction for each example, by their ids; ``None`` where an example has none.

    For predictions that were made elsewhere and may lack some, or come in another order.
    """
    by_id: dict[str, P] = {}
    for one in predicted:
        key = _id(one, what="prediction")
        if key in by_id:
            raise DataError(f"two predictions have the id {key!r}; expected one for each example")
        by_id[key] = one
    ids = [_id(one, what="example") for one in gold]
    if len(set(ids)) != len(ids):
        twice = next(key for number, key in enumerate(ids) if key in ids[:number])
        raise DataError(f"two examples have the id {twice!r}; expected a different one for each")
    unknown = sorted(by_id.keys() - set(ids))
    if unknown:
        raise DataError(
            f"{len(unknown)} predictions are for ids that no example has, such as {unknown[0]!r}; "
            "score them with the file that they were made for"
        )
    return [by_id.get(key) for key in ids]


def known(values: Iterable[P | None], *, what: str) -> list[P]:
    """What is right of each example; a ``DataError`` where it is not known."""
    found: list[P] = []
    for number, value in enumerate(values):
        if value is None:
            raise DataError(
                f"example {number} has no {what}; score only examples for which they are known"
            )
        found.append(value)
    return found


def _id(record: Any, *, what: str) -> str:
    if record.id is None:
        raise DataError(f"one {what} has no id; expected ids, by which predictions are matched")
    return record.id


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
