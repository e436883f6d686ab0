"""The check of a wheel finds what is missing and what is too much."""

import zipfile

import pytest

from tools.wheel import faults

WHOLE = {
    "openluke/__init__.py",
    "openluke/py.typed",
    "openluke-0.1.dist-info/METADATA",
    "openluke-0.1.dist-info/licenses/LICENSE",
}


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "src" / "openluke"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "py.typed").touch()
    return tmp_path / "src"


def wheel(folder, *, names):
    path = folder / "openluke-0.1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return path


def test_a_whole_wheel_has_no_faults(tmp_path, source):
    assert faults(wheel(tmp_path, names=WHOLE), source=source) == []


@pytest.mark.parametrize(
    ("lacking", "problem"),
    [
        ("openluke/__init__.py", "openluke/__init__.py is missing"),
        ("openluke-0.1.dist-info/licenses/LICENSE", "LICENSE is missing"),
    ],
)
def test_a_missing_file_is_reported(tmp_path, source, lacking, problem):
    assert faults(wheel(tmp_path, names=WHOLE - {lacking}), source=source) == [problem]


def test_a_stray_file_is_reported(tmp_path, source):
    found = faults(wheel(tmp_path, names=WHOLE | {"tests/test_x.py"}), source=source)
    assert found == ["tests/test_x.py does not belong there"]
