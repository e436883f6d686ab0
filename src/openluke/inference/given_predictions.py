"""Predictions that somebody has made before, side by side with the examples that they are of."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openluke.errors import DataError
from openluke.evaluation import match_by_id
from openluke.formats.json_records import read_records


def read_predictions(path: Path, *, kind: type, gold: Sequence[Any]) -> list[Any]:
    """The prediction for each example, in the order of the examples.

    They are matched by their ids where all of them and all examples have one and no two examples
    have the same; else they have to stand in the order of the examples.

    Args:
        path: JSON lines, or a JSON list, of predictions.
        kind: Which record a prediction is.
        gold: The examples.
    """
    found = list(read_records(path, kind=kind))
    ids = [example.id for example in gold]
    if None not in ids and len({*ids}) == len(ids) and all(one.id is not None for one in found):
        return _matched(found, gold=gold, file=path)
    if len(found) != len(gold):
        raise DataError(
            f"found {len(found)} predictions for {len(gold)} examples; expected one for each, in "
            "their order, or with their ids where each example has its own",
            file=path,
        )
    return found


def _matched(found: Sequence[Any], *, gold: Sequence[Any], file: Path) -> list[Any]:
    try:
        matched = match_by_id(gold, predicted=found)
    except DataError as error:
        raise DataError(str(error), file=file) from error
    missing = [example.id for example, one in zip(gold, matched, strict=True) if one is None]
    if missing:
        raise DataError(
            f"found no predictions for {len(missing)} of {len(gold)} examples, such as that with "
            f"the id {missing[0]!r}; expected one for each",
            file=file,
        )
    return matched
