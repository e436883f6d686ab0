"""Losses count what has a label, and are zero with a gradient where nothing has one."""

import pytest
import torch
from torch.nn import functional

from openluke.errors import ConfigError, DataError
from openluke.model.batch import Batch
from openluke.model.config import HeadConfig
from openluke.model.heads import AnswerScores, build_head
from openluke.model.losses import IGNORE, answer_sums, classification_sum, masked_sums
from tests.model.conftest import features
from tests.model.mean_losses import (
    answer_loss,
    classification_loss,
    masked_loss,
    multi_label_loss,
    regression_loss,
    single_label_loss,
)


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0)).requires_grad_()


def test_rows_without_a_label_do_not_count():
    scores, labels = draw(4, 3), torch.tensor([1, IGNORE, 0, IGNORE])
    expected = functional.cross_entropy(scores[[0, 2]], labels[[0, 2]])
    assert torch.allclose(single_label_loss(scores, labels=labels), expected)


def test_labels_that_are_not_known_do_not_count():
    scores = draw(2, 3)
    labels = torch.tensor([[1, 0, IGNORE], [1, IGNORE, IGNORE]])
    known = labels != IGNORE
    expected = functional.binary_cross_entropy_with_logits(scores[known], labels[known].float())
    assert torch.allclose(multi_label_loss(scores, labels=labels), expected)


def test_numbers_that_are_not_known_do_not_count():
    scores, labels = draw(3, 1), torch.tensor([1.0, float("nan"), 3.0])
    expected = (scores[[0, 2], 0] - labels[[0, 2]]).square().mean()
    assert torch.allclose(regression_loss(scores, labels=labels), expected)


SHORT, LONG, CLASSES = torch.tensor([1, 0]), torch.tensor([1, 0, 1, 0]), torch.tensor([1, 0, 1])
WRONG_LABELS = {
    "fewer classes": ("single_label", SHORT, r"labels have shape \(2,\), expected \(3,\)"),
    "more classes": ("single_label", LONG, r"labels have shape \(4,\), expected \(3,\)"),
    "a column of classes": ("single_label", CLASSES[:, None], r"shape \(3, 1\)"),
    "no such class": ("single_label", CLASSES + 1, "labels hold 2, expected classes from 0 to 1"),
    "negative class": ("single_label", CLASSES - 2, "labels hold -1, expected classes"),
    "class as float": ("single_label", CLASSES.float(), "type torch.float32, expected whole"),
    "classes as switches": ("multi_label", CLASSES, r"shape \(3,\), expected \(3, 2\)"),
    "switches of one row": ("multi_label", SHORT, r"shape \(2,\), expected \(3, 2\)"),
    "switch of 2": ("multi_label", torch.full((3, 2), 2), "labels hold 2, expected 0 and 1"),
    "switch of nan": ("multi_label", torch.full((3, 2), float("nan")), "labels hold nan"),
    "a number for two": ("regression", CLASSES.float(), r"\(3, 1\), expected \(3, 2\)"),
    "numbers short": ("regression", torch.zeros(2, 2), r"\(2, 2\), expected \(3, 2\)"),
}


@pytest.mark.parametrize(("problem", "labels", "message"), WRONG_LABELS.values(), ids=WRONG_LABELS)
def test_labels_that_do_not_fit_the_scores_are_refused(problem, labels, message):
    with pytest.raises(DataError, match=message):
        classification_loss(draw(3, 2), labels=labels, problem=problem)


def test_a_problem_that_is_none_is_refused():
    with pytest.raises(ConfigError, match="problem is 'multi-label', expected one of"):
        classification_loss(draw(3, 2), labels=torch.zeros(3, 2), problem="multi-label")


@pytest.mark.parametrize("dtype", [torch.int32, torch.int16, torch.uint8])
def test_classes_may_be_of_any_whole_numbers(dtype):
    scores = draw(3, 2)
    found = single_label_loss(scores, labels=CLASSES.to(dtype))
    assert torch.equal(found, single_label_loss(scores, labels=CLASSES))


