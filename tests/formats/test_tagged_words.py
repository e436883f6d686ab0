"""Columns of words and any tags."""

from openluke.formats.tagged_words import looks_like_tagged_words, read_tagged_words

TEXT = "-DOCSTART- X\n\nAda NNP\nsang VBD\n\nBob NNP\n"


def test_each_sentence_is_a_text_with_tags(write):
    first, second = read_tagged_words(write(TEXT))
    assert (first.text, first.tags) == ("Ada sang", ("NNP", "VBD"))
    assert [span.of(first.text) for span in first.words] == ["Ada", "sang"]
    assert (second.text, second.tags) == ("Bob", ("NNP",))


def test_columns_may_be_said_and_tags_be_missing(write):
    (text,) = read_tagged_words(write("1\tAda\tNNP\n"), word_column=1, tagged=False)
    assert (text.text, text.tags) == ("Ada", None)


def test_columns_are_told_by_their_number():
    assert looks_like_tagged_words(TEXT)
    assert not looks_like_tagged_words("a NNP\nb\n")
    assert not looks_like_tagged_words('{"text": "a b"}\n')
    assert not looks_like_tagged_words("")
