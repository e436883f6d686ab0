"""Trackers by the names that people give them; only the one that is asked for is imported."""

from importlib import import_module
from typing import Literal, get_args

from openluke.errors import ConfigError
from openluke.training.trackers.tracker import Tracker

TrackerName = Literal["console", "tensorboard", "wandb", "trackio", "plot"]

_CLASSES: dict[TrackerName, str] = {
    "console": "ConsoleTracker",
    "tensorboard": "TensorBoardTracker",
    "wandb": "WandbTracker",
    "trackio": "TrackioTracker",
    "plot": "PlotTracker",
}


def make_tracker(name: TrackerName) -> Tracker:
    """The tracker of that name.

    Raises:
        MissingExtraError: It needs packages that are not installed.
    """
    if name not in _CLASSES:
        raise ConfigError(
            f"no tracker named {name!r}; trackers: {', '.join(get_args(TrackerName))}"
        )
    module = import_module(f"openluke.training.trackers.{name}")
    return getattr(module, _CLASSES[name])()