@pytest.mark.parametrize("dtype", [torch.bool, torch.int32, torch.float64])
def test_switches_may_be_of_any_type(dtype):
    scores, labels = draw(3, 2), torch.tensor([[1, 0], [1, 1], [0, 0]])
    found = multi_label_loss(scores, labels=labels.to(dtype))
    assert torch.equal(found, multi_label_loss(scores, labels=labels))


HALF_KNOWN = {
    "single_label": torch.tensor([2, IGNORE, 0, 1]),
    "multi_label": torch.tensor([[1, 0, IGNORE], [0, 0, 1], [IGNORE] * 3, [1, 1, 1]]),
    "regression": torch.tensor([[1.0, float("nan"), 2.0]] * 4),
}
N_KNOWN = {"single_label": 3, "multi_label": 8, "regression": 8}


@pytest.mark.parametrize(("problem", "labels"), HALF_KNOWN.items(), ids=HALF_KNOWN)
def test_sums_of_parts_add_up_to_the_mean_of_the_whole(problem, labels):
    scores = draw(4, 3)
    parts = [
        classification_sum(scores[rows], labels=labels[rows], problem=problem)
        for rows in (slice(0, 1), slice(1, 4))
    ]
    mean = classification_loss(scores, labels=labels, problem=problem)
    assert torch.allclose(sum(parts) / N_KNOWN[problem], mean)


NOTHING = {
    "single_label": torch.tensor([IGNORE, IGNORE]),
    "multi_label": torch.full((2, 3), IGNORE),
    "regression": torch.full((2, 3), float("nan")),
}


@pytest.mark.parametrize(("problem", "labels"), NOTHING.items(), ids=NOTHING)
@pytest.mark.parametrize("rows", [2, 0])
def test_no_label_gives_zero_with_a_gradient(problem, labels, rows):
    scores = draw(rows, 3)
    loss = classification_loss(scores, labels=labels[:rows], problem=problem)
    loss.backward()
    assert loss == 0
    assert (scores.grad == 0).all()


def test_choices_that_are_not_there_have_no_part_in_the_loss():
    scores = draw(2, 3)
    padded = scores.masked_fill(torch.tensor([[False] * 3, [False, False, True]]), float("-inf"))
    labels = torch.tensor([2, 0])
    loss = single_label_loss(padded, labels=labels)
    loss.backward()
    expected = functional.cross_entropy(scores[:1], labels[:1])
    expected = expected + functional.cross_entropy(scores[1:, :2], labels[1:])
    assert torch.allclose(loss, expected / 2)
    assert scores.grad.isfinite().all()


def test_answers_are_sought_in_their_own_sequence(batch):
    scores = AnswerScores(draw(16), draw(16) * 2)
    start, end = torch.tensor([1, 0, 9]), torch.tensor([2, IGNORE, 6])
    found = answer_loss(scores, batch=batch, start=start, end=end)
    starts = [(scores.start[:5], 1), (scores.start[5:9], 0)]
    ends = [(scores.end[:5], 2), (scores.end[9:], 6)]
    expected = [
        sum(functional.cross_entropy(x, torch.tensor(place)) for x, place in places) / 2
        for places in (starts, ends)
    ]
    assert torch.allclose(found, sum(expected) / 2)
    found.backward()


def test_answers_are_counted_among_the_words_that_the_mask_keeps():
    words = torch.tensor([[1, 1, 0, 5, 6, 2], [0, 5, 6, 7, 8, 2]])
    mask = torch.tensor([[0, 0, 1, 1, 1, 1], [1, 1, 0, 1, 1, 1]])
    batch = Batch.from_padded(words, word_pad_id=1, word_mask=mask)
    place = torch.tensor([1, 2], dtype=torch.int32)
    scores = AnswerScores(draw(9), draw(9))
    found = answer_loss(scores, batch=batch, start=place, end=place)
    table = batch.pad_words(scores.start, fill=float("-inf"))
    assert torch.allclose(found, functional.cross_entropy(table, torch.tensor([3, 3])))


