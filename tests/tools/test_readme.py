"""The README follows the code: its tree, its figures and the commands that the checks run."""

import json

import pytest

from benchmarks.speed.measure import CIRCUMSTANCES, REQUIRED
from tests.architecture.rules import ROOT
from tools import readme

RESULTS = ROOT / "benchmarks" / "results"


def result(**changes):
    row = {
        "benchmark": "ner_32_words",
        "ratio": 2.345,
        "ratio_iqr": [2.3, 2.4],
        "null_ratio": 1.01,
        "unit": "s",
        "ours": 0.0123,
        "theirs": 1.5,
        "date": "2026-01-31",
    }
    return row | changes


@pytest.fixture
def package(tmp_path):
    """A package of three floors."""
    files = {
        "__init__.py": '"""The whole."""',
        "errors.py": '"""What goes wrong.\n\nAnd why."""',
        "model/__init__.py": '"""The network."""',
        "model/layers.py": '"""One layer."""',
        "cli.py": '"""The commands."""',
    }
    for name, text in files.items():
        path = tmp_path / "src" / "house" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "src" / "house"


def test_readme_is_what_the_code_says():
    text = readme.README.read_text(encoding="utf-8")
    written = readme.fill(text, regions=readme.regions(ROOT))
    assert written == text, "README.md is out of date: run `make readme` and commit it"


def test_tree_lists_each_file_with_its_sentence_in_the_order_of_the_floors(package):
    lines = readme.tree(package, floors=["cli", "model", "errors"]).splitlines()
    assert [line.split() for line in lines] == [
        ["```text"],
        ["src/house/", "The", "whole."],
        ["cli.py", "The", "commands."],
        ["model/", "The", "network."],
        ["layers.py", "One", "layer."],
        ["errors.py", "What", "goes", "wrong."],
        ["```"],
    ]


def test_floors_are_read_from_the_top(tmp_path):
    floors = readme.read_floors(ROOT / "pyproject.toml")
    assert floors[0] == "cli"
    assert floors[-1] == "errors"
    assert {"model", "wikipedia"} <= set(floors)


def test_figures_are_a_table_with_a_row_per_result(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(result()))
    (tmp_path / "b.json").write_text(json.dumps([result(null_ratio=None, unit="texts/s")]))
    *_, first, second = readme.figures(tmp_path).splitlines()
    cells = ["2.35 (2.30 to 2.40)", "transformers", "1.01", "12.3 ms", "1.5 s", "2026-01-31"]
    assert first == f"| ner 32 words | {' | '.join(cells)} |"
    assert second.split(" | ")[2:5] == ["transformers", "", "0.0123 texts/s"]


def test_what_recipes_learn_is_a_table_with_a_row_per_test_file(tmp_path):
    one = {"f1": 0.514, "deviation": None, "seeds": 1}
    many = {"f1": 0.5, "deviation": 0.0123, "seeds": 3}
    result = {
        "recipe": "recipes/small/ai.toml",
        "epochs": 20,
        "summary": {"dev": {"plain": one}, "test": {"entity-aware": many, "words-only": one}},
    }
    (tmp_path / "learning-ai.json").write_text(json.dumps(result))
    *_, row = readme.learnt(tmp_path).splitlines()
    assert row == "| [ai](recipes/small/ai.toml) | f1 | 50.0 ± 1.2 |  | 51.4 | 1 to 3 | 20 |"
    assert "dev" not in readme.learnt(tmp_path)


def test_no_results_are_said_to_be_none(tmp_path):
    assert readme.figures(tmp_path) == readme.NO_FIGURES


def test_regions_are_filled_and_the_rest_is_kept():
    text = "a\n<!-- begin: x -->\nold\n<!-- end: x -->\nb"
    new = "a\n<!-- begin: x -->\nnew\n<!-- end: x -->\nb"
    assert readme.fill(text, regions={"x": "new"}) == new
    assert readme.fill(new, regions={"x": "new"}) == new


def test_a_missing_region_is_refused():
    with pytest.raises(ValueError, match="expected one region 'x'"):
        readme.fill("no region", regions={"x": "new"})


@pytest.mark.parametrize("name", sorted(path.name for path in RESULTS.glob("*.json")))
def test_committed_figures_come_with_their_circumstances(name):
    content = json.loads((RESULTS / name).read_text(encoding="utf-8"))
    for row in content if isinstance(content, list) else [content]:
        assert {"command", *CIRCUMSTANCES} <= set(row)
        if "ratio" in row:
            assert set(REQUIRED) <= set(row)
        assert row["hardware"]["cpu"]
        assert {"python", "openluke"} <= set(row["versions"])


def test_the_readme_opens_with_the_two_commands_that_ci_runs():
    text = readme.README.read_text(encoding="utf-8")
    run, test = [block.partition("```")[0].strip() for block in text.split("```bash\n")[1:3]]
    start = "python3 -m venv .venv && .venv/bin/pip install -c constraints.txt "
    assert run.startswith(f"{start}. && ")
    assert test == f"{start}'.[test]' && .venv/bin/pytest -n 2 --dist loadfile"
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "readme_command 1" in script
    assert "readme_command 2" in script
