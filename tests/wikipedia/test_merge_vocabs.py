"""One vocabulary of many languages."""

import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openluke.entities.name_index import VocabRow
from openluke.entities.titles import Name
from openluke.entities.vocab import EntityVocab
from openluke.errors import ConfigError, DataError
from openluke.manifests import read_manifest
from openluke.wikipedia.build_interwiki import build_interwiki
from openluke.wikipedia.interwiki_sources import InterwikiSources
from openluke.wikipedia.merge_vocabs import MergeOptions, merge_vocabs
from openluke.wikipedia.reductions import Limits

ITEMS = {
    Name("Japan", "en"): 17,
    Name("日本", "ja"): 17,
    Name("Japan", "de"): 17,
    Name("Spain", "en"): 29,
    Name("Spanien", "de"): 29,
}
ONE = Limits(workers=1)


def write_interwiki(path, *, items=None):
    """A table of items of names."""
    rows = (ITEMS if items is None else items).items()
    lines = "".join(f"Q{item}\t{name.language}\t{name.title}\n" for name, item in rows)
    path.with_suffix(".tsv").write_text(lines, encoding="utf-8")
    sources = InterwikiSources(tables=[path.with_suffix(".tsv")])
    build_interwiki(path, sources=sources, limits=ONE)
    return path


def write_vocab(path, *, language, counts, form="jsonl"):
    rows = [VocabRow([Name(title, language)], links) for title, links in counts.items()]
    EntityVocab.build(rows).write(path, form=form)
    return path


@pytest.fixture
def merge(tmp_path):
    table = write_interwiki(tmp_path / "interwiki")
    vocabs = [
        write_vocab(tmp_path / "en", language="en", counts={"Japan": 9, "Spain": 5, "Alone": 7}),
        write_vocab(tmp_path / "ja", language="ja", counts={"日本": 20, "一人": 3}, form="mapped"),
        write_vocab(tmp_path / "de", language="de", counts={"Spanien": 2, "Japan": 1}),
    ]

    def call(*, form="mapped", vocabs=vocabs, reuse=False, **options):
        counts = merge_vocabs(
            vocabs,
            interwiki=table,
            output=tmp_path / f"merged-{form}",
            options=MergeOptions(**options),
            form=form,
            limits=ONE,
            replace=True,
            reuse=reuse,
        )
        return rows_of(EntityVocab.read(tmp_path / f"merged-{form}")), counts

    return call


def rows_of(vocab):
    rows = [(list(row.names), row.links) for row in vocab.rows()]
    special = [names[0].title for names, _ in rows[:3]]
    assert special == ["[PAD]", "[UNK]", "[MASK]"]
    return rows[3:]


JAPAN = [Name("Japan", "en"), Name("日本", "ja"), Name("Japan", "de")]
SPAIN = [Name("Spain", "en"), Name("Spanien", "de")]


def test_titles_about_the_same_share_an_entity(merge):
    found, counts = merge(min_languages=1)
    assert found == [
        (JAPAN, 30),
        (SPAIN, 7),  # comes before its equal in the first vocabulary
        ([Name("Alone", "en")], 7),
        ([Name("一人", "ja")], 3),
    ]
    assert counts["titles"] == 7
    assert counts["titles_without_item"] == 2


def test_entities_of_few_languages_are_dropped(merge):
    assert merge(min_languages=2)[0] == [(JAPAN, 30), (SPAIN, 7)]
    found, counts = merge()
    assert found == [(JAPAN, 30)]
    assert counts["entities_dropped_few_languages"] == 3


def test_the_size_counts_the_special_entities(merge):
    found, counts = merge(min_languages=1, size=5)
    assert found == [(JAPAN, 30), (SPAIN, 7)]
    assert counts["entities_dropped_beyond_size"] == 2
    assert merge(min_languages=1, size=3)[0] == []


def test_the_other_forms_hold_the_same(merge):
    assert merge(min_languages=1, form="jsonl")[0] == merge(min_languages=1)[0]


def test_the_record_says_what_it_was_made_from(merge, tmp_path):
    _, counts = merge()
    manifest = read_manifest(tmp_path / "merged-mapped", kind="entity-vocab")
    assert set(manifest.inputs) == {"vocab 1", "vocab 2", "vocab 3", "interwiki"}
    assert manifest.options == {"size": 1_200_000, "min_languages": 3}
    assert counts.items() <= manifest.counts.items()
    assert merge(reuse=True)[1] == manifest.counts


