"""What tests of tasks share: a tiny model of any task, and predictions in one call."""

from collections.abc import Callable
from typing import Any

import pytest

from openluke.entities.vocab import EntityVocab
from openluke.model.model import Model
from openluke.task import TaskSetup
from openluke.tokenization.tokenizer import WordTokenizer
from tests.tasks import tiny


@pytest.fixture(scope="session")
def tokenizer() -> WordTokenizer:
    """A byte-level tokenizer with markers and a mask."""
    return tiny.tiny_tokenizer()


@pytest.fixture(scope="session")
def entities() -> EntityVocab:
    """The special entities and those of ``tiny.TITLES``."""
    return tiny.tiny_entities()


@pytest.fixture
def setup() -> Callable[..., TaskSetup]:
    """``setup(labels=("A", "B"), max_words=…)``: what a task is made with."""
    return tiny.make_setup


@pytest.fixture
def model_for() -> Callable[..., Model]:
    """``model_for(task, seed=…, n_layers=…)``: a tiny model with the heads of a task."""
    return tiny.make_model


@pytest.fixture
def run() -> Callable[..., list[Any]]:
    """``run(task, model, examples, batch_size=…)``: predictions, one for each example."""
    return tiny.predict


@pytest.fixture
def fit() -> Callable[..., list[float]]:
    """``fit(task, model, examples, steps=…)``: learn examples by heart; gives the losses."""
    return tiny.fit
