"""The labels of a head: as numbers, and which of them its scores say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from openluke.decoding.probabilities import sigmoid, softmax
from openluke.errors import ConfigError, DataError
from openluke.model.config import Problem
from openluke.records import Label

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSet:
    """Labels in the order of a head's scores, and how scores become labels."""

    labels: tuple[str, ...]
    is_multi_label: bool = False
    """Whether any number of labels may hold; if not, exactly one does."""
    temperature: float = 1.0
    """What scores are divided by before they become probabilities."""
    thresholds: Mapping[str, float] = field(default_factory=dict[str, float])
    """Above which probability a label holds, where any number may; 0.5 where it is not said."""

    def __post_init__(self) -> None:
        for label, threshold in self.thresholds.items():
            if label not in self.labels:
                known = ", ".join(self.labels[:20]) or "none"
                raise ConfigError(f"a threshold is for {label!r}; labels are: {known}")
            if not 0 <= threshold <= 1:
                raise ConfigError(
                    f"the threshold of {label!r} is {threshold}, expected a probability"
                )

    @property
    def problem(self) -> Problem:
        """What the head chooses.

        Of a single label it learns how likely it is, since there is nothing to choose from.
        """
        is_free = self.is_multi_label or len(self.labels) == 1
        return "multi_label" if is_free else "single_label"

    def number(self, label: str) -> int | None:
        """The place of a label; ``None`` if it is not one of these."""
        return self.labels.index(label) if label in self.labels else None

    def target(self, labels: Iterable[str] | None, *, unknown: int) -> Array:
        """What a head is to say: one row of targets, int64.

        *Shape:* (1,), or (1, C) zeros and ones where any number may hold.

        Args:
            labels: Those that hold, exactly one where one is chosen; ``None`` if it is not known.
            unknown: The target where nothing is known, and where the one that holds is not among
                those to choose from.
        """
        labels = None if labels is None else tuple(labels)
        if labels is not None and not self.is_multi_label and len(labels) != 1:
            raise DataError(
                f"found {len(labels)} labels ({', '.join(labels) or 'none'}), expected one, "
                "which is what the model chooses; train it for any number of labels (problem = "
                "'multi_label' of texts, multi_label = true of mentions) if several may hold"
            )
        numbers = [self.number(label) for label in labels or ()]
        known = [number for number in numbers if number is not None]
        if self.problem == "single_label":
            return np.array(known or [unknown], dtype=np.int64)
        fill = unknown if labels is None else 0
        row = np.full((1, len(self.labels)), fill, dtype=np.int64)
        row[0, known] = 1
        return row

    def probabilities(self, logits: Array) -> Array:
        """Probabilities of all labels. *Shape:* (…, C)."""
        spread = softmax if self.problem == "single_label" else sigmoid
        return spread(logits, temperature=self.temperature)

    def best(self, logits: Array) -> Label:
        """The likeliest label. *Shape of the scores:* (C,)."""
        probabilities = self.probabilities(logits)
        number = int(probabilities.argmax())
        return Label(label=self.labels[number], score=float(probabilities[number]))

    def holding(self, logits: Array) -> tuple[Label, ...]:
        """The labels above their thresholds, the likeliest first. *Shape of the scores:* (C,)."""
        scored = zip(self.labels, self.probabilities(logits).tolist(), strict=True)
        found = [
            Label(label=label, score=score)
            for label, score in scored
            if score > self.thresholds.get(label, 0.5)
        ]
        return tuple(sorted(found, key=lambda one: (-(one.score or 0.0), one.label)))

    def scores(self, logits: Array) -> dict[str, float]:
        """Probabilities of all labels by name. *Shape of the scores:* (C,)."""
        return dict(zip(self.labels, self.probabilities(logits).tolist(), strict=True))
