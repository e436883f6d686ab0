"""What pretraining writes is a LUKE to transformers, with the same loss."""

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import LukeForMaskedLM

from openluke.checkpoints.loading import load_bundle
from openluke.pretraining.corpus.corpus import Corpus
from openluke.pretraining.held_out import instance_of
from openluke.pretraining.objective import ObjectiveConfig, PretrainingObjective
from openluke.pretraining.phases import model_of
from tests.pretraining import tiny_run

IGNORED = -100


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("inputs")
    tiny_run.write_inputs(directory)
    return directory


@pytest.fixture(scope="module")
def pretrained(inputs: Path) -> Path:
    return tiny_run.run(inputs, output=inputs / "run").model


def test_the_loss_is_that_of_transformers(inputs: Path, pretrained: Path):
    bundle = load_bundle(pretrained)
    examples = Corpus.open(inputs / "corpus").validation.read([0, 1, 2])
    objective = PretrainingObjective(
        ObjectiveConfig(), tokenizer=bundle.tokenizer, entities=bundle.entities
    )
    batch = objective.collate(
        [instance_of(example) for example in examples], rng=np.random.default_rng(0)
    )
    model = model_of(bundle, config=tiny_run.make_config(inputs)).eval()
    with torch.no_grad():
        sums = objective.losses(batch, model=model)
    ours = sum(float(sums[name]) / batch.n_targets[name] for name in ("words", "entities"))

    theirs = LukeForMaskedLM.from_pretrained(pretrained).eval()
    packed, targets = batch.batch, batch.targets
    word_labels = torch.full((packed.layout.n_words,), IGNORED)
    word_labels[targets["word_rows"]] = targets["word_labels"]
    entity_labels = torch.full((packed.layout.n_entities,), IGNORED)
    entity_labels[targets["entity_rows"]] = targets["entity_labels"]
    words, entities = packed.layout.word_counts, packed.layout.entity_counts

    def padded(rows: torch.Tensor, counts, *, value: int) -> torch.Tensor:
        parts = rows.split(list(counts))
        return torch.nn.utils.rnn.pad_sequence(parts, batch_first=True, padding_value=value)

    length = bundle.inputs.max_mention_length
    places = [
        list(range(start, min(end, start + length)))
        for example in examples
        for start, end in example.features.entity_ranges.tolist()
    ]
    longest = max(map(len, places))
    positions = torch.tensor([place + [-1] * (longest - len(place)) for place in places])
    with torch.no_grad():
        output = theirs(
            input_ids=padded(packed.word_ids, words, value=bundle.tokenizer.pad_id),
            attention_mask=padded(torch.ones_like(packed.word_ids), words, value=0),
            token_type_ids=padded(torch.zeros_like(packed.word_ids), words, value=0),
            entity_ids=padded(packed.entity_ids, entities, value=bundle.entities.special.pad),
            entity_attention_mask=padded(torch.ones_like(packed.entity_ids), entities, value=0),
            entity_token_type_ids=padded(torch.zeros_like(packed.entity_ids), entities, value=0),
            entity_position_ids=padded(positions, entities, value=-1),
            labels=padded(word_labels, words, value=IGNORED),
            entity_labels=padded(entity_labels, entities, value=IGNORED),
        )
    assert float(output.loss) == pytest.approx(ours, rel=1e-5)
