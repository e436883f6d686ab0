"""Every form of file gives back what was written, is told by its structure, and damage is named."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openluke.entities.name_index import VocabRow
from openluke.entities.titles import MASK, PAD, UNK, Name
from openluke.entities.vocab import EntityVocab
from openluke.entities.vocab_files import detect_form
from openluke.errors import CheckpointError, ConfigError, DataError
from tests.entities.vocabularies import everything, titles, vocabularies

SPECIAL = '"[PAD]": 0, "[UNK]": 1, "[MASK]": 2'
ONE_DIRECTORY = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
TSV_TITLES = titles(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\t\n"))


def again(vocab, *, path, form):
    vocab.write(path / form, form=form, replace=True)
    assert detect_form(path / form) == form
    return EntityVocab.read(path / form)


@ONE_DIRECTORY
@given(vocab=vocabularies())
@pytest.mark.parametrize("form", ["jsonl", "mapped"])
def test_jsonl_and_mapped_give_back_every_vocabulary(tmp_path, form, vocab):
    back = again(vocab, path=tmp_path, form=form)
    assert everything(back) == everything(vocab)
    assert back.has_languages == vocab.has_languages


@ONE_DIRECTORY
@given(vocab=vocabularies())
def test_hugging_face_files_give_back_all_but_the_counts(tmp_path, vocab):
    back = again(vocab, path=tmp_path, form="huggingface")
    assert back.count(0) is None
    assert [list(r.names) for r in back.rows()] == [list(r.names) for r in vocab.rows()]
    for form in ("huggingface", "jsonl", "mapped"):
        assert everything(again(back, path=tmp_path, form=form)) == everything(back)


@ONE_DIRECTORY
@given(vocab=vocabularies(languages=False, many_names=False, title=TSV_TITLES))
def test_tsv_gives_back_titles_and_counts(tmp_path, vocab):
    assert everything(again(vocab, path=tmp_path, form="tsv")) == everything(vocab)


@ONE_DIRECTORY
@given(vocab=vocabularies())
@pytest.mark.parametrize("options", [{}, {"indent": 2, "sort_keys": True}, {"ensure_ascii": False}])
def test_hugging_face_files_of_other_writers_read_the_same(tmp_path, options, vocab):
    vocab.write(tmp_path / "ours.json", form="huggingface", replace=True)
    values = json.loads((tmp_path / "ours.json").read_text(encoding="utf-8"))
    theirs = tmp_path / "theirs.json"
    theirs.write_text(json.dumps(values, **options), encoding="utf-8")
    back = EntityVocab.read(theirs)
    assert back.special == vocab.special
    assert len(back) == len(vocab)
    for entity_id, row in enumerate(vocab.rows()):
        assert sorted(back.names(entity_id)) == sorted(row.names)


@pytest.mark.parametrize("form", ["huggingface", "jsonl", "tsv"])
def test_the_same_vocabulary_gives_the_same_bytes(tmp_path, english, form):
    english.write(tmp_path / "one", form=form)
    again(english, path=tmp_path, form=form).write(tmp_path / "two", form=form)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_names_without_a_language_are_written_bare(tmp_path, english):
    english.write(tmp_path / "v.json", form="huggingface")
    values = json.loads((tmp_path / "v.json").read_text(encoding="utf-8"))
    assert values == {
        "[PAD]": 0, "[UNK]": 1, "[MASK]": 2, "Japan": 3, "East Asia": 4, "Star Wars: A": 5,
        "[MASK2]": 6,
    }  # fmt: skip


def test_names_with_a_language_are_written_with_it(tmp_path, multilingual):
    multilingual.write(tmp_path / "v.json", form="huggingface")
    text = (tmp_path / "v.json").read_text(encoding="utf-8")
    assert '"ja:日本": 0' in text
    assert '"[MASK]": 1' in text
    back = EntityVocab.read(tmp_path / "v.json")
    assert back.has_languages
    assert back.id("日本", language="ja") == 0


def test_a_file_of_the_transformers_tests_is_read(tmp_path):
    file = tmp_path / "anything.at.all"
    file.write_text(
        '{"[MASK]": 0, "[UNK]": 1, "[PAD]": 2, "DUMMY": 3, "DUMMY2": 4, "[MASK2]": 5}',
        encoding="utf-8",
    )
    vocab = EntityVocab.read(file)
    special = vocab.special
    assert (special.mask, special.unk, special.pad, special.mask2) == (0, 1, 2, 5)
    assert vocab.id("DUMMY2") == 4


def test_a_multilingual_file_of_the_original_project_is_read(tmp_path):
    file = tmp_path / "vocab"
    file.write_text(
        '{"id": 0, "entities": [["[PAD]", "en"], ["[PAD]", "ja"]], "count": 0}\n'
        '{"id": 1, "entities": [["[UNK]", "ja"], ["[UNK]", "en"]], "count": 0}\n'
        '{"id": 2, "entities": [["[MASK]", "ja"], ["[MASK]", "en"]], "count": 0}\n'
        '{"id": 3, "entities": [["フジテレビジョン", "ja"]], "count": 142}',
        encoding="utf-8",
    )
    vocab = EntityVocab.read(file)
    assert detect_form(file) == "jsonl"
    assert vocab.special.mask == vocab.id("[MASK]") == vocab.id("[MASK]", language="de") == 2
    assert vocab.count(vocab.id("フジテレビジョン", language="ja")) == 142


def test_a_tsv_file_of_the_original_project_is_read(tmp_path):
    file = tmp_path / "vocab.json"
    file.write_bytes(b"[PAD]\t0\r\n[UNK]\t0\r\n[MASK]\t0\r\nJapan\t100\r\n")
    vocab = EntityVocab.read(file)
    assert detect_form(file) == "tsv"
    assert (vocab.id("Japan"), vocab.count(3)) == (3, 100)


def test_languages_are_seen_only_when_every_key_has_one(tmp_path):
    file = tmp_path / "v.json"
    file.write_text(f'{{{SPECIAL}, "en:A": 3, "B": 4}}', encoding="utf-8")
    assert EntityVocab.read(file).names(3) == (Name("en:A", None),)
    stated = EntityVocab.read(file, has_languages=True)
    assert (stated.names(3), stated.names(4)) == ((Name("A", "en"),), (Name("B", None),))


def test_a_file_that_would_be_read_otherwise_is_written_on_request_only(tmp_path, multilingual):
    mixed = multilingual.extended([VocabRow([Name("My company")])])
    with pytest.raises(DataError, match=r"5 names start .* 1 with neither"):
        mixed.write(tmp_path / "v.json", form="huggingface")
    assert not (tmp_path / "v.json").exists()
    mixed.write(tmp_path / "v.json", form="huggingface", allow_ambiguous=True)
    back = EntityVocab.read(tmp_path / "v.json", has_languages=True)
    assert everything(back)[1:] == everything(mixed)[1:]
    assert back.find("My company", language="en") == 5


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["en:A", "ja:B"], True),
        (["en:A", "simple:B", "zh-yue:C", "be-x-old:D"], True),
        (["zh-yue:C"], True),
        (["en:A", "EN:B"], False),
        (["en:A", "e:B"], False),
        (["en:A", "é1:B"], False),
        (["en:A", "en"], False),
        (["en:A", ""], False),
        ([], False),
    ],
)
def test_languages_are_those_that_wikipedia_has(tmp_path, keys, expected):
    ids = {key: i for i, key in enumerate((PAD, UNK, MASK, *keys))}
    (tmp_path / "v").write_text(json.dumps(ids), encoding="utf-8")
    assert EntityVocab.read(tmp_path / "v").has_languages == expected


def test_titles_that_look_like_languages_are_ambiguous_too(tmp_path):
    vocab = EntityVocab.build([VocabRow([Name("xx:A")])])
    with pytest.raises(DataError, match="a reader would take it that every name has a language"):
        vocab.write(tmp_path / "v.json", form="huggingface")


def test_a_finished_file_is_replaced_only_on_request(tmp_path, english):
    for form in ("huggingface", "mapped"):
        english.write(tmp_path / form, form=form)
        with pytest.raises(CheckpointError, match="already"):
            english.write(tmp_path / form, form=form)
        english.write(tmp_path / form, form=form, replace=True)


@pytest.mark.parametrize("form", ["huggingface", "jsonl", "mapped", "tsv"])
def test_lone_surrogates_cannot_be_written(tmp_path, form):
    vocab = EntityVocab.build([VocabRow([Name("a\ud800")], 1)])
    with pytest.raises(DataError, match="lone surrogate"):
        vocab.write(tmp_path / "v", form=form)
    assert list(tmp_path.iterdir()) == []


def test_the_mapped_form_refuses_a_nul_character(tmp_path):
    with pytest.raises(DataError, match="NUL character"):
        EntityVocab.build([VocabRow([Name("a\0b")])]).write(tmp_path / "v", form="mapped")


def test_tsv_refuses_what_it_cannot_hold(tmp_path, multilingual):
    with pytest.raises(DataError, match=r"entity 0 has 3 names .*Japan.* write jsonl"):
        multilingual.write(tmp_path / "v", form="tsv")
    for title, count, message in [("a\tb", 1, "tab or line break"), ("a", None, "count None")]:
        vocab = EntityVocab.build([VocabRow([Name(title)], count)])
        with pytest.raises(DataError, match=message):
            vocab.write(tmp_path / "v", form="tsv")


def check_error(path, content, message, **options):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(CheckpointError, match=message):
        EntityVocab.read(path, **options)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "empty file"),
        ("\n \n", "empty file"),
        ("hello", "begins with b'hello'; expected entity_vocab.json, lines of"),
        ("[1, 2]", r"begins with b'\[1, 2\]'"),
        ("{}", "no entity in it"),
        (f'{{{SPECIAL}, "A": 3', r"v:1: damaged JSON at character .* may be cut off"),
        (f'{{{SPECIAL},\n "A": 3,\n "B', r"v:3: damaged JSON at character"),
        (b'{"[PAD]": 0,\n"\xff": 1}', r"v:2: not UTF-8 \(invalid start byte\)"),
        (f'{{{SPECIAL},\n"A": "3"}}', r"v:2: found id '3' of 'A', expected a whole number"),
        (f'{{{SPECIAL},\n"A": 3.0}}', r"v:2: found id 3\.0 of 'A'"),
        (f'{{{SPECIAL},\n"A": true}}', "v:2: found id True of 'A'"),
        (f'{{{SPECIAL},\n"A": null}}', "v:2: found id None of 'A'"),
        (f'{{{SPECIAL},\n"A": {{"x": 1, "y": 2}}}}', "v:2: found id {'x': 1, 'y': 2} of 'A'"),
        (f'{{{SPECIAL},\n\n"é": -1}}', "v:3: found id -1 of 'é'"),
        (f'{{{SPECIAL},\n"A": 3,\n"A": 4}}', "v:3: 'A' is given twice, with the ids 3 and 4"),
        (f'{{{SPECIAL}, "A": {"9" * 5000}}}', "damaged JSON"),
        ('{"a":' * 100_000, "damaged JSON"),
        (f'{{{SPECIAL}, "A": {10**30}}}', "found id 10+ among only 4 names"),
        (f'{{{SPECIAL}, "A": 3, "B": 5}}', r"1 of the ids 0 to 5 have no name, for example 4;"),
        ('{"[PAD]": 0, "A": 1}', r"v: no \[UNK\], \[MASK\] among 2 names"),
    ],
)
def test_a_damaged_hugging_face_file_says_where_and_what(tmp_path, content, message):
    check_error(tmp_path / "v", content, message)


LINES = "".join(
    json.dumps({"id": i, "entities": [[t, None]], "count": 0}) + "\n"
    for i, t in enumerate((PAD, UNK, MASK))
)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": 3, "entities": [["A", "en"', r"v:4: .*delimiter"),
        ("\n", "v:4: Expecting value"),
        ("[3]", r"v:4: found '\[3\]', expected {"),
        ('{"entities": [["A", "en"]], "count": 1}', "v:4: found id None, expected a whole"),
        ('{"id": -3, "entities": []}', "v:4: found id -3"),
        ('{"id": 3, "entities": [["A", "en"]], "count": "x"}', "v:4: found count 'x'"),
        ('{"id": 3, "entities": "A"}', "v:4: found entities 'A'"),
        ('{"id": 3, "entities": ["A"]}', "v:4: found 'A' among the entities"),
        ('{"id": 3, "entities": [["A"]]}', r"v:4: found \['A'\] among the entities"),
        ('{"id": 3, "entities": [[1, "en"]]}', r"v:4: found \[1, 'en'\] among the entities"),
        ('{"id": 3, "entities": [["A", "EN"]]}', "v:4: language 'EN' of entity 'A' is no"),
        ('{"id": 2, "entities": [["A", "en"]]}', "v:4: id 2 is given a second time"),
        ('{"id": 3, "entities": [["[PAD]", "en"]]}', r"v:4: '\[PAD\]' already has the id 0"),
        ('{"id": 4, "entities": [["A", "en"]]}', "1 of the ids 0 to 4 have no name, .* 3;"),
        ('{"id": 3, "entities": [["A", "en"], ["en:A", null]]}', "'en:A' has no language but"),
        (b'{"id": 3, "\xff', "v:4: not UTF-8"),
        ("[" * 100_000, "v:4: "),
    ],
)
def test_a_damaged_jsonl_line_says_where_and_what(tmp_path, line, message):
    content = LINES.encode() + (line if isinstance(line, bytes) else line.encode())
    check_error(tmp_path / "v", content, message)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("A", "v:4: found 'A', expected title<TAB>count"),
        ("A\t-1", r"v:4: found 'A\\t-1'"),
        ("A\tB\t3", r"v:4: found 'A\\tB\\t3'"),
        ("\n", r"v:4: found '\\n'"),
        ("[UNK]\t5", r"v:4: '\[UNK\]' already has the id 1, found 3"),
        (b"\xff\t5", "v:4: not UTF-8"),
    ],
)
def test_a_damaged_tsv_line_says_where_and_what(tmp_path, line, message):
    content = b"[PAD]\t0\n[UNK]\t0\n[MASK]\t0\n" + (
        line if isinstance(line, bytes) else line.encode()
    )
    check_error(tmp_path / "v", content, message)


def test_repair_accepts_the_faults_of_older_programs(tmp_path):
    file = tmp_path / "v"
    file.write_text(f'{{{SPECIAL}, "A": 4, "A": 5}}', encoding="utf-8")
    vocab = EntityVocab.read(file, repair=True)
    assert (vocab.id("A"), vocab.n_ids, vocab.names(4)) == (5, 6, ())
    with pytest.raises(DataError, match="entity 4 has no title; it has no name"):
        vocab.title(4)
    file.write_text("[PAD]\t0\n[UNK]\t0\n[MASK]\t0\nA\t1\nA\t2\n", encoding="utf-8")
    vocab = EntityVocab.read(file, repair=True)
    assert (vocab.id("A"), vocab.count(4), vocab.n_ids) == (4, 2, 5)


def test_a_form_that_there_is_not_is_refused(tmp_path):
    vocab = EntityVocab.build([])
    with pytest.raises(ConfigError, match="found form 'foo', expected one of huggingface, jsonl"):
        vocab.write(tmp_path / "v", form="foo")
    assert not (tmp_path / "v").exists()


def test_repairs_are_told(tmp_path, caplog):
    file = tmp_path / "v"
    file.write_text(f'{{{SPECIAL}, "A": 4, "A": 5}}', encoding="utf-8")
    EntityVocab.read(file, repair=True)
    assert "1 names have several ids, for example 'A'; the last is taken" in caplog.text
    assert "2 of the ids 0 to 5 have no name, for example 3, 4" in caplog.text


@pytest.mark.parametrize("entries", ['"A": 4', '"A": 3, "A": 4'])
def test_an_error_names_the_way_to_repair(tmp_path, entries):
    content = f"{{{SPECIAL}, {entries}}}".encode()
    check_error(tmp_path / "v", content, "openluke convert vocab IN OUT --repair")


def test_lines_of_json_may_list_ids_without_a_name(tmp_path):
    (tmp_path / "v").write_text(f'{{{SPECIAL}, "A": 4}}', encoding="utf-8")
    holes = EntityVocab.read(tmp_path / "v", repair=True)
    holes = holes.extended([VocabRow([], 0)])
    for form in ("jsonl", "mapped"):
        assert everything(again(holes, path=tmp_path, form=form)) == everything(holes)


@pytest.mark.parametrize("repair", [False, True])
def test_titles_that_a_converter_gave_the_language_none_have_none(tmp_path, caplog, repair):
    file = tmp_path / "v"
    file.write_text(f'{{{SPECIAL}, "None:A": 3, "None:b:c": 4}}', encoding="utf-8")
    vocab = EntityVocab.read(file, repair=repair)
    assert (vocab.id("A"), vocab.id("b:c"), vocab.has_languages) == (3, 4, False)
    assert vocab.find("None:A") is None
    assert "2 keys begin with 'None:'" in caplog.text


def test_titles_without_a_language_may_stand_among_some_with_one(tmp_path, caplog):
    file = tmp_path / "v"
    file.write_text(f'{{{SPECIAL}, "None:A": 3, "en:B": 4}}', encoding="utf-8")
    vocab = EntityVocab.read(file)
    assert (vocab.id("A", language="de"), vocab.id("B", language="en")) == (3, 4)
    assert vocab.find("B", language="de") is None
    assert "1 keys begin with 'None:'" in caplog.text


def test_a_title_may_begin_with_none_where_others_do_not(tmp_path, caplog):
    file = tmp_path / "v"
    file.write_text(f'{{{SPECIAL}, "None: a film": 3, "B": 4}}', encoding="utf-8")
    assert EntityVocab.read(file).id("None: a film") == 3
    assert not caplog.text


def test_titles_that_all_begin_with_none_are_written_only_if_asked(tmp_path):
    vocab = EntityVocab.build([VocabRow([Name("None: a film")])])
    with pytest.raises(DataError, match="1 with 'None:'"):
        vocab.write(tmp_path / "v", form="huggingface")
    vocab.write(tmp_path / "v", form="huggingface", allow_ambiguous=True)
    back = EntityVocab.read(tmp_path / "v", has_languages=False)
    assert everything(back)[0] == [(list(r.names), None) for r in vocab.rows()]


def test_large_files_are_read_in_pieces_with_the_same_result(tmp_path, monkeypatch):
    monkeypatch.setattr("openluke.entities.json_vocab._PIECE", 40)
    odd = ['a", "b', ": 1, ", '": 12, ', "back\\slash", 'quote\\"', "a\n, b", "\\", '"']
    rows = [VocabRow([Name(f"{t}{i}"), Name(f"{i}{t}")]) for i in range(5) for t in odd]
    vocab = EntityVocab.build([VocabRow([Name(t)]) for t in odd] + rows)
    vocab.write(tmp_path / "v", form="huggingface")
    assert everything(EntityVocab.read(tmp_path / "v"))[0][3:] == everything(vocab)[0][3:]
    text = (tmp_path / "v").read_text(encoding="utf-8")
    check_error(tmp_path / "v", text[:-2] + f',\n"{"A"}": 1,\n"A": 2}}', "'A' is given twice")


def test_a_directory_that_is_no_vocabulary_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"a directory without manifest\.json; .* entity_vo"):
        EntityVocab.read(tmp_path)
    with pytest.raises(CheckpointError, match="nowhere: cannot be read: No such file"):
        EntityVocab.read(tmp_path / "nowhere")
