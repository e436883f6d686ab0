"""Names of a table in texts, against a plain search."""

import pickle
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from openluke.entities.candidates import CandidateTable
from openluke.entities.character_table import code_points
from openluke.entities.mention_keys import mention_key
from openluke.errors import CheckpointError
from openluke.tokenization import mention_scan
from openluke.tokenization.candidate_writing import write_table
from openluke.tokenization.mention_scan import MentionScanner
from openluke.tokenization.word_arrays import kinds_of, word_ranges
from openluke.tokenization.word_boundaries import split_words
from openluke.tokenization.word_filter import WordFilter, count_words
from tests.tokenization.small_tables import make_table, row

ODD = "aAbéßÉ \n\u0301-.東かがİ\u200d\u093fकΣς\u00c5𠀋1\0"


def plain_words(text, *, form):
    """The words of a text of which something is compared."""
    spans = split_words(text).tolist()
    return [span for span in spans if mention_key(text[slice(*span)], form=form)]


def plain_stretches(text, *, form, across_lines=False):
    words = plain_words(text, form=form)
    for first in range(len(words)):
        for last in reversed(range(first, len(words))):
            start, end = words[first][0], words[last][1]
            if across_lines or "\n" not in text[start:end]:
                yield first, last, start, end


def plain_scan(table, text, *, across_lines):
    """The longest names from left to right, by trying every stretch of words."""
    found, after = [], 0
    for first, last, start, end in plain_stretches(
        text, form=table.form, across_lines=across_lines
    ):
        number = table.number(text[start:end]) if first >= after else None
        if number is not None:
            found.append((start, end, number))
            after = last + 1
    return found


@st.composite
def texts_and_names(draw):
    """Texts, and names some of which are stretches of words of them."""
    form = draw(st.sampled_from(["written", "folded"]))
    texts = draw(st.lists(st.text(st.sampled_from(ODD), max_size=30), min_size=1, max_size=3))
    spans = [
        text[start:end]
        for text in texts
        for _, _, start, end in plain_stretches(text, form=form, across_lines=True)
    ]
    chosen = draw(st.lists(st.sampled_from(spans), max_size=12)) if spans else []
    keys = {mention_key(each, form=form) for each in chosen}
    return texts, {key for key in keys if "\0" not in key}, form


@settings(max_examples=150, deadline=None)
@given(texts_and_names(), st.booleans(), st.sampled_from([1, 3, 10, 1000]))
@example((["x \u0301 y", "x y"], {"x y"}, "folded"), False, 1)
@example((["a  b\nc a \n b"], {"a b", "b c"}, "written"), True, 3)
def test_what_is_found_is_what_a_plain_search_finds(drawn, across_lines, part):
    texts, keys, form = drawn
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(mention_scan, "_PART", part)
        rows = [row(key, "T") for key in sorted(keys)]
        write_table(Path(folder), rows=lambda: rows, form=form)
        table = CandidateTable.map(folder)
        scanner = MentionScanner(table)
        for text in texts:
            expected = plain_scan(table, text, across_lines=across_lines)
            assert scanner.scan(text, across_lines=across_lines) == expected
        lines = [plain_scan(table, text, across_lines=False) for text in texts]
        assert list(scanner.scan_many(texts)) == lines
        everywhere = [
            (number, found)
            for number, text in enumerate(texts)
            for _, _, start, end in plain_stretches(text, form=form)
            if (found := table.number(text[start:end])) is not None
        ]
        found = scanner.occurrences(texts)
        assert sorted(zip(found.texts, found.numbers, strict=True)) == sorted(everywhere)


@given(st.text(st.one_of(st.characters(), st.sampled_from(ODD))))
def test_words_are_those_of_split_words(text):
    words = np.stack(word_ranges(kinds_of(code_points(text))), axis=1)
    assert words.tolist() == split_words(text).tolist()


def test_the_longest_name_counts_and_offsets_are_those_of_the_text(tmp_path):
    names = ["new york", "york", "new york city", "strasse", "u.s."]
    table = make_table(tmp_path / "t", rows=[row(name, "T") for name in names], form="folded")
    text = "𠀋 NEW  YÓRK, in York-Straße; yorks, the U.S. and new york\ncity"
    found = MentionScanner(table).scan(text)
    assert [text[each.start : each.end] for each in found] == [
        "NEW  YÓRK", "York", "Straße", "U.S.", "new york",
    ]  # fmt: skip
    found = MentionScanner(table).scan(text, across_lines=True)
    assert text[found[-1].start : found[-1].end] == "new york\ncity"


def test_names_that_are_seldom_links_are_passed_over(tmp_path):
    rows = [row("it", "It (novel)", occurrences=1000), row("it girl", "It girl"), row("a", "A")]
    rows += [row("uncounted", "U", occurrences=-1)]
    table = make_table(tmp_path / "t", rows=rows)
    text = "it is a it girl uncounted"
    found = MentionScanner(table, min_link_probability=0.01).scan(text)
    names = [table.mention(each.number) for each in found]
    assert names == ["a", "it girl", "uncounted"]
    assert len(MentionScanner(table).scan(text)) == 4


def test_a_text_of_one_long_word_is_looked_through(tmp_path, monkeypatch):
    monkeypatch.setattr(mention_scan, "_PART", 8)
    word = "x" * 1000
    table = make_table(tmp_path / "t", rows=[row(word, "X"), row("b c", "B")])
    found = MentionScanner(table).scan(f"{' ' * 500}{word} b c")
    assert [(each.start, each.end) for each in found] == [(500, 1500), (1501, 1504)]


def test_names_kept_for_the_next_time_are_few(tmp_path, monkeypatch):
    monkeypatch.setattr(mention_scan, "_MOST_KNOWN", 2)
    table = make_table(tmp_path / "t", rows=[row(name, "T") for name in "abcd"])
    scanner = MentionScanner(table)
    for _ in range(2):
        assert len(scanner.scan("a b c d")) == 4


def test_an_empty_table_and_an_empty_text_have_nothing(tmp_path):
    table = make_table(tmp_path / "t", rows=[])
    scanner = MentionScanner(table)
    assert scanner.scan("some text") == []
    assert scanner.scan("") == []
    assert list(scanner.scan_many([])) == []
    assert list(scanner.scan_many(["", "x"])) == [[], []]
    assert MentionScanner(make_table(tmp_path / "u", rows=[row("x", "X")])).scan("") == []


def test_other_processes_get_the_scanner(tmp_path):
    scanner = MentionScanner(make_table(tmp_path / "t", rows=[row("x", "X")]))
    scanner.scan("x y z")
    copy = pickle.dumps(scanner)
    assert len(copy) < 1000
    assert pickle.loads(copy).scan("x") == [(0, 1, 0)]


def test_lengths_of_names_are_counted():
    assert count_words(["a", "b c", "d.", "e f g"]).tolist() == [0, 1, 2, 1]
    assert count_words([]).tolist() == [0]


def test_sets_of_names_that_are_empty_files_are_named(tmp_path):
    WordFilter.build([], lengths=count_words([])).save(tmp_path)
    np.save(tmp_path / "lengths.npy", np.zeros(0, dtype=np.int64))
    with pytest.raises(CheckpointError, match="empty sets of names; make the table again"):
        WordFilter.open(tmp_path)
