"""The card of a fine-tuned model: data, recipe, scores of every label, speed and memory."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openluke.checkpoints.model_card import CardNotes
from openluke.finetuning.recipe import FinetuneConfig, recipe_values
from openluke.recipe_files import without_places
from openluke.task import load_task
from openluke.training.machine import memory_in_words
from openluke.training.run_directory import MODEL

_MOST_LABELS = 60
_HASH_LENGTH = 12


def card_notes(
    config: FinetuneConfig,
    *,
    report: Mapping[str, Any],
    start: str,
    usage: str | None,
    directory: Path,
) -> CardNotes:
    """What a run knows of its model.

    Args:
        config: The recipe.
        report: What ``scores.json`` says.
        start: What the model that the run starts from is called, see ``name_of_start``.
        usage: A call that the model answers; by default one that suits its head.
        directory: Where the model will lie.
    """
    names = [part.task for part in config.parts]
    sections = [_purpose(config, start=start)]
    for head, by_file in report["scores"].items():
        sections += [
            _scores(head, file=file, scores=scores, alone=len(names) == 1)
            for file, scores in by_file.items()
        ]
    sections += [_paper(config), _data(report), _training(config, report=report), _limits(report)]
    return CardNotes(
        title=f"LUKE for {', '.join(name.replace('_', ' ') for name in names)}",
        licence=config.licence,
        tags=tuple(name.replace("_", "-") for name in names),
        sections=tuple(section for section in sections if section),
        usage=usage,
        place=directory.as_posix() if not directory.is_absolute() else _last_names(directory),
    )


def name_of_start(model: str, *, origin: str | None) -> str:
    """What the model that a run starts from is called, and what it says it was made from.

    Args:
        model: The recipe's word for it; of a directory the last names alone are said.
        origin: Its own source.
    """
    path = Path(model)
    if not path.is_absolute():
        return model
    name = _last_names(path) if path.name == MODEL else path.name
    return f"{name}, made from {origin}" if origin else name


def _last_names(directory: Path) -> str:
    """A directory without where it lies on this machine: in which run, where it is one's model."""
    return "/".join(directory.parts[-2:])


def _purpose(config: FinetuneConfig, *, start: str) -> str:
    said = "; ".join(
        f"`{part.head}` predicts {load_task(part.task).summary}" for part in config.parts
    )
    return f"## What it does\n\nFine-tuned from {start}: {said}."


def _scores(head: str, *, file: str, scores: Mapping[str, Any], alone: bool) -> str:
    if not scores["values"]:
        return ""
    title = f"## Scores on {file}" if alone else f"## Scores of {head} on {file}"
    values = "\n".join(f"| {name} | {value:.4f} |" for name, value in scores["values"].items())
    text = f"{title}\n\n| | |\n|---|---|\n{values}"
    labels = list(scores.get("labels", {}).items())
    if not labels:
        return text
    rows = "\n".join(
        f"| {label} | {one['precision']:.4f} | {one['recall']:.4f} | {one['f1']:.4f} | "
        f"{one['support']} |"
        for label, one in labels[:_MOST_LABELS]
    )
    table = f"| label | precision | recall | F1 | number |\n|---|---|---|---|---|\n{rows}"
    return f"{text}\n\n{table}"


def _paper(config: FinetuneConfig) -> str:
    paper = config.paper
    if paper is None:
        return ""
    scores = ", ".join(f"{name} {value:.3f}" for name, value in paper.scores.items())
    said = f"{paper.source} reports: {scores}." if scores else f"See {paper.source}."
    note = f" {paper.note}" if paper.note else ""
    return f"## Published\n\n{said}{note}"


def _data(report: Mapping[str, Any]) -> str:
    rows = "\n".join(
        f"| {head} | {split} | {facts['file']} | {facts['examples']:,} | "
        f"{_short_hash(facts['fingerprint'])} |"
        for head, splits in report["data"].items()
        for split, facts in splits.items()
    )
    head = "| head | used as | file | examples | hash |\n|---|---|---|---|---|"
    return f"## Data\n\n{head}\n{rows}"


def _short_hash(fingerprint: str) -> str:
    """Enough of a hash to tell files apart, with what it is."""
    name, _, digest = fingerprint.partition(":")
    return f"{name}:{digest[:_HASH_LENGTH]}"


def _training(config: FinetuneConfig, *, report: Mapping[str, Any]) -> str:
    rows = [
        ("steps", f"{report['steps']:,} ({report['why']})"),
        ("weights from step", report["best_step"] or "the last"),
        ("learning rate", f"{report['learning_rate']:g}"),
        ("rate of heads", f"{report['head_factor']:g} times that"),
        ("seed", config.seed),
        ("time in steps", f"{report['seconds']:,.0f} s"),
        ("inputs in a second of training", f"{report['instances_per_second']:,.1f}"),
        *_prediction_rate(report),
        ("memory at most", memory_in_words(report["peak_memory"])),
        ("device", report["device"]),
    ]
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    values = without_places(recipe_values(config))
    recipe = json.dumps(values, indent=2, ensure_ascii=False)
    return (
        f"## Training\n\n| | |\n|---|---|\n{table}\n\n<details><summary>Recipe</summary>\n\n"
        f"```json\n{recipe}\n```\n\n</details>"
    )


def _prediction_rate(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    if not any(report["scores"].values()):
        return []  # nothing was predicted
    return [("examples in a second of prediction", f"{report['examples_per_second']:,.1f}")]


def _limits(report: Mapping[str, Any]) -> str:
    lines = [f"- {message}" for message in report["not_read"]]
    lines += [
        f"- `{name}` of {head} is {value:g}, which scores best on dev; the scores on dev are those "
        "with it, so that they flatter it."
        for head, options in report.get("fitted", {}).items()
        for name, value in options.items()
    ]
    if report["held_out"]:
        lines.append("- The scores on dev are of examples set aside of the training data.")
    return "## Limits\n\n" + "\n".join(lines) if lines else ""
