"""constraints.txt: names and versions only, and versions that the project declares to work."""

import re
import tomllib
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.architecture.rules import ROOT
from tools.constraints import closure

LINES = [
    line
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
PINNED = dict(line.split("==") for line in LINES)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DECLARED = [
    requirement
    for group in (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())
    for requirement in map(Requirement, group)
    if requirement.name != "openluke"
]
STOOD_IN_FOR = {"trackio", "wandb"}
"""Services that tests only pretend to have: no version of theirs is tested."""
TESTED = [requirement for requirement in DECLARED if requirement.name not in STOOD_IN_FOR]


def test_lines_are_names_and_versions_only():
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line) for line in LINES)
    assert sorted(LINES, key=lambda line: line.split("==")) == LINES


@pytest.mark.parametrize("requirement", TESTED, ids=lambda requirement: requirement.name)
def test_declared_dependencies_are_pinned_to_a_version_they_allow(requirement):
    assert requirement.specifier.contains(PINNED[canonicalize_name(requirement.name)])


@pytest.mark.parametrize("requirement", DECLARED, ids=lambda requirement: requirement.name)
def test_declared_dependencies_are_ranges_from_a_lowest_version(requirement):
    assert [part.operator for part in requirement.specifier] == [">="]


def test_closure_follows_dependencies_and_extras():
    found = closure("openluke", extras=frozenset({"test"}))
    assert {"torch", "hypothesis", "sortedcontainers", "numpy"} <= set(found)
    assert "openluke" not in found


def test_closure_gives_versions_without_local_labels():
    found = closure("openluke", extras=frozenset())
    assert found["torch"] == Version(metadata.version("torch")).public
    assert "hypothesis" not in found
