"""Tokenizers are read from whatever files there are, saved, and refused when damaged."""

import json
import pickle
import shutil

import numpy as np
import pytest
from tokenizers import Tokenizer, models

from openluke.errors import CheckpointError, ConfigError, DataError
from openluke.tokenization.entity_inputs import EntityInputs
from openluke.tokenization.tokenizer import WordTokenizer, _widen_cache
from tests.tokenization import small_tokenizers as small
from tests.tokenization.mentions import mentioned

TEXTS = [*small.CORPUS, "a <mask> b", " x", "ｆｕｌｌ e\u0301", "\x1fx"]


def ids(tokenizer: WordTokenizer, text: str) -> list[int]:
    return tokenizer.encode([[text]], offsets=False)[0].ids


def describe(tokenizer: WordTokenizer) -> tuple:
    return (
        tokenizer.family,
        tokenizer.n_words,
        tokenizer.roles,
        tokenizer.prefix_space,
        tokenizer.bos_id,
        tokenizer.eos_id,
        tokenizer.pad_id,
        tokenizer.unk_id,
        tokenizer.mask_id,
        tokenizer.marker_id,
        tokenizer.marker2_id,
    )


def test_the_family_is_told_by_the_files(files) -> None:
    assert {family: WordTokenizer.read(path).family for family, path in files.items()} == {
        family: family for family in files
    }


def test_what_is_saved_is_read_again(tokenizer, tmp_path) -> None:
    tokenizer.save(tmp_path / "new" / "directory")
    again = WordTokenizer.read(tmp_path / "new" / "directory")
    assert describe(again) == describe(tokenizer)
    assert [ids(again, text) for text in TEXTS] == [ids(tokenizer, text) for text in TEXTS]


def test_saving_twice_writes_the_same_bytes(tokenizer, tmp_path) -> None:
    tokenizer.save(tmp_path / "one")
    WordTokenizer.read(tmp_path / "one").save(tmp_path / "two")
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "two").iterdir())
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_byte_level_tokenizers_are_saved_with_vocabulary_and_merges(luke, tmp_path) -> None:
    luke.save(tmp_path)
    (tmp_path / "tokenizer.json").unlink()
    again = WordTokenizer.read(tmp_path)
    assert describe(again) == describe(luke)


def test_markers_are_added_last(files) -> None:
    bare = WordTokenizer.read(files["wordpiece"])
    assert not bare.has_markers
    marked = bare.with_markers()
    assert (marked.marker_id, marked.marker2_id) == (bare.n_words, bare.n_words + 1)
    assert marked.n_words == bare.n_words + 2
    assert not bare.has_markers
    assert marked.with_markers() is marked
    with pytest.raises(ConfigError, match=r"no '<ent2>'.*with_markers"):
        _ = bare.marker2_id


def test_markers_of_old_files_keep_their_ids(files) -> None:
    luke = WordTokenizer.read(files["byte_level"])
    added = json.loads((files["byte_level"] / "added_tokens.json").read_text())
    assert {"<ent>": luke.marker_id, "<ent2>": luke.marker2_id} == added


def test_markers_with_a_space_mark_are_markers_too(files, tmp_path) -> None:
    directory = shutil.copytree(files["sentencepiece"], tmp_path / "mluke")
    added = json.loads((directory / "added_tokens.json").read_text())
    marked = {f"▁{content}": row for content, row in added.items()}
    (directory / "added_tokens.json").write_text(json.dumps(marked))
    extra = {"additional_special_tokens": list(marked)}
    (directory / "special_tokens_map.json").write_text(json.dumps(extra))
    tokenizer = WordTokenizer.read(directory)
    assert [tokenizer.marker_id, tokenizer.marker2_id] == list(added.values())


