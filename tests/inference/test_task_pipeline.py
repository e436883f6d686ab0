"""Predictions: the same one by one, in lists, streams, phases and processes; in the given order."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from examples.tiny_model import TEXTS, tiny_model
from openluke.checkpoints.bundle import Bundle
from openluke.checkpoints.saving import save_bundle
from openluke.errors import ConfigError, DataError, OpenLukeError
from openluke.inference import scheduling
from openluke.inference.load import load
from openluke.inference.pipeline import Pipeline
from openluke.inference.task_pipeline import InputError
from openluke.records import ClassifiedText
from tests import toy_task
from tests.toy_task import ToyConfig, ToyTask

WORDS = ("the", "Nile", "flows", "through", "Egypt", "Tokyo", "is", "capital", "of", "Japan")
SMALL_CHUNKS = {"max_texts": 7, "max_characters": 1000}
TEXT = "Tokyo is large"


@pytest.fixture
def toy_bundle(monkeypatch: pytest.MonkeyPatch) -> Bundle:
    toy_task.install(monkeypatch)
    bundle = tiny_model(TEXTS)
    task = ToyTask(ToyConfig(), setup=bundle.task_setup(("city", "river")))
    generator = torch.Generator().manual_seed(1)
    return bundle.with_task("places", task=task, generator=generator)


@pytest.fixture
def toy(toy_bundle: Bundle) -> Pipeline:
    return Pipeline(toy_bundle, device=torch.device("cpu"))


def texts(number: int) -> list[str]:
    rng = np.random.default_rng(0)
    return [" ".join(rng.choice(WORDS, size=rng.integers(0, 30))) for _ in range(number)]


def close(found, expected) -> None:
    assert [one.text for one in found] == [one.text for one in expected]
    assert [one.label for one in found] == [one.label for one in expected]
    scores = [[one.score or 0 for one in some] for some in (found, expected)]
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-5)


def test_a_text_a_mapping_and_a_record_mean_the_same(toy: Pipeline) -> None:
    found = toy.predict(TEXT)
    assert isinstance(found, ClassifiedText)
    assert found.label in ("city", "river")
    assert sum(found.scores.values()) == pytest.approx(1)
    assert toy.predict({"text": TEXT}) == found
    assert toy.predict(ClassifiedText(text=TEXT)) == found
    assert toy.predict([TEXT]) == [found]


def test_lists_keep_their_order_whatever_the_batches(toy: Pipeline) -> None:
    inputs = texts(60)
    alone = [toy.predict(text) for text in inputs]
    close(toy.predict(inputs), alone)
    close(toy.predict(inputs, batch_rows=40), alone)
    close(toy.predict(tuple(inputs), batch_rows=1), alone)


def test_a_stream_is_read_as_predictions_are_asked_for(toy: Pipeline) -> None:
    read: list[int] = []

    def endless() -> Iterator[str]:
        for number in itertools.count():
            read.append(number)
            yield f"text {number}"

    found = toy.predict(endless())
    assert read == []
    first = list(itertools.islice(found, 3))
    assert [one.text for one in first] == ["text 0", "text 1", "text 2"]
    assert len(read) < 1000


def test_the_phases_give_what_predict_gives(toy: Pipeline) -> None:
    task = toy.task()
    example = ClassifiedText(text=" ".join(texts(40)))
    (instances,) = task.encode([example])
    assert len(instances) > 1
    outputs = task.forward(task.collate(instances))
    assert task.decode(example, instances=instances, outputs=outputs) == toy.predict(example)


def test_a_text_that_gives_no_instance_gets_a_prediction(toy: Pipeline) -> None:
    assert toy.predict(["", TEXT, ""])[::2] == [ClassifiedText(text="")] * 2


def test_long_texts_are_read_in_windows(toy: Pipeline) -> None:
    long = "Tokyo is the capital of Japan. " * 100
    assert len(toy.task().encode([ClassifiedText(text=long)])[0]) > 1
    close(toy.predict([long, TEXT]), [toy.predict(long), toy.predict(TEXT)])


def test_rounds_go_on_until_the_task_has_enough(toy_bundle: Bundle) -> None:
    bundle = toy_bundle.with_options("places", options={"rounds": 3})
    found = Pipeline(bundle, device=torch.device("cpu")).predict([TEXT, "again and again"])
    assert [one.text for one in found] == [f"{TEXT} again again", "again and again"]


def test_an_endless_task_is_stopped(toy: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openluke.inference.task_pipeline._MOST_ROUNDS", 5)
    monkeypatch.setattr(ToyTask, "next_round", lambda _, example, **__: example)
    with pytest.raises(ConfigError, match="more than 5 rounds"):
        toy.predict(TEXT)


def test_what_is_no_example_is_told(toy: Pipeline) -> None:
    with pytest.raises(DataError, match="found int, expected a text, a ClassifiedText, or a map"):
        toy.predict([5])
    with pytest.raises(DataError, match="unknown key 'txt'; did you mean 'text'"):
        toy.predict({"txt": "a"})
    with pytest.raises(DataError, match="unknown key 'relations'"):
        toy.predict(TEXT, relations=[])
    with pytest.raises(ConfigError, match="found pair beside several inputs"):
        toy.predict([TEXT], pair="x")
    with pytest.raises(ConfigError, match="found pair beside a dict"):
        toy.predict({"text": TEXT}, pair="x")


def test_one_of_several_tasks_is_chosen_by_name(toy_bundle: Bundle) -> None:
    task = ToyTask(ToyConfig(), setup=toy_bundle.task_setup(("a", "b", "c")))
    both = Pipeline(toy_bundle.with_task("more", task=task), device=torch.device("cpu"))
    assert both.predict(TEXT, head="more").label in "abc"
    with pytest.raises(ConfigError, match="several heads: places, more"):
        both.predict(TEXT)


def test_a_model_without_a_task_says_so() -> None:
    with pytest.raises(ConfigError, match="has no head"):
        Pipeline(tiny_model(TEXTS), device=torch.device("cpu")).predict(TEXT)


@pytest.fixture
def loaded(toy_bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """A model that other processes can load, and streams that are cut into small chunks."""
    save_bundle(toy_bundle, directory=tmp_path / "model")
    monkeypatch.undo()
    toy_task.install_for_processes(monkeypatch, directory=tmp_path / "installed")
    monkeypatch.setattr(scheduling.chunks_of_texts, "__kwdefaults__", SMALL_CHUNKS)
    return load(tmp_path / "model", device="cpu")


def test_processes_give_what_one_gives_until_an_error_that_names_its_input(
    loaded: Pipeline,
) -> None:
    inputs = texts(40)
    expected = loaded.predict(inputs)
    stream = loaded.predict(iter([*inputs, *inputs[:4], "a \ud800 b"]), workers=2)
    close(list(itertools.islice(stream, 40)), expected)
    with pytest.raises(InputError, match=r"input 44: .*U\+D800") as raised:
        list(stream)
    assert raised.value.number == 44


@pytest.mark.slow
def test_a_process_that_dies_is_told(loaded: Pipeline) -> None:
    with pytest.raises(OpenLukeError, match="has ended by itself"):
        loaded.predict([TEXT, toy_task.DEADLY], workers=2)


def test_numbers_that_cannot_be_are_refused(toy: Pipeline) -> None:
    with pytest.raises(ConfigError, match="batch_rows is 0"):
        toy.predict(TEXT, batch_rows=0)
    with pytest.raises(ConfigError, match="made in memory"):
        toy.predict([TEXT], workers=2)


def test_a_loaded_model_knows_where_it_came_from(toy_bundle: Bundle, tmp_path: Path) -> None:
    save_bundle(toy_bundle, directory=tmp_path / "model")
    loaded = load(tmp_path / "model", device="cpu")
    assert loaded.source.directory == tmp_path / "model"
    assert (
        loaded.predict(TEXT).label
        == Pipeline(toy_bundle, device=torch.device("cpu")).predict(TEXT).label
    )
    with pytest.raises(ConfigError, match="workers is 0"):
        loaded.predict([TEXT], workers=0)
