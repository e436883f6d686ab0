"""Markdown notes become clean text; links are exactly where their text is."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from openluke.records.pages import Paragraph
from openluke.wikipedia.own_data.markdown import Targets, read_markdown

TARGETS = Targets(
    wiki=lambda target: f"W:{target}", address=lambda to: None if ":" in to else f"A:{to}"
)


def read(text: str):
    return read_markdown(text.split("\n"), targets=TARGETS)


def clean(text: str) -> str:
    """The text of what is one paragraph, with its links as ``{text|title}``."""
    paragraphs = read(text).paragraphs
    assert len(paragraphs) <= 1
    for paragraph in paragraphs:
        shown, place = "", 0
        for start, end, title in paragraph.links:
            shown += paragraph.text[place:start] + f"{{{paragraph.text[start:end]}|{title}}}"
            place = end
        return shown + paragraph.text[place:]
    return ""


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("[[Note]]", "{Note|W:Note}"),
        ("[[dir/Note#Head|the *note*]].", "{the note|W:dir/Note}."),
        ("[[dir/Note#Head]]", "{Note|W:dir/Note}"),
        ("[[Note| ]]", "{Note|W:Note}"),
        (r"[[Note\|it]] [[dir/Note#Head\|the head]]", "{it|W:Note} {the head|W:dir/Note}"),
        (r"[[a\b|c]] [[a\]]", r"{c|W:a\b} {a\|W:a\}"),
        ("[[#Head]]", "Head"),
        ("[[]] [[a", "[[]] [[a"),
        ("a![[Note]]b", "ab"),
        ("**[[Note]]**", "{Note|W:Note}"),
        ("[text](note.md)", "{text|A:note.md}"),
        ("[text](<my note.md> 'title')", "{text|A:my note.md}"),
        ("[**t** `x`](a_(b).md)", "{t x|A:a_(b).md}"),
        ("[text](http://a.b/c_d)", "text"),
        ("[text] (x)", "[text] (x)"),
        ("a[](note.md)x", "ax"),
        ("![alt *x* [y](z.md)](p.png)!", "!"),
        ("[a [b](c.md) d](e.md)", "[a {b|A:c.md} d](e.md)"),
        ("[a [[b]] d](e.md)", "[a {b|W:b} d](e.md)"),
        ("[a ![b](c.md) d](e.md)", "{a d|A:e.md}"),
        ("*a [b* c](d.md)", "*a {b* c|A:d.md}"),
        ("*a* __b__ ***c*** ~~d~~ ==e==", "a b c d e"),
        ("2 * 3 * 4, a_b_c, _a_b, a == b ~c~", "2 * 3 * 4, a_b_c, _a_b, a == b ~c~"),
        ("**a *b** c*", "a b c"),
        ("**a *b c*", "**a b c"),
        ("***a** b*", "a b"),
        ("*a\nb*  \nc\\\nd", "a b c d"),
        (r"\*a\* \[b](c) \\ \x", r"*a* [b](c) \ \x"),
        ("`*a*` ``b`c`` `d", "*a* b`c `d"),
        ("a`` `b` ``c` ` \\", "a`b`c \\"),
        ("a <b>c</b> <https://x.y> <a@b.c> 1 < 2 > 0<br/>z", "a c https://x.y a@b.c 1 < 2 > 0 z"),
        ("a<!-- b -->c %%d%%e <!-- f", "ac e <!-- f"),
        ("&amp; &#65; &nope; &", "& A &nope; &"),
        ("a[^1] b", "a b"),
        ("a   b\t[[ c ]]", "a b {c|W:c}"),
        ("[ [[a]] ](x", "[ {a|W:a} ](x"),
        ("&nbsp;[&nbsp;a&nbsp;](x.md)", "{a|A:x.md}"),
    ],
)  # fmt: skip
def test_markup_in_lines(written, wanted) -> None:
    assert clean(written) == wanted


def test_references_have_addresses_elsewhere() -> None:
    text = "[a][Ref x] [b][] [ref  X] [c][d] [b]\n\n[REF X]: note.md 'T'\n[b]: <b b.md>"
    assert clean(text) == "{a|A:note.md} {b|A:b b.md} {ref X|A:note.md} [c][d] {b|A:b b.md}"


BLOCKS = """\
Title
=====
one
two ^block-1
## Head ## ^h
* item
  goes on
1) first
    1. inner [x] ^i
- [ ] task
- [x]

This
2020. is no item
2. nor this
1. but this

