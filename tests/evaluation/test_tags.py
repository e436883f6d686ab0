import pytest
import seqeval.scheme
from hypothesis import example, given
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities

from openluke.errors import DataError
from openluke.evaluation.tags import check_readable, lenient_spans, mark_spans, strict_spans

SCHEMES = {
    "iob1": ("BI", seqeval.scheme.IOB1),
    "iob2": ("BI", seqeval.scheme.IOB2),
    "bioes": ("BIES", seqeval.scheme.IOBES),
    "bilou": ("BILU", seqeval.scheme.BILOU),
}


def tags(prefixes):
    known = ["O", *(f"{prefix}-{label}" for prefix in prefixes for label in ("PER", "ORG"))]
    return st.lists(st.sampled_from(known), max_size=8)


@given(tags("BIES"))
@example(["I-PER", "I-ORG", "B-ORG"])
@example(["E-PER", "E-PER", "I-PER"])
def test_sequences_are_read_as_seqeval_reads_them_by_default(sequence):
    expected = [(start, last + 1, label) for label, start, last in get_entities(sequence)]
    assert [tuple(span) for span in lenient_spans(sequence)] == expected


@pytest.mark.parametrize("scheme", SCHEMES)
@given(data=st.data())
def test_sequences_are_read_strictly_as_seqeval_reads_them(scheme, data):
    prefixes, theirs = SCHEMES[scheme]
    sequence = data.draw(tags(prefixes))
    (entities,) = seqeval.scheme.Entities([sequence], theirs).entities
    expected = [(one.start, one.end, one.tag) for one in entities]
    assert [tuple(span) for span in strict_spans(sequence, scheme=scheme)] == expected


@given(tags("BIES"))
def test_bilou_is_bioes_under_other_letters(sequence):
    table = str.maketrans("ES", "LU")
    renamed = [tag[:1].translate(table) + tag[1:] for tag in sequence]
    assert lenient_spans(renamed) == lenient_spans(sequence)
    assert strict_spans(renamed, scheme="bilou") == strict_spans(sequence, scheme="bioes")


def test_a_span_may_begin_with_any_tag_unless_strict():
    assert lenient_spans(["I-PER", "I-PER", "O"]) == [(0, 2, "PER")]
    assert strict_spans(["I-PER", "I-PER", "O"], scheme="iob2") == []
    assert strict_spans(["I-PER", "I-PER", "O"], scheme="iob1") == [(0, 2, "PER")]


def test_labels_may_hold_dashes_and_may_be_missing():
    assert lenient_spans(["B-PER-X", "I-PER-X", "B", "I"]) == [(0, 2, "PER-X"), (2, 4, "_")]


@pytest.mark.parametrize("tag", ["X-PER", "PER", "", "BB-PER", "o"])
def test_a_tag_that_is_none_is_refused(tag):
    with pytest.raises(DataError, match="expected O or one of B-LABEL"):
        lenient_spans([tag])


def test_a_tag_of_another_scheme_is_refused_when_strict():
    with pytest.raises(DataError, match="found the tag 'S-PER', expected O or one of B-LABEL, I-"):
        strict_spans(["S-PER"], scheme="iob2")


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (["O", "B-PER", "I-PER"], True),
        (["I-PER", "O", "I-ORG"], True),
        (["S-PER", "B-ORG", "E-ORG", "O"], True),
        (["B", "I", "O"], True),
        (["DET", "PROPN", "O"], False),
        (["B-PER", "DET"], False),
        (["B", "O"], False),
        (["B", "M", "E", "S"], False),
        (["O"], False),
        ([], False),
    ],
)
def test_tags_of_spans_are_told_from_others(known, expected):
    assert mark_spans(known) == expected
    if expected:
        check_readable(known)


def test_tags_are_read_in_the_letters_of_a_scheme():
    check_readable(["S-PER", "O"], scheme="bioes")
    with pytest.raises(DataError, match="found the tag 'S-PER', expected O or one of B-LABEL, I-"):
        check_readable(["O", "S-PER"], scheme="iob2")
    with pytest.raises(DataError, match="found the tag 'DET'"):
        check_readable(["DET"])
