"""Small files for tests of how files are read."""

import json

import pytest


@pytest.fixture
def write(tmp_path):
    """Write a file and give its path: text, bytes, a JSON value, or lines of JSON values."""

    def written(content, *, name="file", lines=False):
        if lines:
            content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in content)
        if not isinstance(content, str | bytes):
            content = json.dumps(content, ensure_ascii=False, indent=1)
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written