***
```python
[[code]]
````
> quoted
lazy
> ~~~
> code
behind

| a | b |
| - | :-: |
| [[1]] | 2 |

a | b
not a table

    code
    code

<!--
hidden
--> hidden
<script>
no
</script>
%%
comment
%%
> [!warning]- Mind
> the **gap**
#tag
#
[^1]: foot [[note]]
"""


def test_blocks_have_kinds() -> None:
    reading = read(BLOCKS)
    found = [(paragraph.kind, paragraph.text) for paragraph in reading.paragraphs]
    assert found == [
        ("heading", "Title"),
        ("text", "one two"),
        ("heading", "Head"),
        ("item", "item goes on"),
        ("item", "first"),
        ("item", "inner [x]"),
        ("item", "task"),
        ("text", "This 2020. is no item 2. nor this"),
        ("item", "but this"),
        ("text", "quoted lazy"),
        ("text", "behind"),
        ("text", "a | b not a table"),
        ("text", "Mind"),
        ("text", "the gap #tag"),
        ("text", "foot note"),
    ]
    assert reading.dropped == {"code": 3, "tables": 1}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a\n> b\nc\n> > d\n2. e", ["a", "b c", "d", "e"]),
        ("> a\n===", ["a ==="]),
        ("> a\n---\nb", ["a", "b"]),
        ("> ```\n> x\nb", ["b"]),
        ("- a\n\n    b\n\n***\n    c", ["a", "b"]),
        ("1. a\n   ```\n   x\n   ```\n   then b\n2. c\n3. d", ["a", "then b", "c", "d"]),
        ("1. a\n\n   b\n4) c\n\n   it was\n   2014. d", ["a", "b", "c", "it was 2014. d"]),
        ("a\n2. b", ["a 2. b"]),
    ],
)
def test_quotations_and_lists_end(text, wanted) -> None:
    assert [paragraph.text for paragraph in read(text).paragraphs] == wanted


SIGNS = "* ** *** _ __ ` `` [ ] [a](b) ](x) ( ) a b . \\ & &amp; é".split()


def random_lines(*, n: int) -> list[str]:
    """The same lines each time: in one of some ten thousand markdown-it departs from CommonMark."""
    generator = random.Random(7)
    sizes = (generator.randint(1, 14) for _ in range(n))
    return ["w" + "".join(generator.choices([*SIGNS, " "], k=size)) for size in sizes]


def test_text_and_links_are_those_of_another_program() -> None:
    for text in random_lines(n=2000):
        if "[[" not in text:  # a link to a note is none there
            assert clean_of(read(text).paragraphs[0]) == clean_of_markdown_it(text), text


def clean_of(paragraph: Paragraph) -> tuple[str, list[str]]:
    """The text of a paragraph and those of its links."""
    return paragraph.text, [paragraph.text[start:end] for start, end, _ in paragraph.links]


def clean_of_markdown_it(text: str) -> tuple[str, list[str]]:
    """The same by markdown-it."""
    shown, links = "", list[list[int]]()
    for token in MarkdownIt("commonmark").parse(text)[1].children or ():
        if token.type == "link_open":
            links.append([len(shown)])
        if token.type == "link_close":
            links[-1].append(len(shown))
        shown += token.content
    names = [" ".join(shown[start:end].split()) for start, end in links]
    return " ".join(shown.split()), [name for name in names if name]


PIECES = (
    "[[ ]] [ ] ( ) ![ ](x) | # ## > - + 1. * ** *** _ __ ` `` ``` ~~~ ~~ == %% <!-- --> <b> </b> < "
    "& &amp; \\ --- === | a b é 😀 [^1] [r]: ^x |-| http://x x.md"
).split()
MARKUP = st.lists(
    st.sampled_from([*PIECES, " ", "\n", "\n\n", "    ", "\t", "\u00a0"]), max_size=40
)


@given(MARKUP.map("".join))
def test_anything_gives_lines_with_links_inside(text) -> None:
    for paragraph in read(text).paragraphs:
        assert paragraph.text == " ".join(paragraph.text.split()) != ""
        before = 0
        for start, end, title in paragraph.links:
            assert before <= start < end <= len(paragraph.text)
            assert paragraph.text[start:end] == paragraph.text[start:end].strip()
            assert title.startswith(("W:", "A:"))
            before = end


@given(
    st.lists(st.sampled_from(["[[a b]]", "[c](d.md)", "**", "*", " ", "x", "`", "![e](f)", "]"]))
)
def test_links_cut_their_text_out(pieces) -> None:
    for paragraph in read("".join(pieces)).paragraphs:
        for start, end, title in paragraph.links:
            shown = {"W:a b": "a b", "A:d.md": "c"}[title]
            assert paragraph.text[start:end] == shown


N = 15_000
HOSTILE = {
    "brackets": "[" * N,
    "closed brackets": "[" * N + "](x)" * N,
    "links in brackets": "[" * N + "[a](b)" * N,
    "wiki brackets": "[[" * N + "]]" * N,
    "bars": "[[" + "a|" * N,
    "images": "![" * N + "](x)" * N,
    "stars": "*a " * N + "b* " * N,
    "mixed stars": "*a **a ***a _a __a " * N,
    "runs": " a**" * N + "*" * N,
    "ticks": "".join("`" * (n % 300) + " " for n in range(N // 10)),
    "comments": "<!--" * N,
    "tags": "<a " * N,
    "addresses": "[a](" * N,
    "titles": '[a](b "' * N,
    "spaces": "[a](" + " " * N + "[a](b" + " " * N,
    "entities": "&a" * N,
    "references": "[r]: x\n\n" + "[" * N + "r]" * N,
    "many references": "".join(f"[{n}]: x\n" for n in range(N)),
    "footnotes": "[^" * N,
    "quotes": ">" * N + "a",
    "hashes": "# " + "#" * N + " " * N + "#a",
    "rules": "-" * N + " " * N + "x",
    "tables": "a|\n-|\n" * N,
    "lines": "a\n" * N,
    "fences": "```\n~~~\n" * N,
    "backslashes": "\\" * N,
    "percents": "%" * N,
    "names": "a ^" * N,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_notes_take_linear_time(name) -> None:
    start = time.process_time()
    read(HOSTILE[name])
    assert time.process_time() - start < 3
