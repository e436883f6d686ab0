"""Rule 5: importing does nothing, takes no time, and the text side never loads torch."""

import importlib.util
import subprocess
import sys
import typing

import pytest

import openluke
from openluke.inference.pipeline import Pipeline
from tests.architecture.modules import text_side

RUNS = 5

IMPORT = """
import sys, time
start = time.process_time()
import openluke
print(time.process_time() - start)
assert "torch" not in sys.modules and "numpy" not in sys.modules
"""

HELP = """
import sys, time
from openluke.cli.main import main
try:
    sys.argv = ["openluke", "--help"]
    main()
finally:
    print(time.process_time(), "torch" in sys.modules, file=sys.stderr)
"""

EACH = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
    if "torch" in sys.modules:
        sys.exit(f"importing {name} loads torch")
"""


def run(program, *arguments):
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done


def test_importing_openluke_takes_less_than_150_ms():
    # Processor time, the best of several: what a quiet machine would show on the clock.
    assert min(float(run(IMPORT).stdout) for _ in range(RUNS)) < 0.15


def test_what_is_public_is_listed_before_it_is_imported():
    assert {"load", "__version__"} <= set(dir(openluke))
    assert set(openluke.__all__) <= set(dir(openluke))
    assert typing.get_type_hints(openluke.load)["return"] is Pipeline


def test_the_text_side_imports_without_torch():
    names = text_side()
    assert {"openluke.errors", "openluke.tokenization", "openluke.model.config"} <= set(names)
    run(EACH, *names)


def test_torch_on_the_text_side_would_be_noticed():
    with pytest.raises(AssertionError, match=r"importing torch\.version loads torch"):
        run(EACH, "json", "torch.version")


def test_help_takes_less_than_half_a_second():
    if importlib.util.find_spec("openluke.cli.main") is None:
        pytest.skip("there is no command line yet: openluke.cli.main")
    runs = [run(HELP).stderr.split() for _ in range(RUNS)]
    assert min(float(seconds) for seconds, _ in runs) < 0.5
    assert {loaded for _, loaded in runs} == {"False"}
