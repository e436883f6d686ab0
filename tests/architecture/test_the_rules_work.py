"""A test of the tests: each rule reports a tree that breaks it and lets one pass that keeps it."""

import pytest

from tests.architecture.rules import RULES, Exempt, broken, unexcused, unneeded
from tests.architecture.source import Finding, planted

PLACE = "src/openluke/place.py"
LONG_TEXT = '"""One\n' + "more line\n" * 99 + '"""'


def function(lines, *, docstring='"""Do it."""'):
    body = "".join(f"    {line}\n" for line in [docstring, *["x = 1"] * (lines - 2)])
    return f"def f():\n{body}"


def small_package():
    return {f"src/openluke/m{i}.py": function(5) for i in range(10)}


BREAKS = [
    ("hidden-imports", "def f():\n    import json"),
    ("hidden-imports", "def f():\n    if x:\n        from openluke import errors"),
    ("hidden-imports", "class A:\n    def f(self):\n        import json"),
    ("hidden-imports", "import importlib\nx = importlib.import_module('openluke.cli')"),
    ("wildcard-imports", "from os.path import *"),
    ("task-comparisons", "if task == 'ner': ..."),
    ("task-comparisons", "x = self.task in ('ner', 'typing')"),
    ("task-comparisons", "if 'ner' != task.name: ..."),
    ("task-comparisons", "if config['task'] == 'ner': ..."),
    ("task-comparisons", "match task:\n    case 'ner': ..."),
    ("long-files", "x = 1\n" * 401),
    ("long-functions", function(63)),
    ("long-functions", "class A:\n" + "".join(f"    {r}\n" for r in function(62).splitlines())),
    ("large-on-the-whole", "x = 1\n" * 121),
    ("large-on-the-whole", function(40) + function(40).replace("f()", "g()")),
    ("waived-sizes", "def f(): ...  # noqa: C901"),
    ("waived-sizes", "def f(): ...  # noqa: D103, PLR0915 - it is what it is"),
    ("positional-arguments", "def f(a, b): ..."),
    ("positional-arguments", "def f(a, b=None): ..."),
    ("positional-arguments", "class A:\n    def f(self, a, b): ..."),
    ("positional-arguments", "class A:\n    @classmethod\n    def f(cls, a, b): ..."),
    ("positional-arguments", "class A:\n    @staticmethod\n    def f(a, b): ..."),
    ("acting-modules", "print('hello')"),
    ("acting-modules", "for x in y: z(x)"),
    ("acting-modules", "try:\n    setup()\nexcept OSError:\n    x = 1"),
    ("acting-modules", "with open('x') as f: text = f.read()"),
    ("blind-handlers", "try: x()\nexcept: raise"),
    ("blind-handlers", "try: x()\nexcept Exception as e: y(e)"),
    ("blind-handlers", "try: x()\nexcept (OSError, Exception): y()"),
    ("blind-handlers", "try: x()\nexcept BaseException: y()"),
    ("blind-handlers", "with contextlib.suppress(Exception): x()"),
    ("silent-handlers", "try: x()\nexcept OSError: pass"),
    ("silent-handlers", "try: x()\nexcept OSError: ..."),
    ("pickles", "import pickle\nx = pickle.loads(y)"),
    ("pickles", "from pickle import load"),
    ("pickles", "from joblib import load"),
    ("pickles", "x = torch.load(path)"),
    ("pickles", "x = torch.load(path, weights_only=False)"),
    ("pickles", "x = torch.load(path, weights_only=safe)"),
    ("pickles", "x = np.load(path, allow_pickle=True)"),
    ("opening-sentences", "x = 1"),
    ("opening-sentences", '"""Titles"""'),
    ("opening-sentences", '"""Titles."""'),
    ("opening-sentences", '"""Titles of entities and\nwhat is known about them."""'),
    ("undocumented-functions", "def f(): ..."),
    ("undocumented-functions", "class A:\n    def f(self): ..."),
    ("untyped-functions", "def f(a) -> None: ..."),
    ("untyped-functions", "def f(a: int): ..."),
    ("untyped-functions", "def f(*, a) -> None: ..."),
    ("untyped-functions", "def f(*a, **b) -> None: ..."),
    ("untyped-functions", "class A:\n    def __init__(self, a) -> None: ..."),
]