def test_added_tokens_are_read_from_the_new_form_of_the_configuration(files, tmp_path) -> None:
    directory = shutil.copytree(files["byte_level"], tmp_path / "luke")
    added = json.loads((directory / "added_tokens.json").read_text())
    decoder = {
        str(row): {"content": content, "special": True, "lstrip": False}
        for content, row in added.items()
    }
    config = {"added_tokens_decoder": decoder, "add_prefix_space": True}
    (directory / "tokenizer_config.json").write_text(json.dumps(config))
    (directory / "added_tokens.json").unlink()
    (directory / "special_tokens_map.json").unlink()
    tokenizer = WordTokenizer.read(directory)
    assert [tokenizer.marker_id, tokenizer.marker2_id] == list(added.values())
    assert tokenizer.prefix_space
    # RoBERTa's mask token takes the space before it although no file says so.
    assert ids(tokenizer, "a <mask>") == [*ids(tokenizer, "a"), tokenizer.mask_id]


def test_special_tokens_have_the_names_that_the_files_give_them(files, tmp_path) -> None:
    directory = shutil.copytree(files["wordpiece"], tmp_path / "bert")
    text = (directory / "vocab.txt").read_text(encoding="utf-8")
    (directory / "vocab.txt").write_text(text.replace("[CLS]", "[START]"), encoding="utf-8")
    (directory / "special_tokens_map.json").write_text(json.dumps({"cls_token": "[START]"}))
    tokenizer = WordTokenizer.read(directory)
    assert tokenizer.token(tokenizer.bos_id) == "[START]"


