"""A corpus depends on its sources and options alone, and is there whole or not at all."""

import dataclasses
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from openluke.artifacts import fingerprint
from openluke.entities.vocab import EntityVocab
from openluke.errors import CheckpointError, ConfigError
from openluke.pretraining.corpus.build_corpus import CorpusSources
from openluke.pretraining.corpus.corpus import Corpus, check_alike
from openluke.pretraining.corpus.options import CorpusOptions
from openluke.pretraining.data import CorpusData
from openluke.tokenization.tokenizer import WordTokenizer
from openluke.wikipedia.build_candidates import Workforce
from openluke.wikipedia.pages import PageStore
from tests.architecture.rules import ROOT
from tests.pretraining.corpus.plain_windows import plain_windows
from tests.pretraining.corpus.small_corpora import (
    OPTIONS,
    build,
    prose,
    small_pages,
    write_sources,
)
from tests.tokenization import small_tokenizers
from tests.wikipedia.small_stores import write_store


@pytest.fixture(scope="module")
def sources(tmp_path_factory) -> CorpusSources:
    return write_sources(tmp_path_factory.mktemp("sources"))


def options(**changed) -> CorpusOptions:
    return dataclasses.replace(OPTIONS, **changed)


def windows(shards):
    """Title, page, pieces and entities of all windows."""
    numbers = range(len(shards))
    return [
        (
            title,
            page,
            one.word_ids.tolist(),
            list(zip(one.entity_ids.tolist(), *one.entity_ranges.T.tolist(), strict=True)),
        )
        for title, (one, page) in zip(shards.titles(numbers), shards.read(numbers), strict=True)
    ]


def all_windows(corpus):
    return windows(corpus.train) + windows(corpus.validation)


def test_a_corpus_has_the_windows_of_its_pages(tmp_path, sources) -> None:
    corpus = build(sources, tmp_path / "c")
    store, vocab = PageStore.open(sources.pages), EntityVocab.read(sources.vocab)
    tokenizer = WordTokenizer.read(sources.tokenizer)
    rows = {f"City {n}": vocab.find(f"City {n}") for n in range(60)}
    rows["Town 3"] = rows["City 3"]
    rows = {title: row for title, row in rows.items() if row is not None}
    taken = [page for page in store.pages() if not page.is_disambiguation]
    wanted = [
        (
            taken[window.page].title,
            rows.get(taken[window.page].title, -1),
            [tokenizer.bos_id, *window.words, tokenizer.eos_id],
            [(entity, start + 1, end + 1) for entity, start, end in window.links],
        )
        for window in plain_windows(
            taken,
            tokenizer=tokenizer,
            rows=rows,
            min_words=5,
            max_words=38,
            max_entities=128,
            keep_plain=False,
        )
    ]
    assert sorted(all_windows(corpus)) == sorted(wanted)
    learnt, held_out = (
        {title for title, *_ in windows(one)} for one in (corpus.train, corpus.validation)
    )
    assert learnt
    assert held_out
    assert not learnt & held_out
    order = [page.title for page in taken]
    seen = [order.index(title) for title, *_ in windows(corpus.train)]
    assert seen == sorted(seen)
    info, counts = corpus.info, corpus.manifest.counts
    assert (info.n_train, info.n_validation) == (len(corpus.train), len(corpus.validation))
    assert info.n_pieces == counts["pieces"] == corpus.train.n_pieces + corpus.validation.n_pieces
    assert info.n_mentions == counts["mentions"] == sum(len(one[3]) for one in wanted)
    assert (info.language, info.max_words, info.n_entities) == ("en", 40, vocab.n_ids)
    assert info.n_words == tokenizer.n_words
    assert counts["windows"] == len(wanted)
    assert counts["dropped_pages_disambiguation"] == 1
    assert counts["dropped_links_to_unknown_entities"] > 0


