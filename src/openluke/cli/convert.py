"""``openluke convert``: models between their published forms."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from openluke.checkpoints import from_encoder as encoder_start
from openluke.checkpoints.bundle import Bundle
from openluke.checkpoints.bundle_config import read_bundle_config
from openluke.checkpoints.hub import resolve
from openluke.checkpoints.lite import make_lite
from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.original_archive import read_archive
from openluke.checkpoints.original_layout import from_original as bundle_of_archive
from openluke.checkpoints.saving import save_bundle
from openluke.checkpoints.stored_model import ReadOptions
from openluke.checkpoints.to_original import write_original
from openluke.entities.vocab import EntityVocab
from openluke.errors import ConfigError
from openluke.model.config import HeadKind
from openluke.tokenization.tokenizer import WordTokenizer

Replace = Annotated[bool, Parameter(negative="", help="Replace a model that is already there.")]
Head = Annotated[
    HeadKind | None,
    Parameter(help="Kind of the head of a foreign checkpoint whose files do not say it."),
]


def from_original(
    archive: Path,
    output: Path,
    *,
    tokenizer: str | None = None,
    metadata: Path | None = None,
    vocab: Path | None = None,
    entity_aware: bool = True,
    replace: Replace = False,
) -> None:
    """Make a model of an archive of the original project.

    Args:
        archive: A directory, a tar, or a .bin or .pt file with metadata and vocabulary beside it.
        output: The model directory to make.
        tokenizer: Directory or hub name of the encoder's tokenizer; by default the hub name that
            the archive states.
        metadata: The metadata.json, where it lies elsewhere.
        vocab: The entity vocabulary, where it lies elsewhere.
        entity_aware: Use four query types, which start as copies of the one.
        replace: Replace a model that is already there.
    """
    content = read_archive(archive, metadata=metadata, vocab=vocab)
    words = WordTokenizer.read(resolve(tokenizer or content.base_name, weights=False))
    bundle = bundle_of_archive(content, tokenizer=words, entity_aware=entity_aware)
    save_bundle(bundle, directory=output, replace=replace)


def from_encoder(
    encoder: str,
    output: Path,
    *,
    vocab: Path | None = None,
    entity_size: int = 256,
    entity_aware: bool = False,
    entity_types: int = 1,
    seed: int = 0,
    replace: Replace = False,
) -> None:
    """Start a LUKE from a RoBERTa, XLM-R or BERT directory, ready to be pretrained.

    Args:
        encoder: Directory or hub name of the encoder.
        output: The model directory to make.
        vocab: The entity vocabulary, in any form; by default the special entities alone.
        entity_size: Width of the entity embeddings.
        entity_aware: Four query types from the start; published models are pretrained with one.
        entity_types: Rows of the entity type table.
        seed: Of the random start of the entity side.
        replace: Replace a model that is already there.
    """
    bundle = encoder_start.from_encoder(
        resolve(encoder),
        vocab=EntityVocab.read(vocab) if vocab else None,
        options=encoder_start.FromEncoderConfig(
            entity_size=entity_size,
            entity_aware=entity_aware,
            n_entity_types=entity_types,
            seed=seed,
        ),
    )
    save_bundle(bundle, directory=output, replace=replace)


def to_original(
    model: str,
    output: Path,
    *,
    base_name: str | None = None,
    head: Head = None,
    replace: Replace = False,
) -> None:
    """Write a model as pytorch_model.bin, metadata.json and entity_vocab.jsonl.

    Args:
        model: Directory or hub name of the model.
        output: The directory to write to.
        base_name: What the original program calls the encoder the model started from.
        head: Kind of the head of a foreign checkpoint whose files do not say it.
        replace: Replace what this command has written there before.
    """
    bundle = _load(model, head=head)
    notes = write_original(bundle, directory=output, base_name=base_name, replace=replace)
    for note in notes:
        print(note)


def lite(model: str, output: Path, *, head: Head = None, replace: Replace = False) -> None:
    """Cut the entity table down to the special entities.

    Args:
        model: Directory or hub name of the model.
        output: The model directory to make.
        head: Kind of the head of a foreign checkpoint whose files do not say it.
        replace: Replace a model that is already there.
    """
    save_bundle(make_lite(_load(model, head=head)), directory=output, replace=replace)


def quantise(model: str, output: Path, *, head: Head = None, replace: Replace = False) -> None:
    """Store the weights as int8 rows with a scale each, a quarter of the size.

    Args:
        model: Directory or hub name of the model.
        output: The model directory to make.
        head: Kind of the head of a foreign checkpoint whose files do not say it.
        replace: Replace a model that is already there.
    """
    save_bundle(_load(model, head=head), directory=output, quantise=True, replace=replace)


def dequantise(model: str, output: Path, *, replace: Replace = False) -> None:
    """Write a quantised model in the Hugging Face form.

    Args:
        model: Directory or hub name of the model.
        output: The model directory to make.
        replace: Replace a model that is already there.
    """
    directory = resolve(model)
    config = read_bundle_config(directory)
    if config is None or config.quantised is None:
        raise ConfigError(f"{directory}: is not quantised, so there is nothing to dequantise")
    save_bundle(load_bundle(directory), directory=output, replace=replace)


def _load(model: str, *, head: HeadKind | None) -> Bundle:
    return load_bundle(resolve(model), options=ReadOptions(head=head))
