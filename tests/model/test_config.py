"""Shapes that no model can have are refused where they are stated."""

from typing import Any

import pytest

from openluke.errors import ConfigError
from openluke.model.config import EncoderConfig, HeadConfig


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("feed_forward_size", 0),
        ("n_layers", 10**9),
        ("n_words", 2**40),
        ("n_entities", -1),
        ("n_word_types", 0),
        ("n_entity_types", -1),
        ("n_positions", 2),
        ("hidden_dropout", -0.1),
        ("attention_dropout", 1.5),
        ("layer_norm_eps", float("nan")),
        ("initializer_range", -1.0),
    ],
)
def test_a_size_out_of_range_is_named(name: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f"{name} is {value}"):
        EncoderConfig(**{name: value})


@pytest.mark.parametrize("kind", ["sequence", "entity", "entity_pair", "entity_span", "token"])
def test_choosing_one_label_needs_two(kind: Any) -> None:
    with pytest.raises(ConfigError, match="2 labels at least"):
        HeadConfig(kind=kind, n_labels=1)
    for problem in ("regression", "multi_label"):
        assert HeadConfig(kind=kind, n_labels=1, problem=problem).n_labels == 1
    with pytest.raises(ConfigError, match="n_labels is 0"):
        HeadConfig(kind=kind, n_labels=0)
    with pytest.raises(ConfigError, match="dropout is 2"):
        HeadConfig(kind=kind, dropout=2.0)
