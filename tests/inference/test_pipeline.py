"""Texts in, vectors out: offsets are right, windows are gathered, batching changes nothing."""

import weakref
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from openluke.checkpoints.bundle import Bundle
from openluke.checkpoints.saving import save_bundle
from openluke.entities.name_index import VocabRow
from openluke.entities.titles import Name
from openluke.entities.vocab import EntityVocab
from openluke.errors import ConfigError, DataError
from openluke.inference.devices import choose_device, choose_dtype
from openluke.inference.load import load
from openluke.inference.pipeline import Pipeline
from openluke.model.batch import Batch
from openluke.model.config import HeadConfig
from openluke.model.encoder import Encoder
from openluke.task import load_task
from openluke.tokenization.entity_inputs import EntityInputsConfig
from openluke.tokenization.passages import Passage

TEXT = "Beyoncé lives in Los Angeles. 東京 🙂"


def test_vectors_come_with_the_characters_they_stand_for(pipeline: Pipeline) -> None:
    (encoded,) = pipeline.encode(TEXT, spans=[[(0, 7), (17, 28)]])
    assert encoded.text == TEXT
    mention = encoded.mentions[1]
    assert TEXT[mention.start : mention.end] == "Los Angeles"
    assert mention.vector.shape == (32,)
    covered = {i for piece in encoded.pieces for i in range(piece.start, piece.end)}
    assert covered >= {i for i, letter in enumerate(TEXT) if not letter.isspace()}
    np.testing.assert_allclose(encoded.text_vector, encoded.pieces.vectors.mean(axis=0), atol=1e-6)


def test_vectors_are_the_states_of_the_encoder(pipeline: Pipeline) -> None:
    (encoded,) = pipeline.encode(TEXT, spans=[[(0, 7)]])
    (windows,) = pipeline.prepare([_passage(TEXT, [(0, 7)])])
    batch = Batch.collate(list(windows), max_mention_length=30)
    with torch.no_grad():
        output = pipeline.bundle.encoder(batch)
    np.testing.assert_allclose(encoded.pieces.vectors, output.words[1:-1], atol=1e-6)
    np.testing.assert_allclose(encoded.mentions.vectors, output.entities, atol=1e-6)


def test_batching_and_order_change_nothing(pipeline: Pipeline) -> None:
    texts = ["a b c", TEXT, "", "Tokyo is the capital of Japan. " * 3, "x"]
    spans = [[(0, 1)], [(17, 28), (0, 7)], [], [(0, 5), (24, 29)], []]
    together = pipeline.encode(texts, spans=spans)
    small = Pipeline(pipeline.bundle, device=torch.device("cpu"), max_rows=20)
    for text, span, found, other in zip(
        texts, spans, together, small.encode(texts, spans=spans), strict=True
    ):
        (alone,) = pipeline.encode(text, spans=[span])
        for same in (found, other):
            np.testing.assert_allclose(same.pieces.vectors, alone.pieces.vectors, atol=1e-5)
            np.testing.assert_allclose(same.mentions.vectors, alone.mentions.vectors, atol=1e-5)
            assert same.pieces.spans.tolist() == alone.pieces.spans.tolist()


def test_a_text_of_any_length_has_a_vector_for_every_piece(pipeline: Pipeline) -> None:
    text = "Beyoncé lives in Los Angeles. " * 200
    spans = [(30 * i, 30 * i + 7) for i in range(200)]
    (encoded,) = pipeline.encode(text, spans=[spans])
    assert len(pipeline.prepare([_passage(text, spans)])[0]) > 1
    assert np.abs(encoded.pieces.vectors).sum(axis=1).min() > 0
    assert np.abs(encoded.mentions.vectors).sum(axis=1).min() > 0
    starts = encoded.pieces.spans[:, 0]
    assert (np.diff(starts) >= 0).all()
    covered = np.zeros(len(text), bool)
    for start, end in encoded.pieces.spans:
        covered[start:end] = True
    assert all(covered[i] for i, letter in enumerate(text) if letter != " ")


