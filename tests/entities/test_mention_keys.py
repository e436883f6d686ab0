"""What names are compared by."""

import sys
import unicodedata

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from openluke.entities.character_table import CharacterTable, code_points, text_of
from openluke.entities.mention_keys import fold_character, fold_text, mention_key

ODD = " \n\t\u3000aÉß\u0301İΣςがか\u3099कि\u200dŉᾳ𠀋가"


@pytest.mark.parametrize(
    ("mention", "written", "folded"),
    [
        ("New  York\n", "New York", "new york"),
        ("ÉCOLE", "ÉCOLE", "ecole"),
        ("e\u0301cole", "e\u0301cole", "ecole"),
        ("Straße", "Straße", "strasse"),
        ("Ὀδυσσεύς", "Ὀδυσσεύς", "οδυσσευσ"),
        ("İstanbul", "İstanbul", "istanbul"),
        ("مُحَمَّد", "مُحَمَّد", "محمد"),
        ("हिन्दी", "हिन्दी", "हिन्दी"),
        ("กรุงเทพ", "กรุงเทพ", "กรุงเทพ"),
        ("がか", "がか", "がか"),
        ("서울", "서울", "서울"),
        (" \u0301 ", "\u0301", ""),
    ],
)
def test_forms(mention, written, folded):
    assert mention_key(mention, form="written") == written
    assert mention_key(mention, form="folded") == folded


def test_folding_again_changes_no_character():
    for point in range(sys.maxunicode + 1):
        folded = fold_character(chr(point))
        if folded != chr(point):
            assert "".join(map(fold_character, folded)) == folded, hex(point)
            assert not any(c.isspace() for c in folded) or chr(point).isspace(), hex(point)


@given(st.text(st.sampled_from(ODD)), st.sampled_from(["written", "folded"]))
@example("a \u0301 b", "folded")
def test_texts_are_folded_as_names_are(text, form):
    points = code_points(text)
    is_space = np.array([character.isspace() for character in text], dtype=bool)
    folded = fold_text(points, is_space=is_space, form=form)
    assert text_of(folded.points).strip(" ") == mention_key(text, form=form)
    assert len(folded.places) == len(text) + 1
    for place, character in enumerate(text):
        part = text_of(folded.points[folded.places[place] : folded.places[place + 1]])
        if not character.isspace():
            assert part == (fold_character(character) if form == "folded" else character)
        else:
            assert part in ("", " ")


@given(st.text())
def test_characters_and_numbers_are_the_same(text):
    assert text_of(code_points(text)) == text


def test_facts_of_characters_are_found_when_they_are_asked_for():
    asked = []

    def fact(character):
        asked.append(character)
        return len(unicodedata.name(character, "")) % 200

    table = CharacterTable(fact, dtype=np.uint8)
    for _ in range(2):
        assert table[code_points("aé日")].tolist() == [20, 31, 26]
        assert len(asked) == 512
