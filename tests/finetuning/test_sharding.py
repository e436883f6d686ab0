"""Processes that share the weights of a model learn what one learns that has them all."""

import os
import subprocess
import sys
from pathlib import Path

import torch

from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.saving import save_bundle
from openluke.finetuning.finetune import finetune
from openluke.finetuning.recipe import read_recipe
from openluke.formats.json_records import write_records
from openluke.training import run_directory
from tests.architecture.rules import ROOT
from tests.conformance.examples import ner
from tests.finetuning.tiny_start import tiny_bundle

# The proposer and the choice of spans call parts of the model outside of its forward pass.
RECIPE = """
model = "start"
task = "ner"
data = { train = "train.jsonl", dev = "dev.jsonl" }
options = { proposer = true, proposer_layers = 1, keep = 0.01, negatives = 20 }

[training]
epochs = 2
batch_size = 1
accumulation = 4
"""


def write_inputs(directory: Path) -> Path:
    """A recipe with what it reads."""
    save_bundle(tiny_bundle(), directory=directory / "start")
    write_records(directory / "train.jsonl", records=ner.EXAMPLES)
    write_records(directory / "dev.jsonl", records=ner.EXAMPLES[:4])
    recipe = directory / "recipe.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    return recipe


def in_two_processes(recipe: Path, *, output: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", "-m", "openluke", "finetune", "--device", "cpu"]
    command += ["--recipe", str(recipe), "--output", str(output)]
    return subprocess.run(
        [*command, "--set", "training.strategy=fsdp", "--set", "training.accumulation=2"],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def weights(model: Path) -> dict[str, torch.Tensor]:
    bundle = load_bundle(model)
    modules = {"encoder": bundle.encoder} | {one.entry.name: one.module for one in bundle.heads}
    return {
        f"{name} {key}": tensor
        for name, module in modules.items()
        for key, tensor in module.state_dict().items()
    }


def test_two_processes_that_share_the_weights_learn_what_one_learns(tmp_path: Path):
    recipe = write_inputs(tmp_path)
    assert finetune(read_recipe(recipe), output=tmp_path / "whole", device="cpu")
    done = in_two_processes(recipe, output=tmp_path / "shared")
    assert done.returncode == 0, done.stderr
    start = weights(tmp_path / "start")
    whole, shared = (weights(tmp_path / run / "model") for run in ("whole", "shared"))
    assert shared.keys() == whole.keys() > start.keys()
    for name, tensor in whole.items():
        torch.testing.assert_close(shared[name], tensor, atol=1e-5, rtol=1e-4)
    learnt = "encoder layers.0.attention.query.weight"
    assert (whole[learnt] - start[learnt]).abs().max() > 1e-3
    reports = [run_directory.read_scores(tmp_path / one) or {} for one in ("whole", "shared")]
    assert reports[0]["scores"] == reports[1]["scores"]
    assert reports[1]["device"] == "cpu, 2 processes"
