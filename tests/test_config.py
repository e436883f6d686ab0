"""Configurations and the plain mappings of TOML and JSON files."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from openluke.config import from_mapping, read_toml, to_mapping
from openluke.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Inner:
    rate: float = 0.5

    def __post_init__(self) -> None:
        if self.rate < 0:
            raise ConfigError(f"rate {self.rate} is negative")


@dataclass(frozen=True, kw_only=True)
class Outer:
    name: str
    size: int | None = None
    mode: Literal["fast", "slow"] = "fast"
    inner: Inner = field(default_factory=Inner)
    places: list[Path] = field(default_factory=list)
    pair: tuple[int, str] = (0, "")
    many: tuple[int, ...] = ()
    weights: dict[str, float] = field(default_factory=dict)
    deep: bool = False
    anything: Any = None
    either: int | str = 0


FULL = {
    "name": "x",
    "size": 3,
    "mode": "slow",
    "inner": {"rate": 1.5},
    "places": ["a/b"],
    "pair": [1, "two"],
    "many": [1, 2, 3],
    "weights": {"a": 1.0},
    "deep": True,
    "anything": {"free": [1]},
    "either": "text",
}


def read(values):
    return from_mapping(Outer, values=values, where="here")


def test_a_full_mapping_comes_back_unchanged():
    config = read(FULL)
    assert config.inner == Inner(rate=1.5)
    assert config.places == [Path("a/b")]
    assert config.pair == (1, "two")
    assert to_mapping(config) == FULL


def test_defaults_fill_what_is_not_given():
    assert read({"name": "x"}) == Outer(name="x")


def test_a_whole_number_serves_as_float_but_not_the_reverse():
    assert read({"name": "x", "inner": {"rate": 2}}).inner.rate == 2.0
    with pytest.raises(ConfigError, match=r"here: size: found 2\.5 \(float\), expected int"):
        read({"name": "x", "size": 2.5})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"nam": "x"}, "here: unknown key 'nam'; did you mean 'name'"),
        ({"name": "x", "zzz": 1}, "here: unknown key 'zzz'; known keys: name, size"),
        ({"rate": 1}, "here: unknown key 'rate'; did you mean 'inner.rate'?"),
        ({"rates": 1}, "here: unknown key 'rates'; did you mean 'inner.rate'?"),
        (
            {"name": "x", "inner": {"deep": 1}},
            "here: inner: unknown key 'deep'; 'deep' stands at the top",
        ),
        ({}, "here: missing key 'name'"),
        ({"name": 3}, r"here: name: found 3 \(int\), expected str"),
        ({"name": "x", "size": True}, r"here: size: found True \(bool\), expected int"),
        ({"name": "x", "deep": 1}, r"here: deep: found 1 \(int\), expected bool"),
        ({"name": "x", "mode": "quick"}, "here: mode: found 'quick', expected one of"),
        ({"name": "x", "inner": {"rat": 1}}, "here: inner: unknown key 'rat'; did you mean"),
        ({"name": "x", "inner": {"rate": -1}}, r"here: inner: rate -1\.0 is negative"),
        ({"name": "x", "inner": 3}, r"here: inner: found 3 \(int\), expected Inner"),
        ({"name": "x", "many": [1, "b"]}, r"here: many\[1\]: found 'b' \(str\), expected int"),
        ({"name": "x", "pair": [1]}, "here: pair: found 1 items, expected 2"),
        ({"name": "x", "weights": {"a": "b"}}, r"here: weights\.a: found 'b'"),
        ({"name": "x", "places": "a"}, r"here: places: found 'a' \(str\), expected list"),
        ({"name": "x", "either": 1.5}, r"here: either: found 1\.5"),
    ],
)
def test_what_does_not_fit_is_an_error_that_names_the_place(values, message):
    with pytest.raises(ConfigError, match=message):
        read(values)


def test_toml_is_read_as_plain_values(tmp_path):
    file = tmp_path / "recipe.toml"
    file.write_text('name = "x"\n[inner]\nrate = 1\n', encoding="utf-8")
    assert read_toml(file) == {"name": "x", "inner": {"rate": 1}}


def test_a_missing_toml_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(ConfigError, match=r"recipe\.toml: there is no such file; expected a TOML"):
        read_toml(tmp_path / "recipe.toml")


@pytest.mark.parametrize("content", [b"name = ", b"\xff"], ids=["cut", "bytes"])
def test_an_unreadable_toml_file_is_a_config_error(tmp_path, content):
    file = tmp_path / "recipe.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"recipe\.toml: not a readable TOML file"):
        read_toml(file)