def test_a_corpus_brings_its_tokenizer_and_entities(tmp_path, sources) -> None:
    corpus = build(sources, tmp_path / "c")
    assert {path.name for path in corpus.path.iterdir()} == {
        *("corpus.json", "entities", "manifest.json", "shards.json", "tokenizer", "train"),
        "validation",
    }
    vocab = EntityVocab.read(sources.vocab)
    assert list(corpus.entities().rows()) == list(vocab.rows())
    text = "Tokyo is a city."
    pieces = [
        one.encode([[text]], offsets=False)[0].ids
        for one in (corpus.tokenizer(), WordTokenizer.read(sources.tokenizer))
    ]
    assert pieces[0] == pieces[1]
    data = CorpusData([corpus.train], seed=0, batch_size=8)
    seen = Counter(name for p in range(data.start(1)) for name in data.describe(p))
    assert len(seen) == len(corpus.train)


def test_any_way_of_doing_it_makes_the_same_bytes(tmp_path, sources) -> None:
    wanted = fingerprint(build(sources, tmp_path / "one").path)
    told = []
    force = Workforce(workers=2, on_done=lambda step, done: told.append((step, done.number)))
    assert fingerprint(build(sources, tmp_path / "two", workforce=force).path) == wanted
    assert sorted(told) == [("corpus", 0), ("corpus", 1), ("corpus", 2)]
    force = Workforce(workers=2, executor="datatrove-local")
    assert fingerprint(build(sources, tmp_path / "three", workforce=force).path) == wanted
    assert "TOKENIZERS_PARALLELISM" not in os.environ


def test_how_pages_lie_in_files_does_not_decide_what_is_held_out(tmp_path, sources) -> None:
    one = build(sources, tmp_path / "one", options=options(limit=20))
    pages = small_pages()
    random.Random(5).shuffle(pages)
    store = write_store(tmp_path / "p", pages=pages, redirects=[("Town 3", "City 3")], n_parts=5)
    other = build(
        dataclasses.replace(sources, pages=store), tmp_path / "two", options=options(limit=20)
    )
    for split in ("train", "validation"):
        found = [sorted(windows(getattr(corpus, split))) for corpus in (one, other)]
        assert found[0] == found[1] != []


def test_the_seed_draws_pages_and_those_held_out(tmp_path, sources) -> None:
    def titles(name, **changed):
        corpus = build(sources, tmp_path / name, options=options(**changed))
        learnt, held_out = windows(corpus.train), windows(corpus.validation)
        return {one[0] for one in learnt}, {one[0] for one in held_out}, corpus.manifest.counts

    everyone, _, _ = titles("all", validation=0.0)
    some, held_out, counts = titles("some", limit=30)
    assert counts["pages"] == 30
    assert counts["dropped_pages_beyond_limit"] == len(small_pages()) - 1 - 30
    assert some | held_out < everyone
    more, held_out_of_more, _ = titles("more", limit=40)
    assert some < more
    assert held_out <= held_out_of_more
    other, _, _ = titles("other", limit=30, seed=1)
    assert other != some
    assert titles("beyond", limit=1000)[2]["pages"] == len(everyone)


@pytest.mark.parametrize(
    ("changed", "dropped"),
    [
        ({"lists": False}, {"dropped_pages_list": 1, "dropped_pages_disambiguation": 1}),
        ({"disambiguations": True}, {}),
        (
            {"only_known_pages": True},
            {"dropped_pages_not_known": 39, "dropped_pages_disambiguation": 1},
        ),
    ],
)
def test_pages_are_chosen_by_what_they_are(tmp_path, sources, changed, dropped) -> None:
    counts = build(sources, tmp_path / "c", options=options(**changed)).manifest.counts
    found = {name: n for name, n in counts.items() if name.startswith("dropped_pages")}
    assert found == dropped
    assert counts["pages"] + sum(found.values()) == len(small_pages())


