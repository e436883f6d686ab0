"""``openluke finetune``: a model for one's own task from a file of examples."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from openluke.cli.evaluate import print_scores
from openluke.cli.settings import read_settings
from openluke.errors import ConfigError
from openluke.finetuning.finetune import finetune as run
from openluke.finetuning.recipe import (
    FinetuneConfig,
    LearningConfig,
    read_recipe,
    recipe_of,
    with_absolute_paths,
)
from openluke.recipe_files import merge
from openluke.records import Scores, from_json
from openluke.training.optim import default_rate
from openluke.training.trackers.named import TrackerName, make_tracker

_USUAL = LearningConfig()
_RATES = ", ".join(f"{default_rate(width):g} for {width}" for width in (384, 512, 768, 1024))


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What is learnt from."""

    train: Annotated[Path | None, Parameter(help="Examples to learn from.")] = None
    dev: Annotated[
        Path | None,
        Parameter(help="Examples to choose the best model by; else some of --train are set aside."),
    ] = None
    test: Annotated[
        Path | None, Parameter(help="Examples to score the best model on, at the end.")
    ] = None
    form: Annotated[
        str | None,
        Parameter(help="The form of the files; by default the one that they look like."),
    ] = None
    option: Annotated[
        list[str] | None,
        Parameter(negative="", help="An option of the reader, such as encoding=latin-1."),
    ] = None

    def values(self) -> dict[str, Any]:
        """What was given, as a recipe says it."""
        paths = {"train": self.train, "dev": self.dev, "test": self.test}
        given: dict[str, Any] = {
            name: str(path.absolute()) for name, path in paths.items() if path is not None
        }
        if self.form is not None:
            given["form"] = self.form
        if self.option:
            given["options"] = read_settings(self.option)
        return {"data": given} if given else {}


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How a model is trained, where it is not as usual."""

    epochs: Annotated[
        int | None, Parameter(help=f"How often the examples are read; {_USUAL.epochs} by default.")
    ] = None
    batch_size: Annotated[
        int | None, Parameter(help=f"The most inputs of a batch; {_USUAL.batch_size} by default.")
    ] = None
    learning_rate: Annotated[
        float | None,
        Parameter(
            help=f"The highest learning rate; by default by the width of the model: {_RATES}."
        ),
    ] = None
    attention: Annotated[
        Literal["entity-aware", "plain"] | None,
        Parameter(help="Four query types or one; by default as the model has it."),
    ] = None
    seed: Annotated[int | None, Parameter(help="Of everything that is random; 0 by default.")] = (
        None
    )

    def values(self) -> dict[str, Any]:
        """What was given, as a recipe says it."""
        optimizer = _given({"learning_rate": self.learning_rate})
        training = _given({"epochs": self.epochs, "batch_size": self.batch_size})
        training |= {"optimizer": optimizer} if optimizer else {}
        top = _given({"attention": self.attention, "seed": self.seed})
        return top | ({"training": training} if training else {})


def finetune(
    task: str | None = None,
    *,
    output: Path,
    recipe: Path | None = None,
    model: str | None = None,
    files: Files = Files(),
    ways: Ways = Ways(),
    set: Annotated[list[str] | None, Parameter(negative="")] = None,  # noqa: A002
    tracker: Annotated[list[TrackerName] | None, Parameter(negative="")] = None,
    device: str = "auto",
) -> None:
    """Teach a model a task, from a file of examples or by a recipe.

    A run that was killed goes on when the same command is given again. The best model is in
    OUTPUT/model, with a card; its scores are in OUTPUT/scores.json. OUTPUT/checkpoints, which is
    several times as large as the model, goes when the run is finished, unless --set
    leave_checkpoints=true keeps it.

    Args:
        task: What is learnt (see `openluke tasks`); a recipe says it itself.
        output: The directory of the run.
        recipe: A TOML file with all of this; what is given beside it goes before it.
        model: Directory or hub name of the model to start from.
        files: What is learnt from.
        ways: How.
        set: Any key of a recipe, such as training.accumulation=4 or options.negatives=64; may be
            given several times.
        tracker: Where to report to, besides metrics.jsonl; may be given several times.
        device: Where to compute: auto (CUDA, then MPS, then the CPU), cpu, cuda, cuda:N or mps.
    """
    # what a run chooses by itself is told
    logging.getLogger("openluke.finetuning").setLevel(logging.INFO)
    given = _given({"task": task, "model": model})
    changes = [given, files.values(), ways.values(), read_settings(set or ())]
    config = _config(recipe, changes=changes)
    names: list[TrackerName] = ["plot", *(tracker or ("console",))]
    trackers = [make_tracker(name) for name in dict.fromkeys(names)]
    result = run(config, output=output, device=device, trackers=trackers)
    if result is None:
        return
    for head, by_file in result.report["scores"].items():
        for name, scores in by_file.items():
            found = from_json(Scores, values=scores)
            print_scores(found, title=f"{head} on {name}", as_json=False)
    print(f"{result.model}: the model, with its card; {output}/scores.json has the scores")


def _config(recipe: Path | None, *, changes: Sequence[dict[str, Any]]) -> FinetuneConfig:
    values: dict[str, Any] = {}
    for change in changes:
        values = merge(values, changes=change)
    if recipe is not None:
        return read_recipe(recipe, changes=values)
    for name, wanted in (("task", "the name of a task, or --recipe"), ("model", "--model")):
        if name not in values:
            raise ConfigError(f"nothing says the {name}; give {wanted}")
    if "train" not in values.get("data", {}):
        raise ConfigError("nothing says what to learn from; give --train")
    config = recipe_of(values, where="command line")
    return with_absolute_paths(config, directory=Path.cwd())


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
