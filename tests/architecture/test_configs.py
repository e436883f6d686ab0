"""Rule 9: every configuration is frozen, documented, strict, and comes back as it was saved."""

from dataclasses import dataclass

import pytest

from openluke.config import from_mapping, to_mapping
from openluke.errors import ConfigError
from tests.architecture.configs import config_class, config_names, example, faults
from tests.architecture.rules import ROOT
from tests.architecture.source import read_tree

VALUES: dict[str, dict[str, object]] = {
    "FinetuneConfig": {"model": "model", "task": "ner", "data": {"train": "train.jsonl"}},
    "StartConfig": {"model": "encoder"},
    "PretrainConfig": {
        "corpora": ["corpus"],
        "start": {"model": "encoder"},
        "phases": [{"name": "all"}],
    },
}
"""Per class name: values of required fields that the types alone do not tell."""

NAMES = config_names(read_tree(ROOT, folders=("src",)))


@pytest.fixture(params=NAMES)
def kind(request):
    return config_class(request.param)


def make(kind):
    values = example(kind, values=VALUES.get(kind.__name__, {}))
    return from_mapping(kind, values=values, where="example")


def test_there_are_configurations_to_look_at():
    assert {"openluke.model.config.EncoderConfig", "openluke.model.config.HeadConfig"} <= set(NAMES)


def test_configuration_is_frozen_keyword_only_and_documented(kind):
    assert faults(kind) == []


def test_configuration_comes_back_from_its_mapping(kind):
    config = make(kind)
    assert from_mapping(kind, values=to_mapping(config), where="saved") == config


def test_configuration_refuses_an_unknown_key(kind):
    values = to_mapping(make(kind)) | {"no_such_key": 1}
    with pytest.raises(ConfigError, match="unknown key 'no_such_key'"):
        from_mapping(kind, values=values, where="saved")


@dataclass(frozen=True, slots=True, kw_only=True)
class _GoodConfig:
    """A configuration as it should be."""

    size: int
    """How large."""
    name: str = "a"
    """What it is called."""


@dataclass
class _PoorConfig:
    size: int
    name: str = "a"
    """What it is called."""


class _NoConfig:
    """Not a dataclass."""


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (_GoodConfig, []),
        (_NoConfig, ["is no dataclass"]),
        (
            _PoorConfig,
            [
                "is not frozen",
                "is not kw_only",
                "has no slots",
                "has no docstring",
                "has no docstring under the field size",
            ],
        ),
    ],
    ids=["good", "no dataclass", "poor"],
)
def test_a_faulty_configuration_would_be_reported(kind, expected):
    assert faults(kind) == expected
