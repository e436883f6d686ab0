"""Labels, checked against the scores that they are for; devices are not waited for."""

import torch
from torch import Tensor

from openluke.errors import DataError
from openluke.model.ignore import IGNORE


def checked_classes(
    labels: Tensor, *, shape: tuple[int, ...], name: str, n_classes: int | None = None
) -> Tensor:
    """Class labels as torch's losses take them.

    Args:
        labels: Whole numbers, ``IGNORE`` among them.
        shape: What they must have.
        name: What the caller calls them.
        n_classes: How many classes there are, where it matters that each label is one.

    Returns:
        The same labels, 64 bits each.
    """
    check_shape(labels, shape=shape, name=name)
    if labels.dtype == torch.bool or labels.is_floating_point() or labels.is_complex():
        raise DataError(f"{name} have type {labels.dtype}, expected whole numbers (torch.int64)")
    labels = labels.long()
    if n_classes is not None and labels.device.type == "cpu" and labels.numel():
        outside = labels[((labels < 0) | (labels >= n_classes)) & (labels != IGNORE)]
        if len(outside):
            raise DataError(
                f"{name} hold {int(outside[0])}, expected classes from 0 to {n_classes - 1}, or "
                f"{IGNORE} where there is none"
            )
    return labels


def checked_switches(labels: Tensor, *, shape: tuple[int, ...], name: str) -> Tensor:
    """Labels of which any number may hold: from 0 to 1 each, or ``IGNORE``."""
    check_shape(labels, shape=shape, name=name)
    if labels.device.type == "cpu" and labels.dtype != torch.bool and labels.numel():
        outside = labels[~(((labels >= 0) & (labels <= 1)) | (labels == IGNORE))]
        if len(outside):
            raise DataError(
                f"{name} hold {outside[0].item()}, expected 0 and 1, or {IGNORE} where it is not "
                "known; classes by their numbers belong to problem='single_label'"
            )
    return labels


def check_shape(labels: Tensor, *, shape: tuple[int, ...], name: str) -> None:
    """Raise unless labels have a shape."""
    if tuple(labels.shape) != shape:
        raise DataError(
            f"{name} have shape {tuple(labels.shape)}, expected {shape}: one for each score that "
            "the head gives"
        )
