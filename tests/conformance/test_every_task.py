"""What must hold for every task that is installed, whatever it does."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args, get_type_hints

import numpy as np
import pytest
import torch

from openluke.checkpoints.bundle import Bundle
from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.saving import save_bundle
from openluke.config import from_mapping, to_mapping
from openluke.formats.detect import detect
from openluke.formats.json_records import write_records
from openluke.records import Mention, from_json, to_json
from openluke.task import MAIN, load_task, task_names
from tests.conformance.case import Subject, case_names, find_subject
from tests.tasks import tiny

SUBJECTS = [(task, case) for task in task_names() for case in case_names(task)]
BOTH_ATTENTIONS = pytest.mark.parametrize(
    "entity_aware", [True, False], ids=["entity-aware", "plain"]
)


@pytest.fixture(params=SUBJECTS, ids=lambda pair: " ".join(pair).strip())
def subject(request: pytest.FixtureRequest) -> Subject:
    name, case = request.param
    return find_subject(name, case=case)


@pytest.fixture(params=task_names())
def kind(request: pytest.FixtureRequest) -> Any:
    return load_task(request.param)


def assert_alike(found: Any, expected: Any, *, tolerance: float = 1e-4) -> None:
    """Equal, but for the rounding of numbers."""
    if isinstance(expected, float):
        assert found == pytest.approx(expected, abs=tolerance)
    elif dataclasses.is_dataclass(expected):
        assert type(found) is type(expected)
        for field in dataclasses.fields(expected):
            assert_alike(getattr(found, field.name), getattr(expected, field.name))
    elif isinstance(expected, dict):
        assert_alike(list(found.items()), list(expected.items()))
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_alike(one, other)
    else:
        assert found == expected


def through_json(record: Any) -> Any:
    return from_json(type(record), values=json.loads(json.dumps(to_json(record))))


def predict(subject: Subject, examples: Sequence[Any], **options: Any) -> list[Any]:
    task = subject.task(**options)
    return tiny.predict(task, tiny.make_model(task), examples)


def test_it_says_what_it_is(kind):
    assert kind.__module__.rpartition(".")[2] == kind.name
    assert kind.summary
    assert kind.forms
    assert len({form.name for form in kind.forms}) == len(kind.forms)
    assert all(dataclasses.is_dataclass(t) for t in (kind.example_type, kind.prediction_type))
    config = kind.config_type()
    assert from_mapping(kind.config_type, values=to_mapping(config), where="saved") == config


def test_each_of_its_modes_has_examples(kind):
    modes = get_args(get_type_hints(kind.config_type).get("mode"))
    cases = [find_subject(kind.name, case=name).case for name in case_names(kind.name)]
    assert {kind.config_type(**case.options).mode for case in cases if modes} == set(modes)


def test_its_heads_are_its_own(subject):
    task = subject.task()
    heads = task.head_configs()
    assert MAIN in heads
    assert heads == subject.task().head_configs()
    assert isinstance(task.needs_titles, bool)


def test_its_labels_do_not_hang_on_the_order_of_the_data(subject):
    config = subject.kind.config_type(**subject.case.options)
    labels = subject.kind.labels_of(subject.case.examples, config=config)
    again = subject.kind.labels_of(iter(subject.case.examples[::-1]), config=config)
    assert isinstance(labels, tuple)
    assert labels == again
    assert len(set(labels)) == len(labels)


def test_it_learns_eight_examples_by_heart(subject):
    case, task = subject.case, subject.task()
    assert len(case.examples) == 8
    model = tiny.make_model(task)

    def score() -> float:
        predicted = tiny.predict(task, model, case.examples)
        return task.score(case.examples, predicted=predicted)[task.primary_metric]

    losses = tiny.fit(
        task,
        model,
        case.examples,
        steps=case.steps,
        rate=case.rate,
        until=lambda: score() > 0.9999,
    )
    assert score() > 0.9999
    assert losses[-1] < losses[0]


def test_what_is_encoded_is_decoded(subject):
    case, task = subject.case, subject.task()
    predicted = [
        task.decode(example, instances=instances, outputs=[case.ideal(one) for one in instances])
        for example, instances in zip(case.examples, task.encode(case.examples), strict=True)
    ]
    scores = task.score(case.examples, predicted=predicted)
    assert next(iter(scores.values)) == task.primary_metric
    assert scores[task.primary_metric] == pytest.approx(1.0)
    for gold, one in zip(case.examples, predicted, strict=True):
        assert all(0 <= share <= 1 for share, _ in task.judge(gold, predicted=one))
        assert all(is_right for _, is_right in task.judge(gold, predicted=one))


@BOTH_ATTENTIONS
def test_order_and_company_do_not_change_predictions(subject, *, entity_aware: bool):
    task = subject.task()
    model = tiny.make_model(task, entity_aware=entity_aware)
    examples = [*subject.case.examples, *subject.case.unicode]
    alone = [tiny.predict(task, model, [example], batch_size=1)[0] for example in examples]
    assert_alike(tiny.predict(task, model, examples, batch_size=5), alone)
    assert_alike(tiny.predict(task, model, examples[::-1], batch_size=64)[::-1], alone)


def test_losses_are_sums_whichever_way_they_are_cut(subject):
    task = subject.task()
    model = tiny.make_model(task)
    instances = [one for found in task.encode(subject.case.examples) for one in found]
    assert all(instance.targets for instance in instances)

    def losses(cut: int) -> dict[str, float]:
        sums: dict[str, float] = {}
        counts: dict[str, int] = {}
        rng = np.random.default_rng(0)  # what is drawn is drawn instance by instance
        for part in (instances[:cut], instances[cut:]):
            inputs = task.collate(part, rng=rng)
            for name, total in task.losses(inputs, model=model).items():
                sums[name] = sums.get(name, 0.0) + total.item()
                counts[name] = counts.get(name, 0) + inputs.n_targets[name]
        assert all(counts.values())
        return {name: sums[name] / counts[name] for name in sums}

    assert_alike(losses(1), losses(len(instances) // 2))


@BOTH_ATTENTIONS
def test_every_parameter_of_its_heads_learns(subject, *, entity_aware: bool):
    task = subject.task()
    model = tiny.make_model(task, entity_aware=entity_aware).train()
    instances = [one for found in task.encode(subject.case.examples) for one in found]
    inputs = task.collate(instances, rng=np.random.default_rng(0))
    sum(task.losses(inputs, model=model).values()).backward()
    assert model.encoder.words.tokens.weight.grad is not None
    assert any(parameter.grad is not None for parameter in model.heads.parameters())
    assert all(
        parameter.grad.isfinite().all()
        for parameter in model.parameters()
        if parameter.grad is not None
    )


def test_a_saved_model_predicts_the_same(subject, tmp_path: Path):
    task = subject.task()
    model = tiny.make_model(task)
    before = tiny.predict(task, model, subject.case.examples)
    bundle = Bundle(
        encoder=model.encoder,
        tokenizer=task.setup.tokenizer,
        entities=task.setup.entities,
        inputs=task.setup.inputs,
    )
    heads = {role: model.head(role) for role in task.head_configs()}
    save_bundle(bundle.with_task("mine", task=task, modules=heads), directory=tmp_path / "model")
    loaded = load_bundle(tmp_path / "model")
    again = loaded.task("mine")
    assert again.config == task.config
    assert_alike(tiny.predict(again, loaded.model_of("mine"), subject.case.examples), before)


def test_room_that_is_not_needed_makes_no_difference(subject):
    examples = subject.case.examples
    wide, narrow = predict(subject, examples), predict(subject, examples, max_words=80)
    assert_alike(narrow, wide)


def test_of_a_long_text_the_same_is_read(subject):
    long = subject.case.long
    if long is None:
        pytest.skip("no text is longer than an input here")
    short, more = predict(subject, [long.short, long.long])
    assert_alike(long.alike(more), long.alike(short))


def test_nothing_gives_nothing(subject):
    task = subject.task()
    assert task.encode([]) == []
    assert predict(subject, []) == []
    assert task.score([], predicted=[]).values


def test_what_is_empty_is_predicted_too(subject):
    empty = subject.case.empty
    predicted = predict(subject, [*empty, *subject.case.examples, *empty])
    assert len(predicted) == len(subject.case.examples) + 2 * len(empty)
    assert_alike(predicted[: len(empty)], predicted[len(predicted) - len(empty) :])
    assert all(type(one) is subject.kind.prediction_type for one in predicted)


def test_one_label_is_enough(subject):
    labels = subject.task().setup.labels
    if not labels:
        pytest.skip("its labels are not those of the data")
    task = subject.task(labels=labels[: subject.case.fewest_labels])
    model = tiny.make_model(task)
    assert len(tiny.predict(task, model, subject.case.examples)) == len(subject.case.examples)
    losses = tiny.fit(task, model, subject.case.examples, steps=2)
    assert np.isfinite(losses).all()


def test_any_text_can_be_read(subject):
    assert subject.case.unicode
    for example, one in zip(
        subject.case.unicode, predict(subject, subject.case.unicode), strict=True
    ):
        for mention in _mentions(one):
            assert mention.text == example.text[mention.start : mention.end]


def test_records_come_back_from_json(subject):
    examples = [*subject.case.examples, *subject.case.unicode, *subject.case.empty]
    assert [through_json(example) for example in examples] == examples
    predicted = predict(subject, examples)
    assert [through_json(one) for one in predicted] == predicted


def test_a_file_of_its_examples_is_read_back(subject, tmp_path: Path):
    """``jsonl`` is the form of our own records, which every task reads."""
    examples = [*subject.case.examples, *subject.case.unicode, *subject.case.empty]
    path = tmp_path / "examples"
    write_records(path, records=examples)
    form = detect(path, forms=subject.kind.forms)
    assert form.name == "jsonl"
    assert list(form.read(path)) == examples


def test_what_is_right_has_no_part_in_what_is_predicted(subject):
    task = subject.task()
    model = tiny.make_model(task)
    encoded = task.encode(subject.case.examples)
    every = [instance for instances in encoded for instance in instances]
    bare = [
        dataclasses.replace(
            instance,
            targets={name: np.zeros_like(values) for name, values in instance.targets.items()},
        )
        for instance in every
    ]
    found = tiny.outputs_of(task, model, bare)
    expected = tiny.outputs_of(task, model, every)
    for one, other in zip(found, expected, strict=True):
        assert set(one) == set(other)
        assert all(np.allclose(one[name], other[name], atol=1e-5) for name in one)


def _mentions(record: Any) -> list[Mention]:
    return [one for one in getattr(record, "mentions", ()) if isinstance(one, Mention)]


def test_a_task_without_examples_is_told_what_to_do():
    with pytest.raises(
        AssertionError, match=r"'nothing' has no examples .* add tests\.conformance"
    ):
        find_subject("nothing", case="")


def test_tensors_go_where_they_are_sent(subject):
    task = subject.task()
    instances = [one for found in task.encode(subject.case.examples) for one in found]
    inputs = task.collate(instances, rng=np.random.default_rng(0))
    moved = inputs.to(torch.device("cpu"))
    assert moved.n_targets == inputs.n_targets
    assert all(torch.equal(moved.targets[name], inputs.targets[name]) for name in inputs.targets)