@settings(deadline=None, max_examples=25)
@given(st.text(max_size=60).filter(lambda text: not any(0xD800 <= ord(c) < 0xE000 for c in text)))
def test_any_text_can_be_encoded(pipeline: Pipeline, text: str) -> None:
    spans = [(0, len(text))] if text else []
    (encoded,) = pipeline.encode(text, spans=[spans])
    assert np.isfinite(encoded.pieces.vectors).all()
    assert np.isfinite(encoded.mentions.vectors).all()
    assert len(encoded.mentions) == len(spans)


def test_titles_change_the_vectors(pipeline: Pipeline) -> None:
    title = pipeline.bundle.entities.title(3)
    (masked,) = pipeline.encode(TEXT, spans=[[(0, 7)]])
    (named,) = pipeline.encode(TEXT, spans=[[(0, 7)]], entities=[[title]])
    assert np.abs(masked.mentions.vectors - named.mentions.vectors).max() > 1e-4


def test_lists_must_fit_the_texts(pipeline: Pipeline) -> None:
    with pytest.raises(DataError, match="found 2 texts but 1 lists of spans"):
        pipeline.encode(["a", "b"], spans=[[]])


@pytest.mark.parametrize("span", [(3, 3), (5, 2), (-1, 2), (0, 99)])
def test_a_wrong_span_is_named(pipeline: Pipeline, span) -> None:
    with pytest.raises(DataError, match=rf"{span[0]}.*{span[1]}"):
        pipeline.encode("a short text", spans=[[span]])


def test_lone_surrogates_are_refused(pipeline: Pipeline) -> None:
    with pytest.raises(DataError, match="surrogate"):
        pipeline.encode("a \ud800 b")


def test_devices_and_types_are_chosen_or_refused() -> None:
    cpu = choose_device("cpu")
    assert choose_dtype("auto", device=cpu) is torch.float32
    assert choose_dtype("bfloat16", device=cpu) is torch.bfloat16
    with pytest.raises(ConfigError, match="expected auto, cpu"):
        choose_device("tpu")
    with pytest.raises(ConfigError, match="expected auto, float32"):
        choose_dtype("int8", device=cpu)


def test_bfloat16_stays_close(bundle, pipeline: Pipeline, tmp_path) -> None:
    save_bundle(bundle, directory=tmp_path / "model")
    low = load(tmp_path / "model", device="cpu", dtype="bfloat16")
    (found,), (expected,) = low.encode(TEXT), pipeline.encode(TEXT)
    assert found.pieces.vectors.dtype == np.float32
    assert np.abs(found.pieces.vectors - expected.pieces.vectors).max() < 0.1


@pytest.mark.parametrize("name", ["cpu:abc", "cpu:3", "mps:0", "cuda:", "cuda:x", "cuda:-1", ":1"])
def test_a_place_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="expected auto, cpu, cuda, cuda:N or mps"):
        choose_device(name)


def test_a_device_beyond_the_last_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(ConfigError, match="the last CUDA device is cuda:1"):
        choose_device("cuda:99")


@pytest.mark.parametrize(
    "arguments",
    [
        {"texts": None},
        {"texts": [None]},
        {"texts": [5]},
        {"texts": b"abc"},
        {"texts": "ab", "spans": [None]},
        {"texts": ["a", "b"], "spans": [None, None]},
        {"texts": "ab", "spans": 5},
        {"texts": "ab", "spans": "a"},
        {"texts": "ab", "spans": [[(0, 1)]], "entities": [[5]]},
        {"texts": "ab", "spans": [[(0, 1)]], "languages": 5},
    ],
)
def test_what_is_no_text_or_mention_is_told(arguments, pipeline: Pipeline) -> None:
    with pytest.raises(DataError, match="expected"):
        pipeline.encode(**arguments)


def test_titles_that_are_not_known_are_reported(pipeline: Pipeline) -> None:
    title = pipeline.bundle.entities.title(3)
    found, other = pipeline.encode(
        [TEXT, TEXT], spans=[[(0, 7), (17, 28)], []], entities=[[title, "No such title"], []]
    )
    assert found.report.unknown_titles == (1,)
    assert other.report.is_complete


