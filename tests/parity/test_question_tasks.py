"""Tasks that answer questions compute what the heads of transformers compute."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from openluke.instances import TaskBatch
from openluke.model.model import Model
from openluke.records import Answer, ClozeQuestion, Question, Span
from openluke.tasks import cloze_qa, extractive_qa
from openluke.tasks.cloze_qa import ClozeQAConfig
from openluke.tasks.extractive_qa import ExtractiveQAConfig
from tests.parity.twins import PAD, make_inputs, make_twins, to_batch
from tests.tasks.tiny import make_setup

TOKYO = (Answer(text="Tokyo", start=0),)
QUESTION = Question(question="Where?", context="Tokyo", answers=TOKYO)
CLOZE = ClozeQuestion(
    query="X",
    placeholder=Span(0, 1),
    context="Tokyo",
    candidates=(Span(0, 5),),
    answers=TOKYO,
)


@pytest.mark.parametrize("entity_aware", [True, False], ids=["entity-aware", "plain"])
def test_answers_are_scored_and_learnt_as_in_transformers(entity_aware):
    twins = make_twins(
        "LukeForQuestionAnswering", kind="extractive_qa", n_labels=2, entity_aware=entity_aware
    )
    task = extractive_qa.TASK(ExtractiveQAConfig(), setup=make_setup())
    inputs = make_inputs()
    start, end = torch.tensor([2, 0, 1]), torch.tensor([3, 0, 2])
    theirs = twins.run_theirs(inputs)
    model = Model(twins.encoder, heads={"main": twins.head})
    batch = to_batch(inputs)
    lengths = inputs["attention_mask"].sum(1).tolist()
    # The same inputs as instances, whose passages begin at the third piece.
    template = task.encode([QUESTION])[0][0]
    instances = [
        replace(
            template,
            details=template.details._replace(begin=2, end=length - 1),
            targets={"start": start[i : i + 1].numpy(), "end": end[i : i + 1].numpy()},
        )
        for i, length in enumerate(lengths)
    ]
    prepared = TaskBatch(
        batch=batch,
        instances=tuple(instances),
        targets={"start": start, "end": end},
        n_targets={"answer": 6},
    )
    loss = task.losses(prepared, model=model)["answer"] / 6
    # The softmax of transformers runs over padding too, so its loss is taken of masked logits.
    padding = inputs["attention_mask"] == 0
    expected = [
        cross_entropy(logits.masked_fill(padding, -torch.inf), places)
        for logits, places in ((theirs.start_logits, start), (theirs.end_logits, end))
    ]
    assert loss.item() == pytest.approx(sum(expected).item() / 2, abs=1e-5)
    with torch.no_grad():
        outputs = task.outputs(prepared, model=model)
    for row, (output, length) in enumerate(zip(outputs, lengths, strict=True)):
        starts, ends = theirs.start_logits[row].detach(), theirs.end_logits[row].detach()
        assert np.allclose(output["start"], starts[2 : length - 1], atol=1e-5)
        assert np.allclose(output["end"], ends[2 : length - 1], atol=1e-5)
        assert output["none"] == pytest.approx((starts[0] + ends[0]).item(), abs=1e-5)
    assert (inputs["input_ids"] == PAD).any()  # so padding was there to be told apart


@pytest.mark.parametrize("entity_aware", [True, False], ids=["entity-aware", "plain"])
def test_a_gap_with_its_first_candidate_is_scored_as_in_transformers(entity_aware):
    twins = make_twins(
        "LukeForEntityPairClassification",
        kind="entity_pair",
        entity_aware=entity_aware,
        n_labels=1,
        problem="multi_label",
        bias=False,
    )
    inputs = make_inputs()
    theirs = twins.run_theirs(inputs).logits.squeeze(1).detach()
    batch = to_batch(inputs)
    counts = batch.layout.entity_counts
    task = cloze_qa.TASK(ClozeQAConfig(), setup=make_setup())
    ((template,),) = task.encode([CLOZE])
    instances = tuple(replace(template, details=(Span(0, 1),) * (count - 1)) for count in counts)
    starts = torch.tensor(batch.layout.entity_starts)
    pairs = torch.cat(
        [
            torch.stack((start.expand(count - 1), start + torch.arange(1, count)), dim=1)
            for start, count in zip(starts, counts, strict=True)
        ]
    )
    labels = torch.arange(len(pairs))[:, None] % 2
    prepared = TaskBatch(
        batch=replace(batch, pairs=pairs),
        instances=instances,
        targets={"candidates": labels},
        n_targets={"candidates": len(pairs)},
    )
    model = Model(twins.encoder, heads={"main": twins.head})
    with torch.no_grad():
        outputs = task.outputs(prepared, model=model)
    first = torch.tensor([output["scores"][0] for output in outputs])
    assert torch.allclose(first, theirs, atol=1e-5)
    assert [len(output["scores"]) for output in outputs] == [count - 1 for count in counts]
    scores = torch.from_numpy(np.concatenate([output["scores"] for output in outputs]))
    expected = binary_cross_entropy_with_logits(scores, labels[:, 0].float())
    loss = task.losses(prepared, model=model)["candidates"] / len(pairs)
    assert loss.item() == pytest.approx(expected.item(), abs=1e-5)
