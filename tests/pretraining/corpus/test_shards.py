"""Windows are read by their numbers, as they were written, from files that are only mapped."""

import pickle
import random
from pathlib import Path

import numpy as np
import pytest

from openluke.errors import CheckpointError, DataError
from openluke.features import SPECIAL_TEXT
from openluke.pretraining.corpus import shard_writing
from openluke.pretraining.corpus.shards import INDEX, Shards
from tests.pretraining.small_shards import window, write_shards


def check(example, wanted) -> None:
    features = example.features
    n = len(wanted.words)
    assert features.word_ids.tolist() == wanted.words.tolist()
    assert features.word_texts.tolist() == [SPECIAL_TEXT, *[0] * (n - 2), SPECIAL_TEXT]
    assert features.word_offsets.tolist() == [[0, 0]] * n
    assert features.word_types.tolist() == [0] * n
    assert features.entity_ids.tolist() == wanted.entities.tolist()
    ranges = list(map(list, zip(wanted.starts.tolist(), wanted.ends.tolist(), strict=True)))
    assert features.entity_ranges.tolist() == ranges
    assert features.entity_ranges.shape == (len(wanted.entities), 2)
    assert features.entity_types.tolist() == [0] * len(ranges)
    assert features.entity_sources.tolist() == [*range(len(ranges))]
    assert example.page == wanted.page
    arrays = (features.word_ids, features.entity_ids, features.entity_ranges)
    assert {array.dtype for array in arrays} == {np.dtype(np.int32)}


@pytest.mark.parametrize("n_words", [65_536, 65_537])
def test_windows_come_back_in_any_order(tmp_path, n_words, monkeypatch) -> None:
    monkeypatch.setattr(shard_writing, "_MOST_ROWS", 4)
    shards = write_shards(tmp_path / "c", sizes=(5, 0, 9, 1), n_words=n_words)
    assert len(shards) == 15
    numbers = random.Random(1).choices(range(15), k=60)
    for number, example in zip(numbers, shards.read(numbers), strict=True):
        check(example, window(number))
    assert shards.titles(np.array([14, 0])) == ["Page 14", "Page 0"]
    assert shards.n_pieces == sum(len(window(number).words) - 2 for number in range(15))
    assert shards.n_mentions == sum(len(window(number).entities) for number in range(15))
    held_out = Shards.open(tmp_path / "c", split="validation")
    assert held_out.titles([0, 1]) == ["Page 15", "Page 16"]
    assert held_out.fingerprint != shards.fingerprint


def test_large_numbers_of_pieces_and_entities_keep_their_value(tmp_path) -> None:
    for n_words, largest in ((1 << 16, (1 << 16) - 1), (250_002, 250_001)):
        path = tmp_path / f"{n_words}.arrow"
        wanted = window(5)._replace(words=np.array([0, largest, 2]), entities=np.array([2**31 - 1]))
        wanted = wanted._replace(starts=np.array([65_000]), ends=np.array([65_535]))
        with shard_writing.ShardWriter(path, n_words=n_words) as writer:
            writer.add(wanted)
        (batch,) = shard_writing.read_batches(path)
        assert batch.column("words").to_pylist() == [[0, largest, 2]]
        assert batch.column("entities").to_pylist() == [[2**31 - 1]]
        assert batch.column("ends").to_pylist() == [[65_535]]


def test_reading_keeps_no_file_open(tmp_path) -> None:
    shards = write_shards(tmp_path / "c", sizes=(1,) * 40)
    open_files = Path("/proc/self/fd")
    if not open_files.exists():
        pytest.skip("the files that are open can be counted on Linux alone")
    before = len([*open_files.iterdir()])
    examples = shards.read(range(40))
    assert len([*open_files.iterdir()]) == before
    check(examples[39], window(39))


def test_another_process_opens_the_same_windows(tmp_path) -> None:
    write_shards(tmp_path / "c")
    held_out = Shards.open(tmp_path / "c", split="validation")
    again = pickle.loads(pickle.dumps(held_out))
    assert (len(again), again.fingerprint) == (2, held_out.fingerprint)
    assert again.titles([1]) == ["Page 10"]


@pytest.mark.parametrize("number", [-1, 9])
def test_numbers_that_no_window_has_are_refused(tmp_path, number) -> None:
    shards = write_shards(tmp_path / "c")
    with pytest.raises(DataError, match=r"expected one from 0 to 8"):
        shards.read([number])


def test_damaged_files_are_named(tmp_path) -> None:
    shards = write_shards(tmp_path / "c")
    file = tmp_path / "c" / "train" / "00000.arrow"
    whole = file.read_bytes()
    file.write_bytes(b"ARROW1" + bytes(len(whole) - 6))
    with pytest.raises(CheckpointError, match=r"00000\.arrow: cannot be read: .*build the corpus"):
        shards.read([0])
    index = tmp_path / "c" / INDEX
    index.write_text(index.read_text().replace("windows", "wind0ws"))
    with pytest.raises(CheckpointError, match=rf"{INDEX}: cannot be read"):
        Shards.open(tmp_path / "c")


def test_other_artefacts_are_no_corpus(tmp_path) -> None:
    with pytest.raises(CheckpointError, match=r"no manifest\.json"):
        Shards.open(tmp_path)
