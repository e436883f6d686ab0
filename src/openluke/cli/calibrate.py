"""``openluke calibrate``: probabilities that mean what they say."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from openluke.checkpoints.saving import save_bundle
from openluke.cli.compute import Compute
from openluke.cli.evaluate import print_scores
from openluke.cli.facts import print_facts
from openluke.cli.settings import read_settings
from openluke.formats.reading import open_examples
from openluke.inference.calibration import HeldOut
from openluke.inference.calibration import calibrate as find_options
from openluke.inference.gold import check_gold


def calibrate(
    model: str,
    dev: Path,
    *,
    output: Path | None = None,
    thresholds: Annotated[bool, Parameter(negative="")] = False,
    form: str | None = None,
    option: Annotated[list[str] | None, Parameter(negative="")] = None,
    head: str | None = None,
    replace: Annotated[bool, Parameter(negative="")] = False,
    compute: Compute = Compute(),  # noqa: B008 - frozen
) -> None:
    """Find the temperature under which a model's probabilities fit what is right and wrong.

    Give examples that the model was neither trained on nor will be tested on. The expected
    calibration error is the mean distance between how likely predictions are said to be and how
    often they are right.

    Args:
        model: Directory or hub name of the model.
        dev: Held-out examples with gold answers, in a form that the task reads.
        output: Where to save the model with what was found; by default nothing is saved.
        thresholds: Find a threshold for each label, too, where any number of labels may hold.
        form: Which form the file has; by default the one that it looks like.
        option: An option of the reader, such as encoding=latin-1; may be given several times.
        head: The name of the head, where the model has several.
        replace: Replace a model that is already at the output.
        compute: Which model exactly, and how it computes.
    """
    pipeline = compute.open(model)
    task = pipeline.task(head, batch_rows=compute.batch_rows)
    options = read_settings(option or ())
    examples = list(open_examples(dev, forms=task.task.forms, form=form, options=options))
    check_gold(examples, task=task.task, file=dev)
    found = find_options(HeldOut(task, examples=examples), thresholds=thresholds)
    facts = {
        "options": found.options,
        **{
            name.replace("_", " "): f"{value:.4f} before, {found.after.values[name]:.4f} after"
            for name, value in found.before.values.items()
        },
        **found.before.counts,
    }
    print_facts(f"calibration on {dev.name}", facts=facts, as_json=False)
    if found.scores_before is not None and found.scores_after is not None:
        primary = task.task.primary_metric
        for title, scores in (("before", found.scores_before), ("after", found.scores_after)):
            print_scores(scores, title=f"scores {title}", as_json=False, primary=primary)
    if output is not None:
        bundle = pipeline.bundle.with_options(head, options=found.options)
        save_bundle(bundle, directory=output, replace=replace)
        print(f"{output}: the model with these options")
