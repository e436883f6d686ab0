"""What ``Pipeline.encode`` is given: one list for each text, made passages."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from openluke.errors import DataError
from openluke.tokenization.passages import Passage, Spans

Texts = str | Sequence[str | Sequence[str]]
"""A text, or several; each of several may be a list of its words."""
Languages = str | Sequence[str | Sequence[str | None] | None]
"""Of all titles; or for each text that of its titles, or a list with that of each."""


def passages_of(
    texts: Texts,
    *,
    spans: Sequence[Spans] | None,
    entities: Sequence[Sequence[str | None] | None] | None,
    languages: Languages | None,
    types: Sequence[Sequence[int] | None] | None,
) -> list[Passage]:
    """The texts with what is given for each of them; see ``Pipeline.encode``."""
    several = [texts] if isinstance(texts, str) else texts
    if not isinstance(several, list | tuple | np.ndarray):
        raise DataError(
            f"texts are {texts!r} ({type(texts).__name__}); expected a str, or a list of them"
        )
    one_language = languages if isinstance(languages, str) else None
    by_text = {
        "spans": spans,
        "entities": entities,
        "languages": None if one_language else languages,
        "types": types,
    }
    for name, values in by_text.items():
        _check_list(name, values, n_texts=len(several))
    columns = {name: values for name, values in by_text.items() if values is not None}
    common = {} if one_language is None else {"languages": one_language}
    return [
        Passage(text=text, **common, **{name: values[i] for name, values in columns.items()})
        for i, text in enumerate(several)
    ]


def check_types(passages: Sequence[Passage], *, n_rows: int) -> None:
    """Refuse rows that the model's entity type table does not have.

    Args:
        passages: What has been read; their types are whole numbers.
        n_rows: How many the table has.
    """
    for number, passage in enumerate(passages):
        types = passage.types if passage.types is not None else ()
        largest = max(types, default=0)
        if largest >= n_rows:
            place = f"text {number}: " if len(passages) > 1 else ""
            raise DataError(
                f"{place}types: found {largest}, but the model's entity type table has {n_rows} "
                f"rows; expected 0 to {n_rows - 1}"
            )


def _check_list(name: str, values: Any, *, n_texts: int) -> None:
    if values is None:
        return
    if isinstance(values, str) or not hasattr(values, "__len__"):
        raise DataError(f"{name} are {values!r}; expected a list of {name} for each text")
    if len(values) != n_texts:
        raise DataError(
            f"found {n_texts} texts but {len(values)} lists of {name}; give one list for each "
            "text, empty where there are none"
        )