def test_long_mentions_and_unknown_ones_are_counted(tmp_path, sources) -> None:
    corpus = build(
        sources, tmp_path / "c", options=options(max_mention_length=1, unknown_entities="keep")
    )
    unk = corpus.entities().special.unk
    links = [link for window in all_windows(corpus) for link in window[3]]
    counts = corpus.manifest.counts
    assert counts["mentions_of_unknown_entities"] == sum(entity == unk for entity, *_ in links) > 0
    assert counts["long_mentions"] == sum(end - start > 1 for _, start, end in links) > 0
    assert "dropped_links_to_unknown_entities" not in counts


def test_titles_are_looked_up_in_the_language_of_the_pages(tmp_path) -> None:
    sources = write_sources(tmp_path, language="de", site="de")
    corpus = build(sources, tmp_path / "c")
    assert corpus.info.language == "de"
    assert corpus.info.n_mentions > 0
    with pytest.raises(ConfigError, match=r"titles in de, expected some in 'en'.*--language"):
        build(sources, tmp_path / "other", options=options(language="en"))


def test_redirects_lead_to_entities_and_entities_to_themselves(tmp_path) -> None:
    rng = random.Random(1)
    targets = ["Town 3", "Round", "Round again", "Lost", "City 1"]
    pages = [prose(f"City {n}", rng=rng, targets=targets) for n in range(8)]
    store = write_store(
        tmp_path / "p",
        pages=pages,
        redirects=[
            *(("Town 3", "Village 3"), ("Village 3", "City 3"), ("Round", "Round again")),
            *(("Round again", "Round"), ("Lost", "Elsewhere")),
        ],
    )
    vocab = tmp_path / "v.tsv"
    titles = ["[PAD]", "[UNK]", "[MASK]", "City 3", "City 1", "Lost", "Round"]
    vocab.write_text("".join(f"{title}\t1\n" for title in titles))
    tokenizer = small_tokenizers.write_byte_level(tmp_path / "t")
    corpus = build(CorpusSources(pages=store, vocab=vocab, tokenizer=tokenizer), tmp_path / "c")
    found = Counter(link[0] for window in all_windows(corpus) for link in window[3])
    n_links = Counter(link.title for page in pages for one in page.paragraphs for link in one.links)
    # as many as there are in sentences that are long enough
    assert set(found) == {3, 4, 5, 6}
    assert found[3] <= n_links["Town 3"]
    counts = corpus.manifest.counts
    assert counts["dropped_links_to_unknown_entities"] == n_links["Round again"]


