"""The source archive has what its tests read, so that they pass where it was unpacked."""

import tomllib

import pytest

from tests.architecture.rules import ROOT

BUILD = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"][
    "build"
]
READ = (
    ".ci",
    "benchmarks",
    "constraints.txt",
    "docs",
    "examples",
    "recipes",
    "src",
    "tests",
    "tools",
)


@pytest.mark.parametrize("name", READ)
def test_what_tests_read_is_in_the_source_archive(name: str):
    assert (ROOT / name).exists()
    assert f"/{name}" in BUILD["targets"]["sdist"]["include"]


def test_everything_in_the_source_archive_is_there():
    names = BUILD["targets"]["sdist"]["include"]
    assert [name for name in names if not (ROOT / name.lstrip("/")).exists()] == []
