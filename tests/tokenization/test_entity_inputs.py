"""Texts with mentions become inputs of the right layout."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openluke.errors import ConfigError, DataError
from openluke.features import SPECIAL_TEXT
from openluke.records import Span
from openluke.tokenization.alignment import words_of_pieces
from openluke.tokenization.entity_inputs import EntityInputs, EntityInputsConfig
from openluke.tokenization.passages import Passage
from openluke.tokenization.tokenizer import WordTokenizer
from tests.tokenization.mentions import mentioned
from tests.tokenization.strategies import texts_with_spans

TEXT = "Top seed Ana Ivanovic said on Thursday she could hardly believe her luck."
ANA, SHE = (9, 21), (39, 42)
FEW = settings(max_examples=60, deadline=None)


def test_an_input_has_special_tokens_around_its_pieces(make) -> None:
    inputs = make()
    features = inputs(TEXT, spans=[ANA])[0]
    tokenizer = inputs.tokenizer
    assert features.word_ids[[0, -1]].tolist() == [tokenizer.bos_id, tokenizer.eos_id]
    assert features.word_texts[[0, -1]].tolist() == [SPECIAL_TEXT, SPECIAL_TEXT]
    assert (features.word_texts[1:-1] == 0).all()
    assert features.word_offsets[0].tolist() == [0, 0]
    assert features.word_offsets[-1].tolist() == [len(TEXT)] * 2
    assert not features.word_types.any()


def test_everything_is_int32_and_as_long_as_it_says(make) -> None:
    features = make()(TEXT, spans=[ANA, SHE])[0]
    for name in features.__slots__:
        if name != "starts":
            assert getattr(features, name).dtype == np.int32, name
    assert features.word_offsets.shape == (len(features), 2)
    assert features.entity_ranges.shape == (2, 2)
    assert features.entity_sources.tolist() == [0, 1]
    assert features.starts == (0, 0)


def test_mentions_are_masked_or_named(make, vocab) -> None:
    inputs = make()
    masked = inputs(TEXT, spans=[ANA, SHE])[0]
    assert masked.entity_ids.tolist() == [vocab.special.mask] * 2
    windows = inputs(TEXT, spans=[ANA, SHE, SHE], entities=["Ana Ivanovic", None, "She"])
    expected = [vocab.id("Ana Ivanovic"), vocab.special.mask, vocab.special.unk]
    assert windows[0].entity_ids.tolist() == expected
    assert windows.report.unknown_titles == (2,)
    assert windows.report.is_complete


def test_types_are_kept(make) -> None:
    features = make()(TEXT, spans=[ANA, SHE], types=[2, 1])[0]
    assert features.entity_types.tolist() == [2, 1]


def test_languages_name_titles_apart(luke, tmp_path) -> None:
    from openluke.entities.vocab import EntityVocab  # noqa: PLC0415

    path = tmp_path / "entity_vocab.json"
    path.write_text(
        '{"[MASK]": 0, "[UNK]": 1, "[PAD]": 2, "[MASK2]": 3, "en:Japan": 4, "ja:日本": 5}',
        encoding="utf-8",
    )
    inputs = EntityInputs(luke, EntityVocab.read(path))
    one = inputs("Japan 日本", spans=[(0, 5), (6, 8)], entities=["Japan", "日本"], languages="en")
    assert one[0].entity_ids.tolist() == [4, 1]
    each = inputs(
        "Japan 日本", spans=[(0, 5), (6, 8)], entities=["Japan", "日本"], languages=["en", "ja"]
    )
    assert each[0].entity_ids.tolist() == [4, 5]
    prefixed = inputs("Japan", spans=[(0, 5)], entities=["en:Japan"])
    assert prefixed[0].entity_ids.tolist() == [4]


def test_a_pair_of_texts_has_its_separators_and_types(make) -> None:
    inputs = make()
    second = Passage(text="She won.", spans=[(0, 3)])
    features = inputs(TEXT, spans=[ANA], pair=second)[0]
    is_bert = inputs.tokenizer.family == "wordpiece"
    first_text = np.flatnonzero(features.word_texts == 0)
    second_text = np.flatnonzero(features.word_texts == 1)
    assert second_text[0] - first_text[-1] == (2 if is_bert else 3)
    assert features.word_types[second_text].tolist() == [int(is_bert)] * len(second_text)
    assert features.word_types[-1] == int(is_bert)
    assert not features.word_types[: second_text[0]].any()
    start, end = features.entity_ranges[1].tolist()
    assert features.word_offsets[start:end].min() == 0
    assert (features.word_texts[start:end] == 1).all()
    assert features.entity_sources.tolist() == [0, 1]


def test_markers_stand_around_the_mentions(make) -> None:
    inputs = make(layout="entity_pair")
    features = inputs(TEXT, spans=[SHE, ANA])[0]
    one, two = inputs.tokenizer.marker_id, inputs.tokenizer.marker2_id
    (start, end), (start2, end2) = features.entity_ranges.tolist()
    assert features.word_ids[[start, end - 1, start2, end2 - 1]].tolist() == [one, one, two, two]
    assert mentioned(features, TEXT) == ["she", "Ana Ivanovic"]
    special = inputs.vocab.special
    assert features.entity_ids.tolist() == [special.mask, special.mask2]
    markers = np.isin(features.word_ids, [one, two])
    assert (features.word_texts[markers] == SPECIAL_TEXT).all()


@FEW
@given(case=texts_with_spans(min_spans=2, max_spans=2))
def test_any_two_mentions_can_be_marked(tokenizer, vocab, case) -> None:
    text, spans = case
    inputs = EntityInputs(tokenizer, vocab, EntityInputsConfig(layout="entity_pair"))
    features = inputs(text, spans=spans)[0]
    plain = EntityInputs(tokenizer, vocab)(text, spans=spans)[0]
    markers = (tokenizer.marker_id, tokenizer.marker2_id)
    assert mentioned(features, text) == mentioned(plain, text)
    for (start, end), marker in zip(features.entity_ranges.tolist(), markers, strict=True):
        assert features.word_ids[[start, end - 1]].tolist() == [marker, marker]


def test_words_come_back_in_their_places(make) -> None:
    words = ["Ana", "Ivanovic's", "(won)", "😀😀"]
    features = make()(words, spans=[(0, 2), (3, 4)])[0]
    joined = " ".join(words)
    assert mentioned(features, joined) == ["Ana Ivanovic's", "😀😀"]


def test_split_words_are_read_as_if_each_stood_alone(make_luke, luke) -> None:
    words = ["Ana", "said", "we've", "x(y"]
    features = make_luke()(words)[0]
    alone = [luke.encode([[" " + word]], offsets=False)[0].ids for word in words]
    assert features.word_ids[1:-1].tolist() == [row for ids in alone for row in ids]


def test_a_batch_gives_what_its_texts_give_alone(make) -> None:
    inputs = make(max_words=16, stride=4)
    passages = [
        Passage(text=TEXT, spans=[ANA, SHE]),
        Passage(text="", spans=[]),
        Passage(text=["Tokyo", "won"], spans=[(0, 1)], entities=["Tokyo"]),
        Passage(text="Short.", spans=[(0, 5)], entities=["Nobody"]),
        Passage(text="a <mask>.", spans=[[0, 1]], types=[3]),
    ]
    pairs = [None, Passage(text="Second", spans=[(0, 6)]), None, Passage(text="x"), None]
    together = inputs.encode(passages, pairs=pairs)
    for windows, passage, pair in zip(together, passages, pairs, strict=True):
        (alone,) = inputs.encode([passage], pairs=[pair])
        assert windows.report == alone.report
        assert len(windows) == len(alone)
        for one, other in zip(windows, alone, strict=True):
            for name in one.__slots__:
                assert np.array_equal(getattr(one, name), getattr(other, name)), name


def test_no_texts_give_no_inputs(make) -> None:
    assert make().encode([]) == []


def test_an_empty_text_is_only_special_tokens(make) -> None:
    inputs = make()
    features = inputs("")[0]
    assert features.word_ids.tolist() == [inputs.tokenizer.bos_id, inputs.tokenizer.eos_id]
    assert features.n_entities == 0


def test_overlaps_are_refused_where_they_are_not_allowed(make_luke) -> None:
    spans = [(0, 8), (4, 12)]
    assert make_luke()(TEXT, spans=spans)[0].n_entities == 2
    with pytest.raises(DataError, match=r"span 0 .* and span 1 .* overlap"):
        make_luke(allow_overlaps=False)(TEXT, spans=spans)


@pytest.mark.parametrize(
    ("layout", "spans", "message"),
    [
        ("entity", [], "found 0 spans, the layout 'entity' takes 1"),
        ("entity", [ANA, SHE], "found 2 spans"),
        ("entity_pair", [ANA], "found 1 spans, the layout 'entity_pair' takes 2"),
    ],
)
def test_layouts_take_as_many_mentions_as_they_have_markers(
    make_luke, layout, spans, message
) -> None:
    with pytest.raises(DataError, match=message):
        make_luke(layout=layout)(TEXT, spans=spans)


def test_layouts_with_masks_take_no_titles_and_no_second_text(make_luke) -> None:
    with pytest.raises(DataError, match="found titles, but the layout 'entity_span'"):
        make_luke(layout="entity_span")(TEXT, spans=[ANA], entities=["Tokyo"])
    with pytest.raises(DataError, match="found a second text"):
        make_luke(layout="entity")(TEXT, spans=[ANA], pair=Passage(text="x"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"entities": ["Tokyo"]}, "found 1 titles for 2 spans"),
        ({"entities": "Tokyo"}, "found 'Tokyo' for 2 spans"),
        ({"types": [1]}, "found 1 types for 2 spans"),
        ({"entities": ["Tokyo", None], "languages": ["en"]}, "found 1 languages for 2 spans"),
    ],
)
def test_one_value_is_asked_for_each_span(make_luke, options, message) -> None:
    with pytest.raises(DataError, match=message):
        make_luke()(TEXT, spans=[ANA, SHE], **options)


def test_as_many_second_texts_as_first_texts(make_luke) -> None:
    with pytest.raises(DataError, match="found 0 second texts for 1 first texts"):
        make_luke().encode([Passage(text="x")], pairs=[])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_words": 4}, "max_words is 4"),
        ({"max_words": 16}, "stride is 128, expected 0 <= stride < max_words"),
        ({"stride": -1}, "stride is -1"),
        ({"max_entities": 0}, "max_entities is 0"),
        ({"max_entities": 1, "layout": "entity_pair"}, "expected at least 2"),
        ({"max_mention_length": 0}, "max_mention_length is 0"),
        ({"layout": "entitypair"}, "layout is 'entitypair', expected 'plain', 'entity',"),
        ({"layout": None}, "layout is None"),
        ({"layout": []}, "layout is "),
        ({"on_overflow": "truncat"}, "on_overflow is 'truncat', expected 'window', 'truncate'"),
        ({"max_words": None}, "max_words is None, expected a whole number"),
        ({"max_words": 10.5}, "max_words is 10.5, expected a whole number"),
        ({"max_words": "512"}, "max_words is '512', expected a whole number"),
        ({"max_words": True}, "max_words is True, expected a whole number"),
        ({"stride": None}, "stride is None, expected a whole number"),
        ({"max_entities": 2.0}, "max_entities is 2.0, expected a whole number"),
        ({"max_mention_length": None}, "max_mention_length is None"),
        ({"prefix_space": "false"}, "prefix_space is 'false', expected True, False or None"),
        ({"allow_overlaps": None}, "allow_overlaps is None, expected True or False"),
    ],
)
def test_limits_that_cannot_work_are_refused(options, message) -> None:
    with pytest.raises(ConfigError, match=message):
        EntityInputsConfig(**options)


def test_a_tokenizer_without_markers_is_refused_for_layouts_with_markers(files, vocab) -> None:
    bare = WordTokenizer.read(files["wordpiece"])
    with pytest.raises(ConfigError, match=r"no '<ent>'.*with_markers"):
        EntityInputs(bare, vocab, EntityInputsConfig(layout="entity"))


def test_a_prefix_space_is_put_before_the_text_alone(luke, vocab) -> None:
    spaced = EntityInputs(luke, vocab, EntityInputsConfig(prefix_space=True))
    features = spaced("Ana,Ana", spans=[(4, 7)])[0]
    expected = luke.encode([[" Ana,", "Ana"]], offsets=False)[0].ids
    assert features.word_ids[1:-1].tolist() == expected
    assert features.word_offsets[1, 0] == 0


def test_inputs_can_be_sent_to_another_process(make) -> None:
    inputs = make()
    copy = pickle.loads(pickle.dumps(inputs))
    one, other = copy(TEXT, spans=[ANA])[0], inputs(TEXT, spans=[ANA])[0]
    assert np.array_equal(one.word_ids, other.word_ids)


def test_spans_of_records_serve_as_they_are(make) -> None:
    features = make()(TEXT, spans=[Span(*ANA)])[0]
    assert mentioned(features, TEXT) == ["Ana Ivanovic"]


@pytest.mark.parametrize(
    ("text", "span"),
    [("a   b", (1, 3)), ("a \u200b b", (2, 3)), ("a \u00ad b", (2, 3)), ("a\n\nb", (1, 3))],
    ids=["space", "zero-width space", "soft hyphen", "lines"],
)
def test_mentions_of_which_bert_makes_no_pieces_are_reported(tokenizers, vocab, text, span) -> None:
    inputs = EntityInputs(tokenizers["wordpiece"], vocab)
    windows = inputs(text, spans=[(0, 1), span])
    start, end = windows[0].entity_ranges[1].tolist()
    assert start == end
    assert windows.report.placeless_mentions == (1,)
    assert not windows.report.is_complete
    assert inputs(text, spans=[(0, 1)]).report.is_complete


def test_marked_mentions_of_which_bert_makes_no_pieces_are_reported(tokenizers, vocab) -> None:
    config = EntityInputsConfig(layout="entity_pair")
    inputs = EntityInputs(tokenizers["wordpiece"], vocab, config)
    assert inputs("a   b", spans=[(0, 1), (1, 3)]).report.placeless_mentions == (1,)


def test_words_of_which_bert_makes_no_pieces_are_reported(tokenizers, vocab) -> None:
    inputs = EntityInputs(tokenizers["wordpiece"], vocab)
    words = ["\u200b", "Ana", "\u00ad", "\u200d\u200b", "won", "\ufffd"]
    windows = inputs(words, spans=[(1, 2), (4, 5)])
    assert windows.report.placeless_words == ((0, 0), (0, 2), (0, 3), (0, 5))
    assert windows.report.placeless_mentions == ()
    assert not windows.report.is_complete
    assert mentioned(windows[0], " ".join(words)) == ["Ana", "won"]
    assert inputs(["Ana", "won"]).report.is_complete


def test_words_without_pieces_are_found_in_both_texts_of_a_batch(tokenizers, vocab) -> None:
    inputs = EntityInputs(tokenizers["wordpiece"], vocab)
    bad, good = Passage(text=["a", "\u00ad"], spans=[(0, 1)]), Passage(text=["a", "b"])
    plain = Passage(text="a \u00ad", spans=[(0, 1)])
    passages, pairs = [good, plain, bad, plain, bad], [bad, bad, None, None, bad]
    found = [windows.report.placeless_words for windows in inputs.encode(passages, pairs=pairs)]
    assert found == [((1, 1),), ((1, 1),), ((0, 1),), (), ((0, 1), (1, 1))]


def test_words_without_pieces_are_reported_of_long_texts_too(tokenizers, vocab) -> None:
    config = EntityInputsConfig(max_words=12, stride=2)
    inputs = EntityInputs(tokenizers["wordpiece"], vocab, config)
    windows = inputs(["Ana", "\u00ad", "won"] * 20)
    assert len(windows) > 1
    assert windows.report.placeless_words == tuple((0, 3 * n + 1) for n in range(20))
    assert windows.report.unread == ()


@FEW
@given(words=st.lists(st.sampled_from(["Ana", "\u00ad", "\u0301", "東京", "\u200b", "x\u200b"])))
def test_a_word_is_placeless_when_none_of_the_pieces_is_of_it(tokenizer, vocab, words) -> None:
    windows = EntityInputs(tokenizer, vocab)(words)
    found = set(words_of_pieces(windows[0], words=words).tolist())
    assert windows.report.placeless_words == tuple(
        (0, index) for index in range(len(words)) if index not in found
    )


@pytest.mark.parametrize("given", ["abc", {"text": "abc"}, None, 5])
def test_only_passages_are_encoded_and_paired(make_luke, given) -> None:
    inputs = make_luke()
    with pytest.raises(DataError, match=r"^text 1 is .*; expected a Passage"):
        inputs.encode([Passage(text="fine"), given])
    if given is not None:
        with pytest.raises(DataError, match=r"^the second text of text 0 is .*; expected a Pass"):
            inputs("abc", pair=given)
        with pytest.raises(DataError, match=r"^the second text of text 1 is .*; expected a Pass"):
            inputs.encode([Passage(text="a")] * 2, pairs=[None, given])


@pytest.mark.parametrize("given", ["abc", 5, Passage(text="abc"), {"text": "abc"}, iter([])])
def test_passages_come_in_lists(make_luke, given) -> None:
    with pytest.raises(DataError, match=r"passages are .*; expected a list of Passage"):
        make_luke().encode(given)
    with pytest.raises(DataError, match=r"pairs are .*; expected a list of Passage"):
        make_luke().encode([Passage(text="a")], pairs=given)
