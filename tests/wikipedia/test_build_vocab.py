"""The entity vocabulary of a page store."""

import json
import os
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openluke.entities.titles import PAD, SPECIAL_TITLES
from openluke.entities.vocab import EntityVocab
from openluke.errors import CheckpointError, ConfigError, DataError
from openluke.manifests import read_manifest
from openluke.wikipedia.build_vocab import build_vocab, white_list_titles
from openluke.wikipedia.reductions import LEAST_MEMORY, Limits
from openluke.wikipedia.site import Site, make_site
from openluke.wikipedia.vocab_choice import VocabOptions
from tests.wikipedia.small_stores import linking, write_store


@pytest.fixture
def store(tmp_path):
    """Four pages that link each other, by redirects too."""
    pages = [
        linking("Japan", ["Tokyo", "JP", "Nowhere", "Category:Asia"]),
        linking("Tokyo", ["Japan", "Edo", "Tōkyō"]),
        linking("Mercury", ["Tokyo"], is_disambiguation=True),
        linking("List of cities", ["Mercury", "Tokyo", "List of cities"], is_list=True),
        linking("Category:Asia", ["Japan"]),
        linking("Lonely"),
    ]
    redirects = [("JP", "Japan"), ("Edo", "Tōkyō"), ("Tōkyō", "Tokyo"), ("Round", "Round")]
    return write_store(tmp_path / "pages", pages=pages, redirects=redirects)


@pytest.fixture
def build(store, tmp_path):
    def call(*, white_list=None, **options):
        files = []
        if white_list is not None:
            (tmp_path / "white.txt").write_text("\n".join(white_list), encoding="utf-8")
            files = [tmp_path / "white.txt"]
        counts = build_vocab(
            store,
            output=tmp_path / "vocab",
            options=VocabOptions(**options),
            white_lists=files,
            replace=True,
        )
        return titles(EntityVocab.read(tmp_path / "vocab")), counts

    return call


def titles(vocab):
    """Titles and counts in the order of ids, the special ones left out, which come first."""
    rows = [(vocab.title(i), vocab.count(i)) for i in range(vocab.n_ids)]
    assert rows[:3] == [("[PAD]", 0), ("[UNK]", 0), ("[MASK]", 0)]
    return rows[3:]


def test_titles_come_by_links_after_redirects_and_then_by_title(build):
    found, counts = build()
    assert found == [("Tokyo", 5), ("Japan", 3), ("List of cities", 1), ("Mercury", 1)]
    assert counts["links"] == 12
    assert counts["links_to_kept"] == 10
    assert counts["titles_dropped_not_a_page"] == 1
    assert counts["titles_dropped_category_or_file"] == 1
    assert counts["redirects_dropped_endless"] == 1


def test_a_white_list_comes_first_in_its_order(build):
    white = ["Mercury", "lonely", "Nowhere", "", "Edo", "Unheard of", "Mercury", "[PAD]"]
    found, counts = build(white_list=white)
    assert found[:3] == [("Mercury", 1), ("Nowhere", 1), ("Tokyo", 5)]  # Edo leads to Tokyo
    assert [title for title, _ in found[3:]] == ["Japan", "List of cities"]
    assert counts["white_list"] == 5
    assert counts["white_list_linked"] == 3


def test_the_white_list_can_be_all(build):
    found, counts = build(white_list=["Japan"], white_list_only=True)
    assert found == [("Japan", 3)]
    assert counts["titles_dropped_not_on_white_list"] == 3


def test_a_rare_title_on_the_white_list_is_kept_and_ids_have_no_hole(build):
    found, counts = build(white_list=["Mercury", "Japan"], min_count=2)
    assert found == [("Mercury", 1), ("Japan", 3), ("Tokyo", 5)]
    assert counts["titles_dropped_below_min_count"] == 3


def test_a_white_list_as_long_as_the_size_is_all(build):
    assert build(white_list=["Mercury", "Japan"], size=5)[0] == [("Mercury", 1), ("Japan", 3)]
    assert build(white_list=["Mercury", "Japan"], size=4)[0] == [("Mercury", 1)]
    assert build(size=3)[0] == []


