"""Options of a run that cannot work are refused where they are given."""

import pytest

from openluke.errors import ConfigError
from openluke.training.config import TrainingConfig


@pytest.mark.parametrize(
    "options",
    [
        {"epochs": 0},
        {"accumulation": 0},
        {"max_steps": 0},
        {"evaluate_every": 0},
        {"patience": 0},
        {"checkpoint_every": -1},
        {"keep_checkpoints": 0},
        {"log_every": 0},
        {"max_grad_norm": 0.0},
        {"data_workers": -1},
        {"seed": -1},
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, float]):
    with pytest.raises(ConfigError, match=rf"^{next(iter(options))} is"):
        TrainingConfig(**options)