def test_vocabularies_that_cannot_be_merged_are_told(merge, tmp_path):
    bare = write_vocab(tmp_path / "bare", language=None, counts={"Japan": 1})
    with pytest.raises(DataError, match="'Japan' has no language; build it with one"):
        merge(vocabs=[bare])
    EntityVocab.build([VocabRow(JAPAN, 3)]).write(tmp_path / "many", form="jsonl")
    with pytest.raises(DataError, match=r"an entity has 3 names \(Japan, 日本, Japan\)"):
        merge(vocabs=[tmp_path / "many"])
    EntityVocab.build([VocabRow(JAPAN[:1])]).write(tmp_path / "uncounted", form="jsonl")
    norwegian = write_vocab(tmp_path / "nb", language="nb", counts={"Japan": 1})
    with pytest.raises(DataError, match=r"titles of 'nb'.* has none; it has de, en, ja; make it"):
        merge(vocabs=[norwegian])
    with pytest.raises(DataError, match="'Japan' has no count"):
        merge(vocabs=[tmp_path / "uncounted"])
    with pytest.raises(ConfigError, match="no vocabulary"):
        merge(vocabs=[])
    with pytest.raises(ConfigError, match="min_languages=0"):
        merge(min_languages=0)


def test_hashes_of_strings_change_no_byte(tmp_path, merge):
    program = (
        "import sys\n"
        "from openluke.wikipedia.merge_vocabs import MergeOptions, merge_vocabs\n"
        "from openluke.wikipedia.reductions import Limits\n"
        "merge_vocabs(sys.argv[4:], interwiki=sys.argv[1], output=sys.argv[2], form='jsonl',\n"
        "    options=MergeOptions(min_languages=1), limits=Limits(workers=int(sys.argv[3])))\n"
    )
    vocabs = [str(tmp_path / name) for name in ("en", "ja", "de")]
    contents = set()
    for seed in (1, 2):
        out = tmp_path / f"merged{seed}.jsonl"
        arguments = [str(tmp_path / "interwiki"), str(out), str(seed), *vocabs]
        environment = os.environ | {"PYTHONHASHSEED": str(seed)}
        command = [sys.executable, "-c", program, *arguments]
        subprocess.run(command, env=environment, check=True)
        contents.add(out.read_bytes())
    assert len(contents) == 1


def plain_merge(vocabs, *, items, size, min_languages):
    """What the original project does, with special entities first, in plain Python."""
    groups = {}
    for language, counts in vocabs.items():
        for title, count in counts.items():
            name = Name(title, language)
            names, total = groups.get(items.get(name, name), ([], 0))
            groups[items.get(name, name)] = ([*names, name], total + count)
    kept = [group for group in groups.values() if len(group[0]) >= min_languages]
    return sorted(kept, key=lambda group: -group[1])[: size - 3]


titles = st.sampled_from(["A", "B", "C", "D", "É", "日"])
counted = st.dictionaries(titles, st.integers(1, 5), min_size=1, max_size=5)


@settings(max_examples=8)
@given(
    vocabs=st.dictionaries(st.sampled_from(["en", "de", "ja"]), counted, min_size=1),
    items=st.dictionaries(
        st.builds(Name, titles, st.sampled_from(["en", "de", "ja"])), st.integers(1, 4)
    ),
    size=st.integers(3, 9),
    min_languages=st.integers(1, 3),
)
def test_it_is_the_vocabulary_of_plain_merging(
    tmp_path_factory, vocabs, items, size, min_languages
):
    path = tmp_path_factory.mktemp("merge")
    # as in Wikidata, an item has one title of each language
    items = {
        name: item
        for name, item in items.items()
        if name.title == min(n.title for n, i in items.items() if (i, n[1]) == (item, name[1]))
    }
    others = {Name("Other", code): 99 for code in ("en", "de", "ja")}  # it knows all languages
    merge_vocabs(
        [write_vocab(path / code, language=code, counts=c) for code, c in vocabs.items()],
        interwiki=write_interwiki(path / "interwiki", items=items | others),
        output=path / "merged.jsonl",
        form="jsonl",
        options=MergeOptions(size=size, min_languages=min_languages),
        limits=ONE,
    )
    found = rows_of(EntityVocab.read(path / "merged.jsonl"))
    assert found == plain_merge(vocabs, items=items, size=size, min_languages=min_languages)