def test_disambiguation_pages_and_lists_can_be_left_out(build):
    found, counts = build(keep_disambiguation=False, keep_lists=False)
    assert [title for title, _ in found] == ["Tokyo", "Japan"]
    assert counts["titles_dropped_disambiguation"] == counts["titles_dropped_list"] == 1


def test_every_title_is_kept_or_dropped_for_one_reason(build):
    _, counts = build(size=5, min_count=1, keep_lists=False)
    causes = [n for name, n in counts.items() if name.startswith("titles_")]
    assert counts["titles"] == sum(causes)


def test_the_language_is_spelt_as_wikipedia_has_it(build, tmp_path):
    build(language="nb")
    vocab = EntityVocab.read(tmp_path / "vocab")
    assert vocab.find("Tokyo", language="no") == 3
    assert read_manifest(tmp_path / "vocab").options["language"] == "no"
    with pytest.raises(ConfigError, match=r"'zz-nonsense', expected the code.*are in 'en'"):
        build(language="zz-nonsense")


def test_names_get_a_language_when_it_is_given(build, tmp_path):
    build(language="ja")
    vocab = EntityVocab.read(tmp_path / "vocab")
    assert vocab.find("Tokyo", language="ja") == 3
    assert vocab.find(PAD) == 0


def test_the_record_says_what_it_was_made_from(build, tmp_path):
    _, counts = build(white_list=["Japan"])
    manifest = read_manifest(tmp_path / "vocab", kind="entity-vocab")
    assert set(manifest.inputs) == {"pages", "white list 1"}
    assert manifest.options["size"] == 500_000
    assert counts.items() <= manifest.counts.items()


def test_the_other_forms_hold_the_same(store, tmp_path):
    for form in ("jsonl", "tsv", "huggingface"):
        build_vocab(store, output=tmp_path / form, form=form)
        vocab = EntityVocab.read(tmp_path / form)
        assert [vocab.title(i) for i in (3, 4)] == ["Tokyo", "Japan"]


@pytest.mark.parametrize("form", ["mapped", "jsonl"])
def test_what_is_finished_stays(store, tmp_path, form):
    build_vocab(store, output=tmp_path / "out", form=form)
    with pytest.raises(CheckpointError, match="--replace"):
        build_vocab(store, output=tmp_path / "out", form=form)


def test_a_finished_one_of_the_same_pages_and_options_will_do(store, tmp_path):
    first = build_vocab(store, output=tmp_path / "out")
    before = (tmp_path / "out" / "manifest.json").stat().st_mtime_ns
    assert build_vocab(store, output=tmp_path / "out", reuse=True) == first | {
        "names": 7,
        "ids": 7,
    }
    assert (tmp_path / "out" / "manifest.json").stat().st_mtime_ns == before
    with pytest.raises(CheckpointError, match="--replace"):
        build_vocab(store, output=tmp_path / "out", options=VocabOptions(size=4), reuse=True)


def test_options_that_cannot_work_are_refused(build):
    with pytest.raises(ConfigError, match="size=2, expected at least 3"):
        build(size=2)
    with pytest.raises(ConfigError, match="expected a code like 'en'"):
        build(language="English")
    with pytest.raises(ConfigError, match="no title on a white list"):
        build(white_list_only=True)


def test_a_white_list_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.txt: cannot be read"):
        white_list_titles([tmp_path / "none.txt"], site=make_site("en"))
    (tmp_path / "latin.txt").write_bytes(b"K\xf6ln\n")
    with pytest.raises(DataError, match="not UTF-8"):
        white_list_titles([tmp_path / "latin.txt"], site=make_site("en"))


def test_a_store_without_pages_gives_the_special_entities(tmp_path):
    store = write_store(tmp_path / "pages", n_parts=0)
    build_vocab(store, output=tmp_path / "vocab")
    assert titles(EntityVocab.read(tmp_path / "vocab")) == []


