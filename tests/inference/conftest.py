"""A tiny model at work on the CPU."""

import pytest
import torch

from examples.tiny_model import TEXTS, tiny_model
from openluke.checkpoints.bundle import Bundle
from openluke.inference.pipeline import Pipeline


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    return tiny_model(TEXTS)


@pytest.fixture(scope="session")
def pipeline(bundle: Bundle) -> Pipeline:
    return Pipeline(bundle, device=torch.device("cpu"))
