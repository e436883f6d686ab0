"""One entity vocabulary of eight Wikipedias, made twice: the same bytes, whatever hashes are.

    python -m benchmarks.quality.multilingual_vocab

``OPENLUKE_DATA`` is as in recipes/README.md. Titles are brought together by the links between
languages in English pages of 2006; the other dumps, of 2023, have none. Each run is of processes of
its own, with another ``PYTHONHASHSEED``, from the dumps on.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.speed.measure import environment, write
from openluke.entities.vocab import EntityVocab

RESULT = Path("benchmarks/results/multilingual_vocab.json")
LANGUAGES = ("bn", "el", "en", "hy", "ja", "mr", "uk", "vi")
MIN_LANGUAGES = 2
_SEEDS = ("0", "1")


def main() -> None:
    """Make it twice, compare, and write what is in it."""
    data = Path(os.environ["OPENLUKE_DATA"]) / "wikipedia"
    with tempfile.TemporaryDirectory() as directory:
        made = [_make(Path(directory) / seed, data=data, seed=seed) for seed in _SEEDS]
        digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in made]
        vocab = EntityVocab.read(made[0])
    names = Counter(len(vocab.names(number)) for number in range(vocab.n_ids))
    result: dict[str, Any] = {
        "benchmark": "multilingual_vocab",
        "unit": "entities and names",
        "languages": list(LANGUAGES),
        "min_languages": MIN_LANGUAGES,
        "entities": vocab.n_ids,
        "names": dict(sorted(vocab.languages.items())),
        "entities_by_names": {str(n): names[n] for n in sorted(names)},
        "most_linked": [[list(name) for name in vocab.names(number)] for number in range(3, 11)],
        "hash_seeds": list(_SEEDS),
        "sha256": digests[0],
        "same_bytes": len(set(digests)) == 1,
    }
    write(result | environment(), output=RESULT)


def _make(directory: Path, *, data: Path, seed: str) -> Path:
    """The merged vocabulary, as lines of JSON."""
    shutil.rmtree(directory, ignore_errors=True)
    vocabs = []
    for language in LANGUAGES:
        (dump,) = data.glob(f"*/{language}wiki-20*.xml.bz2")
        pages, vocab = directory / f"{language}-pages", directory / f"{language}-vocab"
        _openluke("parse", dump, pages, seed=seed)
        _openluke("vocab", pages, vocab, "--language", language, seed=seed)
        vocabs.append(vocab)
    table = data / "enwiki-2006" / "interlanguage-links.tsv"
    interwiki, merged = directory / "interwiki", directory / "vocab.jsonl"
    _openluke("interwiki", interwiki, "--table", table, "--table-language", "en", seed=seed)
    first, *others = vocabs
    more = [argument for vocab in others for argument in ("--merge", vocab)]
    options = ("--interwiki", interwiki, "--min-languages", MIN_LANGUAGES, "--form", "jsonl")
    _openluke("vocab", first, merged, *more, *options, seed=seed)
    return merged


def _openluke(*arguments: object, seed: str) -> None:
    command = [sys.executable, "-m", "openluke", "wikipedia", *map(str, arguments)]
    environ = os.environ | {"PYTHONHASHSEED": seed}
    subprocess.run(command, env=environ, stdout=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    main()