def test_sums_of_answers_are_means_times_those_that_are_there(batch):
    scores = AnswerScores(draw(16), draw(16) * 2)
    start, end = torch.tensor([1, 0, 9]), torch.tensor([2, IGNORE, 6])
    sums = answer_sums(scores, batch=batch, start=start, end=end)
    mean = answer_loss(scores, batch=batch, start=start, end=end)
    assert torch.allclose((sums.start / 2 + sums.end / 2) / 2, mean)


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (torch.tensor([1, 0]), r"start have shape \(2,\), expected \(3,\)"),
        (torch.tensor([[1, 0, 1]]), r"start have shape \(1, 3\)"),
        (torch.tensor([1.0, 0.0, 2.0]), "start have type torch.float32"),
    ],
)
def test_each_sequence_has_a_place_of_its_answer(batch, start, message):
    with pytest.raises(DataError, match=message):
        answer_loss(AnswerScores(draw(16), draw(16)), batch=batch, start=start, end=start)


def test_no_answer_gives_zero_with_a_gradient(batch):
    scores = AnswerScores(draw(16), draw(16))
    nowhere = torch.full((3,), IGNORE)
    loss = answer_loss(scores, batch=batch, start=nowhere, end=nowhere)
    loss.backward()
    assert loss == 0
    assert (scores.start.grad == 0).all()


def test_masked_rows_alone_give_the_loss_of_all_rows(encoder, batch):
    head = build_head(HeadConfig(kind="masked"), encoder=encoder).eval()
    output = encoder(batch)
    words = torch.where(torch.arange(16) % 3 == 0, batch.word_ids, IGNORE)
    entities = torch.tensor([IGNORE, 3, IGNORE, 0, IGNORE])
    found = masked_loss(head, output=output, word_labels=words, entity_labels=entities)
    scores = head(output, batch)
    expected = functional.cross_entropy(scores.words, words)
    assert torch.allclose(found.words, expected, atol=1e-6)
    assert torch.allclose(
        found.entities, functional.cross_entropy(scores.entities, entities), atol=1e-6
    )
    assert torch.allclose(found.total, found.words + found.entities)
    sums = masked_sums(head, output=output, word_labels=words, entity_labels=entities)
    assert torch.allclose(sums.words / (words != IGNORE).sum(), found.words)
    assert torch.allclose(sums.entities / 2, found.entities)


@pytest.mark.parametrize(
    ("words", "entities", "message"),
    [
        (15, {}, r"word_labels have shape \(15,\), expected \(16,\)"),
        (17, {}, r"word_labels have shape \(17,\)"),
        (16, {"size": (4,)}, r"entity_labels have shape \(4,\), expected \(5,\)"),
        (16, {"fill_value": 12}, "entity_labels hold 12, expected classes from 0 to 11"),
    ],
)
def test_every_row_has_a_label_of_the_vocabulary(encoder, batch, words, entities, message):
    head = build_head(HeadConfig(kind="masked"), encoder=encoder)
    of_words = torch.full((words,), 3)
    of_entities = torch.full(**{"size": (5,), "fill_value": 1} | entities)
    with pytest.raises(DataError, match=message):
        masked_loss(head, output=encoder(batch), word_labels=of_words, entity_labels=of_entities)


def test_a_batch_without_masks_gives_zero_and_every_gradient(encoder):
    head = build_head(HeadConfig(kind="masked"), encoder=encoder)
    batch = Batch.collate([features([0, 4, 2])], max_mention_length=3)
    nothing = torch.full((3,), IGNORE)
    loss = masked_loss(head, output=encoder(batch), word_labels=nothing, entity_labels=nothing[:0])
    loss.total.backward()
    assert loss.total == 0
    assert all(p.grad is not None and (p.grad == 0).all() for p in head.parameters())
