"""Loading a bundle from a directory: ours, or any that transformers or studio-ousia wrote."""

import logging
from pathlib import Path
from typing import Any

import torch

from openluke.checkpoints.assembly import assemble_encoder, assemble_head
from openluke.checkpoints.bundle import Bundle, BundleHead
from openluke.checkpoints.bundle_config import FILE, BundleConfig, read_bundle_config
from openluke.checkpoints.completeness import check_complete
from openluke.checkpoints.original_archive import is_archive_place
from openluke.checkpoints.stored_model import ReadOptions, read_foreign, read_own
from openluke.checkpoints.transformers_config import (
    check_agreement,
    check_model_type,
    read_inputs,
    read_json,
)
from openluke.entities.vocab import EntityVocab
from openluke.errors import CheckpointError, ConfigError
from openluke.model.config import EncoderConfig
from openluke.tokenization.tokenizer import WordTokenizer

logger = logging.getLogger(__name__)

ENTITY_VOCAB = "entity_vocab.json"


def load_bundle(
    directory: str | Path,
    *,
    options: ReadOptions | None = None,
    dtype: torch.dtype = torch.float32,
) -> Bundle:
    """Load a model directory: a bundle of ours or a Hugging Face ``luke`` checkpoint.

    Nothing is unpickled but tensors. Tensors that are missing, left over or of another shape than
    the configuration says are an error that names them. The modules are in evaluation mode.
    """
    directory = Path(directory)
    options = options or ReadOptions()
    values = _read_config(directory)
    own = read_bundle_config(directory)
    check_complete(directory)
    vocab = EntityVocab.read(
        directory / ENTITY_VOCAB,
        has_languages=own.entity_languages if own else None,
        repair=True,  # the model was trained with it as it is; what is odd is told
    )
    if own is not None:
        _check_own(own, values=values, vocab=vocab, where=directory)
        stored = read_own(directory, config=own, options=options)
    else:
        stored = read_foreign(directory, special=vocab.special, options=options)
    _warn_of_nameless_rows(stored.config, vocab=vocab, where=directory)
    encoder = assemble_encoder(
        stored.config, tensors=stored.tensors, where=str(directory), names=stored.names
    )
    heads = tuple(
        BundleHead(
            head.entry,
            assemble_head(
                head.entry.config,
                encoder=encoder,
                tensors=head.tensors,
                where=f"{directory}: head {head.entry.name!r}",
                names=head.names,
            ),
        )
        for head in stored.heads
    )
    for module in (encoder, *(head.module for head in heads)):
        module.to(dtype)
    try:
        return Bundle(
            encoder=encoder,
            tokenizer=WordTokenizer.read(directory),
            entities=vocab,
            inputs=own.inputs if own else read_inputs(directory, max_words=stored.config.max_words),
            heads=heads,
            source=own.source if own else values.get("_name_or_path") or directory.name,
            base=own.base if own else "roberta",  # as transformers counts positions in a LUKE
        )
    except ConfigError as error:
        raise CheckpointError(f"{directory}: {error}") from error


def _check_own(
    own: BundleConfig, *, values: dict[str, Any], vocab: EntityVocab, where: Path
) -> None:
    """Refuse files of a bundle that do not belong together."""
    check_agreement(values, config=own.encoder, where=where / "config.json")
    if own.encoder.n_entities and own.encoder.entity_pad_id != vocab.special.pad:
        raise CheckpointError(
            f"{where / FILE}: entity_pad_id is {own.encoder.entity_pad_id}, but [PAD] has the id "
            f"{vocab.special.pad} in {ENTITY_VOCAB}; they do not belong together"
        )


def _warn_of_nameless_rows(config: EncoderConfig, *, vocab: EntityVocab, where: Path) -> None:
    spare = config.n_entities - vocab.n_ids
    if spare > 0:
        logger.warning(
            "%s: the entity table has %s rows but %s names only %s of them: the titles of the "
            "other %s are not known and read as [UNK]; put the model's own vocabulary there",
            where,
            *(f"{config.n_entities:,}", ENTITY_VOCAB, f"{vocab.n_ids:,}", f"{spare:,}"),
        )


def _instead_of_model(path: Path) -> str:
    """What there is in place of a model, and what to do."""
    if is_archive_place(path):
        return (
            "an archive of the original LUKE project; make a model of it: openluke convert "
            f"from-original {path} MODEL"
        )
    if path.is_dir():
        names = ", ".join(sorted(entry.name for entry in path.iterdir())[:12]) or "nothing"
        found = f"a directory without config.json (it holds {names})"
    else:
        found = "a file" if path.exists() else "nothing"
    return (
        f"found {found}, expected the directory of a model, with config.json, weights and "
        f"entity_vocab.json; openluke inspect {path} says more"
    )


def _read_config(directory: Path) -> dict[str, Any]:
    path = directory / "config.json"
    if not path.is_file():
        raise CheckpointError(f"{directory}: {_instead_of_model(directory)}")
    values = read_json(path)
    check_model_type(values, where=path)
    return values