def test_neither_workers_nor_memory_nor_hashes_change_a_byte(store, tmp_path):
    program = (
        "import sys\n"
        "from openluke.wikipedia.build_vocab import build_vocab\n"
        "from openluke.wikipedia.reductions import Limits\n"
        "limits = Limits(workers=int(sys.argv[3]), memory=int(sys.argv[4]))\n"
        "build_vocab(sys.argv[1], output=sys.argv[2], form='jsonl', limits=limits)\n"
    )
    contents = set()
    for seed, workers in ((1, 1), (2, 3)):
        out = tmp_path / f"vocab{seed}"
        arguments = [str(store), str(out), str(workers), str(LEAST_MEMORY * seed)]
        environment = os.environ | {"PYTHONHASHSEED": str(seed)}
        command = [sys.executable, "-c", program, *arguments]
        subprocess.run(command, env=environment, check=True)
        contents.add(out.read_bytes())
    assert len(contents) == 1


def plain_vocab(pages, *, redirects, white_list, size, min_count):
    """The vocabulary in plain Python, ids assigned last."""
    hops = dict(redirects)
    texts = {page.title for page in pages}

    def end_of(title):
        for _ in range(10):
            if title in texts or title not in hops:
                return title
            title = hops[title]
        return None

    counter = Counter()
    for page in pages:
        for link in page.paragraphs[0].links:
            end = end_of(link.title)
            counter[link.title if end is None else end] += 1
    often = {title for title in texts & set(counter) if counter[title] >= min_count}
    ranked = sorted(often, key=lambda title: (-counter[title], title))
    asked = [end_of(title) or title for title in white_list]
    wanted = [title for title in dict.fromkeys(asked) if counter[title]]
    order = list(dict.fromkeys([*wanted, *ranked]))
    order = [title for title in order if ":" not in title]
    return [(title, counter[title]) for title in order[: max(size - 3, 0)]]


names = st.sampled_from("A B C D E F Ä 日 𝄞".split())
pairs = st.dictionaries(names, names, max_size=6).map(lambda hops: list(hops.items()))


@settings(max_examples=12)
@given(
    linked=st.dictionaries(names, st.lists(names, max_size=6), min_size=1),
    redirects=pairs,
    white_list=st.lists(names, max_size=3, unique=True),
    size=st.integers(3, 12),
    min_count=st.integers(0, 3),
)
def test_it_is_the_vocabulary_of_plain_counting(
    tmp_path_factory, linked, redirects, white_list, size, min_count
):
    path = tmp_path_factory.mktemp("random")
    pages = [linking(title, links) for title, links in linked.items()]
    store = write_store(path / "pages", pages=pages, redirects=redirects, n_parts=3)
    (path / "white.txt").write_text("\n".join(white_list), encoding="utf-8")
    options = VocabOptions(size=size, min_count=min_count)
    build_vocab(
        store,
        output=path / "vocab.jsonl",
        form="jsonl",
        options=options,
        white_lists=[path / "white.txt"],
        limits=Limits(workers=2),
    )
    lines = (path / "vocab.jsonl").read_text(encoding="utf-8").splitlines()
    found = [(row["entities"][0][0], row["count"]) for row in map(json.loads, lines)]
    assert {title for title, _ in found[:3]} < SPECIAL_TITLES
    assert found[3:] == plain_vocab(
        pages, redirects=redirects, white_list=white_list, size=size, min_count=min_count
    )


def test_titles_on_white_lists_are_spelt_as_the_site_spells_them(tmp_path):
    (tmp_path / "list.txt").write_text("iPod\nnew_York\n\n", encoding="utf-8")
    files = [tmp_path / "list.txt"]
    assert white_list_titles(files, site=make_site("en")) == ["IPod", "New York"]
    small = make_site("en", capitalises=False)
    assert white_list_titles(files, site=small) == ["iPod", "new York"]
    assert white_list_titles(files, site=Site(language="en")) == ["iPod", "new_York"]
