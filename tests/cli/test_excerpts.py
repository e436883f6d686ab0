"""Texts are shortened around what is marked, and marks stay on their words."""

from openluke.cli.excerpts import excerpt
from openluke.inference.views import Mark, View


def view(text: str, *words: str, **fields) -> View:
    starts = [text.index(word) for word in words]
    marks = [
        Mark(start=start, end=start + len(word), label=word)
        for start, word in zip(starts, words, strict=True)
    ]
    return View(text=text, marks=tuple(marks), **fields)


def marked(view: View) -> list[str]:
    return [view.text[mark.start : mark.end] for mark in view.marks]


def test_a_short_text_stays_whole():
    short = view("Ana went to Tokyo.", "Ana", "Tokyo", notes=("note",))
    assert excerpt(short) == short


def test_a_long_text_is_cut_to_what_stands_around_its_marks():
    words = "word " * 400
    found = excerpt(view(f"{words}Ana {words}met Bob in Tokyo {words}", "Ana", "Bob", "Tokyo"))
    assert marked(found) == ["Ana", "Bob", "Tokyo"]
    assert len(found.text) < 450
    assert found.text.startswith("… word")
    assert found.text.endswith("word …")
    assert "word … word" in found.text
    assert not found.notes


def test_what_is_left_out_is_told():
    names = [f"Name{i:03}" for i in range(100)]
    found = excerpt(view(" and ".join(names), *names))
    assert 30 < len(found.marks) < 60
    assert marked(found) == names[: len(found.marks)]
    assert found.notes == (f"{100 - len(found.marks)} more marks in 1,195 characters",)


def test_a_text_without_marks_or_spaces_is_cut_at_its_end():
    assert excerpt(View(text="word " * 300)).text == "word " * 79 + "word …"
    assert excerpt(View(text="東" * 3000)).text == "東" * 400 + " …"
    assert excerpt(View(text="a", notes=("b" * 900,))).notes == ("b" * 400 + " … ",)