def test_mentions_of_words_are_told_in_characters(pipeline: Pipeline) -> None:
    words = ["Beyoncé", "lives", "in", "Los", "Angeles"]
    (encoded,) = pipeline.encode_stream([Passage(text=words, spans=[(3, 5), (0, 1)])])
    assert encoded.text == " ".join(words)
    found = [encoded.text[start:end] for start, end, _ in encoded.mentions]
    assert found == ["Los Angeles", "Beyoncé"]


def test_a_model_that_cuts_texts_encodes_them_whole(bundle: Bundle) -> None:
    inputs = EntityInputsConfig(layout="entity", on_overflow="truncate", max_words=64, stride=8)
    cutting = Pipeline(replace(bundle, inputs=inputs), device=torch.device("cpu"))
    text = "Beyoncé lives in Los Angeles. " * 20
    (encoded,) = cutting.encode(text)
    assert encoded.pieces.spans[-1, 1] >= len(text.rstrip())


def test_a_head_made_for_mentions_gives_their_vectors(bundle: Bundle) -> None:
    with_head = bundle.with_head("mentions", config=HeadConfig(kind="mention_vector"))
    head = with_head.head("mentions").module
    pipeline = Pipeline(with_head, device=torch.device("cpu"))
    spans = [[(17, 28), (0, 7)], []]
    found = pipeline.encode([TEXT, TEXT], spans=spans)
    plain = Pipeline(bundle, device=torch.device("cpu")).encode([TEXT, TEXT], spans=spans)
    (windows,) = pipeline.prepare([_passage(TEXT, spans[0])])
    batch = Batch.collate(list(windows), max_mention_length=30)
    with torch.no_grad():
        expected = head(bundle.encoder(batch), batch)
    np.testing.assert_allclose(found[0].mentions.vectors, expected, atol=1e-6)
    np.testing.assert_allclose(found[0].pieces.vectors, plain[0].pieces.vectors, atol=1e-6)
    assert found[1].mentions.vectors.shape == (0, 32)


def test_states_live_no_longer_than_they_are_needed(bundle: Bundle) -> None:
    small = Pipeline(bundle, device=torch.device("cpu"), max_rows=64)
    windows = small.prepare([_passage("Beyoncé lives in Los Angeles.", [(0, 7)])] * 40)
    alive: list[weakref.ref] = []
    most = 0
    for _, states in small.forward([window for one in windows for window in one]):
        if not any(ref() is states.words.base for ref in alive):
            alive.append(weakref.ref(states.words.base))
        most = max(most, sum(ref() is not None for ref in alive))
    assert len(alive) > 10
    assert most <= 2


@pytest.mark.gpu
def test_gpu_and_cpu_agree(bundle, pipeline: Pipeline, tmp_path) -> None:
    save_bundle(bundle, directory=tmp_path / "model")
    gpu = load(tmp_path / "model", device="cuda", dtype="float32")
    texts, spans = [TEXT, "a b c"], [[(0, 7), (17, 28)], []]
    for found, expected in zip(
        gpu.encode(texts, spans=spans), pipeline.encode(texts, spans=spans), strict=True
    ):
        np.testing.assert_allclose(found.pieces.vectors, expected.pieces.vectors, atol=1e-4)
        np.testing.assert_allclose(found.mentions.vectors, expected.mentions.vectors, atol=1e-4)


def _passage(text, spans):
    return Passage(text=text, spans=spans)


@pytest.mark.parametrize("bad", [0, 200, 256, 290, 299])
def test_an_error_names_the_text_by_its_place_in_the_list(pipeline: Pipeline, bad: int) -> None:
    texts = ["a short text"] * 300
    spans = [[(0, 1)] for _ in texts]
    spans[bad] = [(0, 99)]
    with pytest.raises(DataError, match=rf"^text {bad}: span 0 \(0, 99\) lies outside"):
        pipeline.encode(texts, spans=spans)


@pytest.mark.parametrize("bad", ["a \ud800 b", None, 3, ["a", ""]])
@pytest.mark.parametrize("number", [0, 256])
def test_what_is_no_text_is_named_by_its_place_in_the_list(
    bad, number: int, pipeline: Pipeline
) -> None:
    texts: list = ["a"] * 257
    texts[number] = bad
    with pytest.raises(DataError, match=f"^text {number}: "):
        pipeline.encode(texts)