def test_a_finished_corpus_is_taken_as_it_is_if_that_is_asked_for(tmp_path, sources) -> None:
    build(sources, tmp_path / "c")
    with pytest.raises(CheckpointError, match="is finished already"):
        build(sources, tmp_path / "c")
    manifest = tmp_path / "c" / "manifest.json"
    before = manifest.stat().st_mtime_ns
    assert build(sources, tmp_path / "c", reuse=True).info.n_train > 0
    assert manifest.stat().st_mtime_ns == before
    other = options(min_words=3)
    with pytest.raises(CheckpointError, match=r"made otherwise \(min_words: 5 → 3\)"):
        build(sources, tmp_path / "c", reuse=True, options=other)
    build(sources, tmp_path / "c", replace=True, options=other)
    assert manifest.stat().st_mtime_ns != before


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_a_build_that_is_killed_goes_on(tmp_path, sources) -> None:
    wanted = fingerprint(build(sources, tmp_path / "wanted").path)
    rng = random.Random(os.environ.get("CI", time.time()))
    program = (
        "import sys; from pathlib import Path\n"
        "from tests.pretraining.corpus import small_corpora as small\n"
        "if __name__ == '__main__':\n"
        "    names = ('pages', 'vocab', 'tokenizer')\n"
        "    given = dict(zip(names, sys.argv[1:4]))\n"
        "    small.build(small.CorpusSources(**given), Path(sys.argv[4]), workers=2)"
    )
    out = tmp_path / "out"
    given = [str(getattr(sources, name)) for name in ("pages", "vocab", "tokenizer")]
    for _ in range(2):
        process = subprocess.Popen([sys.executable, "-c", program, *given, str(out)], cwd=ROOT)
        time.sleep(1.0 + 3.0 * rng.random())
        process.send_signal(signal.SIGKILL)
        process.wait()
    if not out.exists():
        build(sources, out)
    assert fingerprint(out) == wanted


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
@pytest.mark.parametrize("touch", [30, 90, 150])
def test_a_build_that_is_killed_anywhere_goes_on(tmp_path, sources, touch) -> None:
    wanted = fingerprint(build(sources, tmp_path / "wanted").path)
    out = tmp_path / "below" / "out"
    out.parent.mkdir()
    program = (
        "import sys; from pathlib import Path\n"
        "from tests.dying import die_at\n"
        "from tests.pretraining.corpus import small_corpora as small\n"
        "given = dict(zip(('pages', 'vocab', 'tokenizer'), sys.argv[1:4]))\n"
        "die_at(int(sys.argv[5]), below=str(Path(sys.argv[4]).parent))\n"
        "small.build(small.CorpusSources(**given), Path(sys.argv[4]))"
    )
    given = [str(getattr(sources, name)) for name in ("pages", "vocab", "tokenizer")]
    command = [sys.executable, "-c", program, *given, str(out), str(touch)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert fingerprint(build(sources, out, reuse=True).path) == wanted


def test_unfinished_work_of_other_options_is_refused(tmp_path, sources) -> None:
    class StopError(Exception):
        pass

    def stop(step, done):
        raise StopError

    with pytest.raises(StopError):
        build(sources, tmp_path / "c", workforce=Workforce(workers=1, on_done=stop))
    with pytest.raises(CheckpointError, match=r"begun otherwise \(seed: 0 → 1\)"):
        build(sources, tmp_path / "c", options=options(seed=1))
    told = []
    force = Workforce(workers=1, on_done=lambda _, done: told.append(done.was_done))
    build(sources, tmp_path / "c", workforce=force)
    assert told == [True, False, False]


def test_corpora_of_one_model_agree_on_words_and_entities(tmp_path, sources) -> None:
    one = build(sources, tmp_path / "one")
    same = build(sources, tmp_path / "same", options=options(max_words=30))
    check_alike([])
    check_alike([one, same, Corpus.open(tmp_path / "one")])
    small_tokenizers.write_wordpiece(tmp_path / "bert")
    other = dataclasses.replace(sources, tokenizer=tmp_path / "bert")
    with pytest.raises(ConfigError, match="built with another --tokenizer, expected the same"):
        check_alike([one, same, build(other, tmp_path / "other")])


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"max_words": 2}, "max_words is 2, expected 3 to 65,535"),
        ({"max_words": 70_000}, "max_words is 70000"),
        ({"min_words": 39}, "min_words is 39, expected 1 to 38"),
        ({"min_words": 0}, "min_words is 0"),
        ({"max_entities": 0}, "max_entities is 0"),
        ({"limit": 0}, "limit is 0"),
        ({"validation": 1.0}, "validation is 1.0"),
        ({"validation": -0.1}, "validation is -0.1"),
        ({"seed": -1}, "seed is -1"),
        ({"unknown_entities": "drop"}, "unknown_entities is 'drop'"),
    ],
)
def test_options_that_cannot_be_are_refused(changed, told) -> None:
    with pytest.raises(ConfigError, match=told):
        options(**changed)


def test_other_things_than_sources_are_named(tmp_path, sources) -> None:
    with pytest.raises(CheckpointError, match="expected a page store"):
        build(dataclasses.replace(sources, pages=sources.vocab), tmp_path / "c")
    with pytest.raises(CheckpointError, match="no such directory"):
        build(dataclasses.replace(sources, tokenizer=tmp_path / "none"), tmp_path / "c")
    with pytest.raises(CheckpointError, match="not 'pretraining-corpus'"):
        Corpus.open(sources.pages)
    assert list(tmp_path.iterdir()) == []