def test_a_bert_that_keeps_case_keeps_it(files, tmp_path) -> None:
    directory = shutil.copytree(files["wordpiece"], tmp_path / "bert")
    lower = WordTokenizer.read(directory)
    assert ids(lower, "ana") == ids(lower, "ANA")
    (directory / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": False}))
    cased = WordTokenizer.read(directory)
    assert ids(cased, "ana") != ids(cased, "ANA")


def test_truncation_and_padding_in_a_file_are_left_out(luke, tmp_path) -> None:
    luke.save(tmp_path)
    path = tmp_path / "tokenizer.json"
    rust = Tokenizer.from_file(str(path))
    rust.enable_truncation(3)
    rust.enable_padding(length=40)
    rust.save(str(path))
    again = WordTokenizer.read(tmp_path)
    assert ids(again, small.CORPUS[0]) == ids(luke, small.CORPUS[0])


def test_nothing_done_to_the_rust_tokenizer_it_was_made_from_reaches_it(luke) -> None:
    rust = Tokenizer.from_str(luke._rust.to_str())
    own = WordTokenizer.from_rust(rust, family="byte_level")
    before = ids(own, small.CORPUS[0])
    rust.enable_truncation(2)
    rust.enable_padding(length=50)
    assert ids(own, small.CORPUS[0]) == before


def test_entity_names_that_transformers_adds_to_the_words_are_no_words(luke, tmp_path) -> None:
    luke.save(tmp_path)
    path = tmp_path / "tokenizer.json"
    rust = Tokenizer.from_file(str(path))
    rust.add_special_tokens(["[UNK]", "[PAD]", "[MASK]", "[MASK2]"])
    rust.save(str(path))
    again = WordTokenizer.read(tmp_path)
    assert again.n_words == luke.n_words
    assert ids(again, "a [MASK] b") == ids(luke, "a [MASK] b")


def test_a_vocabulary_without_some_bytes_still_gives_offsets(tmp_path, vocab) -> None:
    directory = small.write_byte_level(tmp_path)
    content = json.loads((directory / "vocab.json").read_text(encoding="utf-8"))
    del content["ð"]
    (directory / "vocab.json").write_text(json.dumps(content), encoding="utf-8")
    merges = (directory / "merges.txt").read_text(encoding="utf-8").splitlines()
    kept = [line for line in merges if "ð" not in line]
    (directory / "merges.txt").write_text("\n".join(kept) + "\n", encoding="utf-8")
    tokenizer = WordTokenizer.read(directory)
    assert not len(tokenizer.piece_bytes)
    features = EntityInputs(tokenizer, vocab)("a 😀 Ana", spans=[(4, 7)])[0]
    start, end = features.entity_ranges[0].tolist()
    assert features.word_offsets[start:end, 0].min() in (3, 4)
    assert features.word_offsets[start:end, 1].max() == 7


@pytest.mark.parametrize("family", ["byte_level", "json"])
def test_the_word_table_has_rows_for_ids_beyond_a_hole(files, tmp_path, vocab, family) -> None:
    directory = shutil.copytree(files["byte_level"], tmp_path / "luke")
    content = json.loads((directory / "vocab.json").read_text(encoding="utf-8"))
    content["a"] = 60000
    (directory / "vocab.json").write_text(json.dumps(content), encoding="utf-8")
    tokenizer = WordTokenizer.read(directory)
    if family == "json":
        tokenizer.save(tmp_path / "saved")
        tokenizer = WordTokenizer.read(tmp_path / "saved")
    assert tokenizer.n_words == 60001
    features = EntityInputs(tokenizer, vocab)("x a", spans=[(2, 3)])[0]
    assert features.word_ids.max() <= 60000
    assert mentioned(features, "x a") == ["a"]
    assert EntityInputs(tokenizer, vocab)("a")[0].word_ids[1] == 60000


def test_decoding_gives_the_text_back(luke) -> None:
    for text in small.CORPUS:
        assert luke.decode(np.array(ids(luke, text))) == text


def test_tokens_have_ids_and_ids_tokens(tokenizer) -> None:
    assert tokenizer.id(tokenizer.roles["mask"]) == tokenizer.mask_id
    assert tokenizer.token(tokenizer.mask_id) == tokenizer.roles["mask"]
    assert tokenizer.id("no such piece at all") is None
    assert tokenizer.token(10**6) is None


def test_a_tokenizer_can_be_sent_to_another_process(tokenizer) -> None:
    copy = pickle.loads(pickle.dumps(tokenizer))
    assert describe(copy) == describe(tokenizer)
    assert ids(copy, TEXTS[0]) == ids(tokenizer, TEXTS[0])


def test_a_directory_without_a_tokenizer_says_what_was_expected(tmp_path) -> None:
    with pytest.raises(CheckpointError, match="no tokenizer found; expected"):
        WordTokenizer.read(tmp_path)
    with pytest.raises(CheckpointError, match="no such directory"):
        WordTokenizer.read(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tokenizer.json", b"{"),
        ("tokenizer.json", b'{"a": 1}'),
        ("tokenizer.json", b"\xff\xfe"),
        ("vocab.json", b"{"),
        ("vocab.json", b"[1, 2]"),
        ("merges.txt", b"#version: 0.2\nx y z\n"),
        ("merges.txt", b"#version: 0.2\nnosuch piece\n"),
        ("tokenizer_config.json", b"[]"),
        ("tokenizer_config.json", b"{"),
        ("added_tokens.json", b'{"<ent>": 7}'),
        ("added_tokens.json", b'{"<ent>": "x"}'),
        ("added_tokens.json", b'{"<ent>": null}'),
        ("added_tokens.json", b'{"<ent>": true}'),
        ("added_tokens.json", b'{"\\ud800": 701}'),
        ("special_tokens_map.json", b'{"additional_special_tokens": 3}'),
        ("special_tokens_map.json", b'{"additional_special_tokens": "<ent>"}'),
        ("special_tokens_map.json", b'{"additional_special_tokens": [null]}'),
        ("special_tokens_map.json", b'{"mask_token": 5}'),
        ("special_tokens_map.json", b'{"mask_token": {"lstrip": true}}'),
        ("tokenizer_config.json", b'{"added_tokens_decoder": [1]}'),
        ("tokenizer_config.json", b'{"added_tokens_decoder": {"x": {"content": "<ent>"}}}'),
        ("tokenizer_config.json", b'{"added_tokens_decoder": {"700": {"content": null}}}'),
        ("tokenizer_config.json", b'{"add_prefix_space": "false"}'),
        ("tokenizer_config.json", b'{"model_max_length": "512"}'),
        ("tokenizer.json", b'{"added_tokens": [{"content": "[MASK2]"'),
        ("tokenizer.json", b'{"added_tokens": [{"content": "[MASK2]"}]}'),
        ("tokenizer.json", b'["[MASK2]"]'),
        ("tokenizer.json", b'{"model": {"vocab": {}}, "added_tokens": ["[MASK2]"]}'),
    ],
)
def test_a_damaged_file_is_named(files, tmp_path, name, content) -> None:
    directory = shutil.copytree(files["byte_level"], tmp_path / "luke")
    (directory / name).write_bytes(content)
    promises_ids = name == "added_tokens.json" and b"7}" in content
    file = "luke" if promises_ids or name.endswith(".txt") else name
    with pytest.raises(CheckpointError, match=file):
        WordTokenizer.read(directory)


@pytest.mark.parametrize("size", [0, 1, 7, 100, -1, -400])
def test_a_sentencepiece_file_that_is_not_whole_is_refused(files, tmp_path, size) -> None:
    directory = shutil.copytree(files["sentencepiece"], tmp_path / "mluke")
    path = directory / "sentencepiece.bpe.model"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(CheckpointError, match="mluke"):
        WordTokenizer.read(directory)


def test_a_sentencepiece_file_with_other_special_pieces_is_refused(tmp_path) -> None:
    small.train_sentencepiece(tmp_path, pad_id=1, bos_id=2, eos_id=3)
    with pytest.raises(CheckpointError, match=r"first pieces are .*'<pad>'"):
        WordTokenizer.read(tmp_path)


def test_a_vocabulary_without_its_special_tokens_is_refused(files, tmp_path) -> None:
    directory = shutil.copytree(files["wordpiece"], tmp_path / "bert")
    text = (directory / "vocab.txt").read_text(encoding="utf-8")
    (directory / "vocab.txt").write_text(text.replace("[MASK]\n", ""), encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"no '\[MASK\]', which is its mask token"):
        WordTokenizer.read(directory)


def test_a_tokenizer_of_an_unknown_kind_is_refused(tmp_path) -> None:
    from tokenizers import models  # noqa: PLC0415

    Tokenizer(models.WordLevel({"a": 0}, unk_token="a")).save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(CheckpointError, match="WordLevel, expected BPE, Unigram or WordPiece"):
        WordTokenizer.read(tmp_path)


def test_a_tokenizer_is_not_saved_onto_a_file(luke, tmp_path) -> None:
    (tmp_path / "file").write_text("mine")
    for target in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(CheckpointError, match=r"file.*: no tokenizer can be written there"):
            luke.save(target)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_used_directory_keeps_nothing_of_the_tokenizer_before(tokenizers, files, tmp_path):
    for family, old in files.items():
        for tokenizer in tokenizers.values():
            directory = tmp_path / f"{family} {tokenizer.family}"
            shutil.copytree(old, directory)
            (directory / "model.safetensors").write_text("mine")
            tokenizer.save(directory)
            assert describe(WordTokenizer.read(directory)) == describe(tokenizer)
            assert (directory / "model.safetensors").read_text() == "mine"


@pytest.mark.parametrize("length", [1024, 1e30, None])
def test_the_length_that_files_say_is_kept(files, tmp_path, length) -> None:
    directory = shutil.copytree(files["byte_level"], tmp_path / "luke")
    (directory / "tokenizer_config.json").write_text(json.dumps({"model_max_length": length}))
    WordTokenizer.read(directory).with_markers().save(tmp_path / "saved")
    config = json.loads((tmp_path / "saved" / "tokenizer_config.json").read_text())
    assert config["model_max_length"] == (length or 512)


def test_ids_and_tokens_that_cannot_be_are_none_or_told(tokenizer) -> None:
    assert tokenizer.token(-1) is None
    assert tokenizer.token(2**40) is None
    assert tokenizer.id("\ud800") is None
    assert tokenizer.decode([2**40]) == ""
    with pytest.raises(DataError, match=r"word id -100 at place 1, expected 0 or more"):
        tokenizer.decode([tokenizer.mask_id, -100])


class _Model:
    """A model of the Rust library, as far as its memory goes."""

    size = 10_000

    def _resize_cache(self, size: int) -> None:
        self.size = size


def test_models_remember_many_words_where_they_can() -> None:
    model = _Model()
    _widen_cache(model)
    assert model.size > 50_000
    _widen_cache(object())  # WordPiece remembers nothing


@pytest.mark.parametrize("kind", [models.BPE, models.Unigram])
def test_the_rust_library_can_let_its_models_remember_more(kind) -> None:
    assert hasattr(kind, "_resize_cache")