def test_of_one_text_alone_no_number_is_said(pipeline: Pipeline) -> None:
    with pytest.raises(DataError, match=r"^span 0"):
        pipeline.encode("a short text", spans=[[(0, 99)]])


def test_a_stream_may_be_wrong_after_what_it_has_given(pipeline: Pipeline) -> None:
    passages = (_passage("a short text", [(0, 1 if i < 600 else 99)]) for i in range(601))
    stream = pipeline.encode_stream(passages)
    for _ in range(512):
        next(stream)
    with pytest.raises(DataError, match=r"^text 600: "):
        list(stream)


def test_languages_are_of_all_titles_of_each_text_or_of_each_title(bundle: Bundle) -> None:
    rows = [VocabRow([Name("Tokyo", "en"), Name("東京", "ja")]), VocabRow([Name("Tokyo", "de")])]
    vocab = EntityVocab.build(rows).with_mask2()
    pipeline = Pipeline(replace(bundle, entities=vocab), device=torch.device("cpu"))
    texts, spans, titles = ["Tokyo", "Tokyo"], [[(0, 5)]] * 2, [["Tokyo"]] * 2
    per_text = pipeline.encode(texts, spans=spans, entities=titles, languages=["en", "de"])
    one_each = pipeline.encode(texts, spans=spans, entities=titles, languages=[["en"], ["de"]])
    for_all = pipeline.encode(texts, spans=spans, entities=titles, languages="en")
    english, german = (encoded.mentions.vectors for encoded in per_text)
    assert np.abs(english - german).max() > 1e-4
    for found, expected in zip(one_each, (english, german), strict=True):
        np.testing.assert_allclose(found.mentions.vectors, expected, atol=1e-6)
    for found in for_all:
        np.testing.assert_allclose(found.mentions.vectors, english, atol=1e-6)


def test_types_choose_rows_of_the_type_table(bundle: Bundle) -> None:
    encoder = Encoder(replace(bundle.encoder.config, n_entity_types=3))
    pipeline = Pipeline(replace(bundle, encoder=encoder), device=torch.device("cpu"))
    texts, spans = [TEXT, "Tokyo"], [[(0, 7), (17, 28)], [(0, 5)]]
    plain, other = pipeline.encode(texts, spans=spans)
    first, second = pipeline.encode(texts, spans=spans, types=[[0, 2], None])
    np.testing.assert_allclose(second.mentions.vectors, other.mentions.vectors, atol=1e-6)
    assert np.abs(first.mentions.vectors - plain.mentions.vectors).max() > 1e-5
    with pytest.raises(DataError, match=r"^text 1: types: found 3, .* 3 rows; expected 0 to 2"):
        pipeline.encode(texts, spans=spans, types=[[0, 2], [3]])


def test_words_that_are_split_already_keep_their_borders(pipeline: Pipeline) -> None:
    words = ["Beyoncé", "lives", "in", "Los", "Angeles", "."]
    (encoded,) = pipeline.encode([words], spans=[[(3, 5)]])
    assert encoded.text == "Beyoncé lives in Los Angeles ."
    mention = encoded.mentions[0]
    assert encoded.text[mention.start : mention.end] == "Los Angeles"


def test_thresholds_that_a_temperature_leaves_behind_are_told(bundle: Bundle, caplog) -> None:
    kind = load_task("entity_typing")
    config = kind.config_type(thresholds={"city": 0.9})
    task = kind(config, setup=bundle.task_setup(("city",)))
    pipeline = Pipeline(bundle.with_task("types", task=task), device=torch.device("cpu"))
    pipeline.with_options(options={"temperature": 1.0})
    pipeline.with_options(options={"thresholds": {"city": 0.8}})
    pipeline.with_options(options={"temperature": 2.0, "thresholds": {"city": 0.8}})
    assert not caplog.records
    pipeline.with_options(options={"temperature": 2.0})
    assert "the thresholds of the model stay" in caplog.text
