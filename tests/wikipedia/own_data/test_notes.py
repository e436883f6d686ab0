"""Notes of a folder become pages under their names, and links find them."""

import pytest

from openluke.errors import DataError
from openluke.records.pages import Redirect
from openluke.wikipedia.own_data.note_head import NoteHead, split_head
from openluke.wikipedia.own_data.note_names import NoteNames, group_notes, list_notes
from openluke.wikipedia.own_data.note_pages import NoteReader
from openluke.wikipedia.own_data.title_rule import TitleRule


@pytest.mark.parametrize(
    ("text", "head", "lines"),
    [
        ("a", NoteHead(), ["a"]),
        ("---\ntitle: A\n", NoteHead(), ["---", "title: A", ""]),
        (
            "\ufeff---\r\ntitle: The: A # not\r\naliases: [b, \"c, d\", 'e''s']\r\n---\r\nx\r\n",
            NoteHead("The: A", ("b", "c, d", "e's")),
            ["x", ""],
        ),
        (
            "---\ntags:\n  - no\nTitle: \"A \\u00e9\"\naliases:\n- b\n  - 'c'\nother: x\n...\n",
            NoteHead("A é", ("b", "c")),
            [""],
        ),
        ("---\nalias: One name\n---", NoteHead(None, ("One name",)), []),
        ("---\ntitle:\naliases: []\n---", NoteHead(), []),
        ('---\ntitle: "broken\n---', NoteHead("broken"), []),
        (
            "---\naliases:\n- Pump One\nrelated notes:\n  - Reactor\nverknüpft:\n- Rohr\n---",
            NoteHead(None, ("Pump One",)),
            [],
        ),
        ('---\nalias: a\n"a key":\n- b\nurl:8:\n- c\n---', NoteHead(None, ("a",)), []),
        (
            "---\ntitle: >-\n  My folded: \n\n  title\nalias: |  # kept\n\tOne\nx: y\n---",
            NoteHead("My folded: title", ("One",)),
            [],
        ),
        (
            "---\naliases:\n  - >\n    one\n    - name\n  - two\n  - >three\ntitle: |-\n---",
            NoteHead(None, ("one - name", "two", ">three")),
            [],
        ),
        ("---\naliases:\n- b: c\n- d\n---", NoteHead(None, ("b: c", "d")), []),
    ],
)
def test_front_matter_is_read(text, head, lines) -> None:
    assert split_head(text) == (head, lines)


NAMES = NoteNames(["Note.md", "dir/Other.md", "dir/Same.md", "dir/deep/Same.md", "x/same.markdown"])


@pytest.mark.parametrize(
    ("target", "note", "name"),
    [
        ("note", "dir/Other.md", "Note"),
        ("Note.md", "dir/Other.md", "Note"),
        ("other", "Note.md", "Other"),
        ("DIR/Other", "Note.md", "Other"),
        ("Same", "Note.md", "dir/Same"),
        ("Same", "dir/deep/x.md", "dir/deep/Same"),
        ("Same", "x/y.md", "x/same"),
        ("deep/Same", "Note.md", "dir/deep/Same"),
        ("deep/Same", "dir/Other.md", "dir/deep/Same"),
        ("../Same", "dir/deep/x.md", "dir/Same"),
        ("../../../Missing", "Note.md", "Missing"),
        ("a/b/Missing", "Note.md", "Missing"),
        ("/", "Note.md", ""),
    ],
)
def test_wiki_links_find_notes(target, note, name) -> None:
    assert NAMES.linked(target, note=note) == name


@pytest.mark.parametrize(
    ("address", "note", "name"),
    [
        ("dir/Other.md#x", "Note.md", "Other"),
        ("Other.md", "Note.md", "Other"),
        ("../note.md", "dir/Other.md", "Note"),
        ("/Note", "dir/Other.md", "Note"),
        ("new%20one.md", "Note.md", "new one"),
        ("picture.png", "Note.md", None),
        ("#place", "Note.md", None),
        ("", "Note.md", None),
        (".md", "Note.md", None),
    ],
)
def test_addresses_find_notes(address, note, name) -> None:
    assert NAMES.at(address, note=note) == name


def test_notes_are_pages(tmp_path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / ".obsidian").mkdir()
    (tmp_path / ".obsidian" / "x.md").write_text("hidden")
    (tmp_path / "p.png").write_bytes(b"")
    (tmp_path / "sub" / "Berlin.md").write_text(
        "---\ntitle: Berlin (city)\naliases: [Spree-Athen]\n---\n# Berlin\n\n"
        "In [[germany]], [not here](Paris.md), [x](javascript:y), [[\x01]], [y](../Germany.md).\n"
    )
    (tmp_path / "Germany.md").write_text("See [[Berlin|its capital]].")
    notes = list_notes(tmp_path)
    assert notes == ("Germany.md", "sub/Berlin.md")
    reader = NoteReader(names=NoteNames(notes), titles=TitleRule())
    page, redirects = reader.read(tmp_path, path="sub/Berlin.md")
    assert page is not None
    assert (page.title, page.n_lead) == ("Berlin (city)", 0)
    assert redirects == (
        Redirect("Berlin", "Berlin (city)"),
        Redirect("Spree-Athen", "Berlin (city)"),
    )
    links = [(page.paragraphs[1].text[a:b], title) for a, b, title in page.paragraphs[1].links]
    assert links == [("germany", "Germany"), ("not here", "Paris"), ("y", "Germany")]
    assert reader.counts == {"dropped_links_to_no_title": 1}
    other, redirects = reader.read(tmp_path, path="Germany.md")
    assert other is not None
    assert (other.title, redirects) == ("Germany", ())
    assert [link.title for link in other.paragraphs[0].links] == ["Berlin"]


def test_what_cannot_be_read_is_named(tmp_path) -> None:
    with pytest.raises(DataError, match="found no Markdown files"):
        list_notes(tmp_path)
    (tmp_path / "a.md").write_bytes(b"\xe9")
    reader = NoteReader(names=NoteNames(["a.md"]), titles=TitleRule())
    with pytest.raises(DataError, match=r"a\.md: not UTF-8: .* at byte 0"):
        reader.read(tmp_path, path="a.md")
    (tmp_path / "a.md").write_text('---\naliases: ["\\u0001"]\n---')
    with pytest.raises(DataError, match=r"a\.md: title: found '\\x01', expected a title"):
        reader.read(tmp_path, path="a.md")


def test_notes_are_grouped_by_size() -> None:
    assert group_notes([5, 5, 1, 20, 1], part_size=10) == [range(2), range(2, 4), range(4, 5)]
    assert group_notes([], part_size=10) == []
