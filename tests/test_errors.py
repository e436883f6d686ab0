"""Errors: one tree, and messages that say where."""

import inspect
import pickle

import pytest

from openluke import errors
from openluke.errors import (
    CheckpointError,
    ConfigError,
    DataError,
    ExampleError,
    MissingExtraError,
    OpenLukeError,
)


def test_every_error_is_an_openluke_error():
    found = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__]
    own = [kind for kind in found if kind.__module__ == errors.__name__]
    assert set(own) >= {CheckpointError, ConfigError, DataError, MissingExtraError}
    assert all(issubclass(kind, OpenLukeError) for kind in own)


@pytest.mark.parametrize("kind", [ConfigError, CheckpointError])
def test_message_is_kept(kind):
    with pytest.raises(OpenLukeError, match=r"^found 3, expected 4$"):
        raise kind("found 3, expected 4")


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ({}, "empty span"),
        ({"file": "a.jsonl"}, "a.jsonl: empty span"),
        ({"file": "a.jsonl", "line": 7}, "a.jsonl:7: empty span"),
        ({"line": 7}, "line 7: empty span"),
    ],
    ids=["no place", "file", "file and line", "line of a stream"],
)
def test_data_error_says_where(place, message):
    error = DataError("empty span", **place)
    assert str(error) == message
    assert (error.file, error.line) == (place.get("file"), place.get("line"))


def test_missing_extra_says_what_to_install():
    error = MissingExtraError("reading dumps", extra="wikipedia")
    assert str(error) == (
        "reading dumps needs optional packages: pip install 'openluke[wikipedia]'"
    )
    assert error.extra == "wikipedia"


@pytest.mark.parametrize(
    "error",
    [
        OpenLukeError("a"),
        ConfigError("a"),
        CheckpointError("a"),
        DataError("a", file="b", line=3),
        ExampleError("a", number=3),
        MissingExtraError("c", extra="d"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_come_back_whole_from_a_worker_process(error):
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is type(error)
    assert str(back) == str(error)
    assert vars(back) == vars(error)
