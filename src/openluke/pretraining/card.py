"""The card of a pretrained model: its text, its phases, what it scored on what was held out."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from openluke.checkpoints.model_card import CardNotes
from openluke.pretraining.corpus.corpus import Corpus
from openluke.pretraining.recipe import PretrainConfig, pretrain_values
from openluke.recipe_files import without_places

_PURPOSE = (
    "## What it does\n\nFills masked words and masked entities; it is made to be fine-tuned: "
    "`openluke finetune TASK --model MODEL --train FILE --output DIRECTORY`."
)


def card_notes(
    config: PretrainConfig, *, corpora: Sequence[Corpus], reports: Sequence[Mapping[str, Any]]
) -> CardNotes:
    """What a run knows of its model.

    Args:
        config: The recipe.
        corpora: What was read.
        reports: What the phases found that made the model.
    """
    sections = [
        _PURPOSE,
        _held_out(reports[-1]),
        _paper(config),
        _text(corpora),
        _training(config, reports=reports),
    ]
    return CardNotes(
        title="A pretrained LUKE",
        licence=config.licence,
        tags=("fill-mask",),
        sections=tuple(section for section in sections if section),
    )


def _held_out(report: Mapping[str, Any]) -> str:
    found = report["held_out"]
    if not found:
        return ""
    rows = "\n".join(f"| {name} | {value:.4f} |" for name, value in found["values"].items())
    return f"## Scores on pages that were held out\n\n| | |\n|---|---|\n{rows}"


def _paper(config: PretrainConfig) -> str:
    paper = config.paper
    if paper is None:
        return ""
    note = f" {paper.note}" if paper.note else ""
    return f"## Published\n\nSee {paper.source}.{note}"


def _text(corpora: Sequence[Corpus]) -> str:
    rows = "\n".join(
        f"| {info.language} | {info.n_train:,} | {info.n_validation:,} | {info.n_pieces:,} | "
        f"{info.n_mentions:,} |"
        for info in (corpus.info for corpus in corpora)
    )
    head = "| language | inputs | held out | word pieces | mentions |\n|---|---|---|---|---|"
    return f"## Text\n\n{head}\n{rows}"


def _training(config: PretrainConfig, *, reports: Sequence[Mapping[str, Any]]) -> str:
    rows = "\n".join(
        f"| {one['name']} | {one['steps']:,} | {one['inputs']:,} | {one['seconds']:,.0f} s | "
        f"{one['inputs_per_second']:,.1f} |"
        for one in reports
    )
    head = "| phase | steps | inputs | time in steps | inputs in a second |\n|---|---|---|---|---|"
    recipe = json.dumps(without_places(pretrain_values(config)), indent=2, ensure_ascii=False)
    return (
        f"## Training\n\n{head}\n{rows}\n\n<details><summary>Recipe</summary>\n\n"
        f"```json\n{recipe}\n```\n\n</details>"
    )