KEEPS = [
    ("hidden-imports", "import json\nfrom openluke import errors"),
    ("hidden-imports", "try:\n    import duckdb\nexcept ImportError:\n    duckdb = None"),
    ("wildcard-imports", "from os.path import join"),
    ("task-comparisons", "if task is None or task == other: ..."),
    ("task-comparisons", "if name == 'ner': ..."),
    ("long-files", "x = 1\n" * 400),
    ("long-functions", function(60)),
    ("long-functions", function(60, docstring=LONG_TEXT)),
    ("large-on-the-whole", "x = 1\n" * 120),
    ("waived-sizes", "def f(): ...  # noqa: D103"),
    ("positional-arguments", "def f(a, *, b): ..."),
    ("positional-arguments", "def f(a, *more, b): ..."),
    ("positional-arguments", "def _f(a, b): ..."),
    ("positional-arguments", "def f(a):\n    def g(a, b): ..."),
    ("positional-arguments", "class A:\n    def f(self, a): ..."),
    ("positional-arguments", "class A:\n    def __getitem__(self, a, b): ..."),
    ("positional-arguments", "class _A:\n    def f(self, a, b): ..."),
    ("positional-arguments", "class A(nn.Module):\n    def forward(self, a, b): ..."),
    ("acting-modules", '"""Doc."""\nimport os\nx = f(1)\ndef g(): h()'),
    ("acting-modules", "if __name__ == '__main__':\n    main()"),
    ("blind-handlers", "try: x()\nexcept OSError: y()"),
    ("blind-handlers", "try: x()\nexcept BaseException:\n    clean()\n    raise"),
    ("silent-handlers", "try: x()\nexcept OSError: y = 1"),
    ("pickles", "x = torch.load(path, weights_only=True)"),
    ("pickles", "import pickle\ntry: x()\nexcept pickle.UnpicklingError: y()"),
    ("pickles", "x = np.load(path)\ny = json.load(file)"),
    ("opening-sentences", '"""Titles of entities.\n\nAnd more about them."""'),
    ("undocumented-functions", 'def f():\n    """Do it."""\ndef _g(): ...'),
    ("undocumented-functions", "class A:\n    def __len__(self): ..."),
    ("untyped-functions", "class A:\n    def f(self, a: int, *, b: str) -> None: ..."),
    ("untyped-functions", "def _f(a): ..."),
]

PATHS = [
    ("dumping-grounds", "src/openluke/utils/text.py", "src/openluke/tokenization/text.py"),
    ("dumping-grounds", "src/openluke/_helpers.py", "src/openluke/help.py"),
    ("dumping-grounds", "src/openluke/core.py", "src/openluke/score.py"),
    ("dumping-grounds", "tests/text_utils.py", "tests/texts.py"),
    ("dumping-grounds", "benchmarks/common/__init__.py", "benchmarks/commons_category.py"),
]


def findings(rule, text, *, path=PLACE):
    return RULES[rule].check(planted({path: text}))


@pytest.mark.parametrize(("rule", "text"), BREAKS)
def test_a_broken_rule_is_reported(rule, text):
    found = findings(rule, text)
    assert found
    assert all(finding.problem for finding in found)


@pytest.mark.parametrize(("rule", "text"), KEEPS)
def test_a_kept_rule_is_not_reported(rule, text):
    assert not findings(rule, text)


@pytest.mark.parametrize(("rule", "bad", "good"), PATHS)
def test_names_are_read_in_every_part_of_a_path(rule, bad, good):
    assert findings(rule, "", path=bad)
    assert not findings(rule, "", path=good)


def test_tasks_may_import_what_lies_below_them_but_no_other_task():
    text = "from openluke.tasks import ner\n"
    assert findings("dependent-tasks", text, path="src/openluke/tasks/typing.py")
    assert not findings("dependent-tasks", text, path="src/openluke/finetuning.py")
    below = "from openluke.task import Task\n"
    assert not findings("dependent-tasks", below, path="src/openluke/tasks/typing.py")


def test_tasks_may_know_their_own_name():
    text = "if task == 'ner': ..."
    assert not findings("task-comparisons", text, path="src/openluke/tasks/ner.py")


def test_commands_may_take_what_people_type_by_position():
    text = "def convert(model, output): ..."
    assert not findings("positional-arguments", text, path="src/openluke/cli/convert.py")


def test_every_rule_has_a_tree_that_breaks_it():
    shown = {rule for rule, _ in BREAKS} | {rule for rule, *_ in PATHS} | {"dependent-tasks"}
    assert shown == set(RULES)


def test_rules_read_the_files_of_a_repository(tmp_path):
    for path, text in (small_package() | {"src/openluke/utils.py": "x = 1\n"}).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    assert [f.place for f in broken("dumping-grounds", root=tmp_path)] == ["src/openluke/utils.py"]
    assert not broken("large-on-the-whole", root=tmp_path)


def test_an_exception_excuses_its_own_place_and_rule_only():
    found = [Finding("a.py", "too long"), Finding("b.py", "too long")]
    exempt = [Exempt(rule="long-files", place="a.py", reason="a table of data")]
    assert unexcused(found, rule="long-files", exempt=exempt) == [found[1]]
    assert unexcused(found, rule="pickles", exempt=exempt) == found


def test_an_exception_that_is_no_longer_needed_is_reported():
    exempt = [Exempt(rule="long-files", place="a.py", reason="a table of data")]
    assert unneeded([], rule="long-files", exempt=exempt) == exempt
    assert not unneeded([Finding("a.py", "too long")], rule="long-files", exempt=exempt)
    assert not unneeded([], rule="pickles", exempt=exempt)
