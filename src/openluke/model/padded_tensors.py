"""Padded tensors as arrays, once their kinds and dimensions are known to be right."""

from collections.abc import Mapping

from torch import Tensor

from openluke.errors import DataError
from openluke.model.collation import Array

_MASKS = ("word_mask", "entity_mask")
_LISTS = ("entity_positions",)
"""What has one more dimension than the ids: several values for each entity."""


def arrays_of_padded(
    given: Mapping[str, Tensor | None],
) -> tuple[dict[str, Array | None], tuple[int, ...]]:
    """The arrays of padded tensors, one row for each sequence, and the choices of each question.

    Args:
        given: Tensors by the names of ``Batch.from_padded``. With word ids (Q, C, L), the first
            two dimensions of all of them become one.
    """
    for name, tensor in given.items():
        if not (tensor is None or isinstance(tensor, Tensor)):
            raise DataError(
                f"{name} is a {type(tensor).__name__}, expected a tensor; make it one with "
                "torch.as_tensor"
            )
    word_ids = given.get("word_ids")
    if word_ids is None or word_ids.ndim not in (2, 3):
        found = "missing" if word_ids is None else f"of shape {tuple(word_ids.shape)}"
        raise DataError(
            f"word_ids is {found}, expected 2 dimensions, or 3 for questions with choices"
        )
    leading = tuple(word_ids.shape[:-1])
    arrays = {name: _array(x, name=name, leading=leading) for name, x in given.items()}
    choices = (leading[1],) * leading[0] if len(leading) == 2 else ()
    return arrays, choices


def _array(tensor: Tensor | None, *, name: str, leading: tuple[int, ...]) -> Array | None:
    if tensor is None:
        return None
    n_more = 2 if name in _LISTS else 1
    shape = tuple(tensor.shape)
    if shape[: len(leading)] != leading or len(shape) != len(leading) + n_more:
        raise DataError(
            f"{name} has shape {shape}, expected {len(leading) + n_more} dimensions that begin "
            f"with {leading}, as those of word_ids do"
        )
    if name in _MASKS:
        tensor = tensor != 0
    elif tensor.is_floating_point() or tensor.is_complex():
        raise DataError(f"{name} has type {tensor.dtype}, expected whole numbers")
    if len(leading) == 2:
        tensor = tensor.flatten(0, 1)
    return tensor.detach().cpu().numpy()
