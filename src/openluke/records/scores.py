"""What an evaluation finds."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelScores:
    """Scores of one label, as shares from 0 to 1."""

    precision: float
    recall: float
    f1: float
    support: int
    """How often the label is right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Scores by name."""

    values: dict[str, float]
    """Each score by its name, the one that matters most first; shares are from 0 to 1."""
    labels: dict[str, LabelScores] = field(default_factory=dict[str, LabelScores])
    """Scores of each label, where there are labels."""
    counts: dict[str, int] = field(default_factory=dict[str, int])
    """How many of what were scored, such as examples, gold and predicted mentions."""

    def __getitem__(self, name: str) -> float:
        return self.values[name]
