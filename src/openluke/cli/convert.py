"""``openluke convert``: models and entity vocabularies between their forms."""

from pathlib import Path

from openluke.checkpoints import from_encoder as encoder_start
from openluke.checkpoints.bundle import Bundle
from openluke.checkpoints.bundle_config import read_bundle_config
from openluke.checkpoints.card_notes import read_notes
from openluke.checkpoints.hub import resolve
from openluke.checkpoints.inspection import facts_of_vocab
from openluke.checkpoints.lite import make_lite
from openluke.checkpoints.loading import load_bundle
from openluke.checkpoints.original_archive import read_archive
from openluke.checkpoints.original_layout import from_original as bundle_of_archive
from openluke.checkpoints.saving import save_bundle
from openluke.checkpoints.stored_model import ReadOptions
from openluke.checkpoints.to_original import write_original
from openluke.cli.converted import check_apart, print_model
from openluke.cli.facts import print_facts
from openluke.cli.flags import Flag
from openluke.entities.vocab import EntityVocab
from openluke.entities.vocab_files import Form
from openluke.errors import ConfigError
from openluke.model.config import HeadKind
from openluke.tokenization.tokenizer import WordTokenizer


def from_original(
    archive: Path,
    output: Path,
    *,
    tokenizer: str | None = None,
    revision: str | None = None,
    metadata: Path | None = None,
    vocab: Path | None = None,
    entity_aware: bool = True,
    replace: Flag = False,
    json: Flag = False,
) -> None:
    """Make a model of an archive of the original project.

    Args:
        archive: A directory, a tar, or a .bin or .pt file with metadata and vocabulary beside it.
        output: The model directory to make.
        tokenizer: Directory or hub name of the encoder's tokenizer; by default the hub name that
            the archive states.
        revision: Branch, tag or commit of the tokenizer on the hub.
        metadata: The metadata.json, where it lies elsewhere.
        vocab: The entity vocabulary, where it lies elsewhere.
        entity_aware: Use four query types, which start as copies of the one.
        replace: Replace what this command has written there before.
        json: Print one JSON object instead of a table.
    """
    check_apart(archive, output=output)
    content = read_archive(archive, metadata=metadata, vocab=vocab)
    place = resolve(tokenizer or content.base_name, revision=revision, weights=False)
    words = WordTokenizer.read(place)
    bundle = bundle_of_archive(content, tokenizer=words, entity_aware=entity_aware)
    save_bundle(bundle, directory=output, replace=replace)
    print_model("openluke model", output=output, bundle=bundle, as_json=json)


def from_encoder(
    encoder: str,
    output: Path,
    *,
    vocab: Path | None = None,
    repair: Flag = False,
    entity_size: int = 256,
    entity_aware: bool = False,
    entity_types: int = 1,
    seed: int = 0,
    revision: str | None = None,
    replace: Flag = False,
    json: Flag = False,
) -> None:
    """Start a LUKE from a RoBERTa, XLM-R or BERT directory, ready to be pretrained.

    Args:
        encoder: Directory or hub name of the encoder.
        output: The model directory to make.
        vocab: The entity vocabulary, in any form; by default the special entities alone.
        repair: Accept names with several ids (the last is kept) and ids without a name.
        entity_size: Width of the entity embeddings.
        entity_aware: Four query types from the start; published models are pretrained with one.
        entity_types: Rows of the entity type table.
        seed: Of the random start of the entity side.
        revision: Branch, tag or commit of the model on the hub.
        replace: Replace what this command has written there before.
        json: Print one JSON object instead of a table.
    """
    source = resolve(encoder, revision=revision)
    check_apart(source, output=output)
    bundle = encoder_start.from_encoder(
        source,
        vocab=EntityVocab.read(vocab, repair=repair) if vocab else None,
        options=encoder_start.FromEncoderConfig(
            entity_size=entity_size,
            entity_aware=entity_aware,
            n_entity_types=entity_types,
            seed=seed,
        ),
    )
    save_bundle(bundle, directory=output, replace=replace)
    print_model("openluke model, not pretrained", output=output, bundle=bundle, as_json=json)


def to_original(
    model: str,
    output: Path,
    *,
    base_name: str | None = None,
    head: HeadKind | None = None,
    revision: str | None = None,
    replace: Flag = False,
    json: Flag = False,
) -> None:
    """Write a model as pytorch_model.bin, metadata.json and entity_vocab.jsonl.

    Args:
        model: Directory or hub name of the model.
        output: The directory to write to.
        base_name: What the original program calls the encoder the model started from.
        head: Kind of the head of a foreign checkpoint whose files do not say it.
        revision: Branch, tag or commit of the model on the hub.
        replace: Replace what this command has written there before.
        json: Print one JSON object instead of a table.
    """
    bundle = _load(model, head=head, revision=revision, output=output)
    notes = write_original(bundle, directory=output, base_name=base_name, replace=replace)
    kind = "archive of the original LUKE project"
    print_model(kind, output=output, bundle=bundle, as_json=json, notes=notes)


def lite(
    model: str,
    output: Path,
    *,
    head: HeadKind | None = None,
    revision: str | None = None,
    replace: Flag = False,
    json: Flag = False,
) -> None:
    """Cut the entity table down to the special entities.

    Args:
        model: Directory or hub name of the model.
        output: The model directory to make.
        head: Kind of the head of a foreign checkpoint whose files do not say it.
        revision: Branch, tag or commit of the model on the hub.
        replace: Replace what this command has written there before.
        json: Print one JSON object instead of a table.
    """
    bundle = make_lite(_load(model, head=head, revision=revision, output=output))
    notes = read_notes(resolve(model, revision=revision))
    save_bundle(bundle, directory=output, replace=replace, notes=notes)
    print_model("openluke model, lite", output=output, bundle=bundle, as_json=json)


def quantise(
    model: str,
    output: Path,
    *,
    head: HeadKind | None = None,
    revision: str | None = None,
    replace: Flag = False,
    json: Flag = False,
) -> None:
    """Store the weights as int8 rows with a scale each, a quarter of the size.

    Args:
        model: Directory or hub name of the model.
        output: The model directory to make.
        head: Kind of the head of a foreign checkpoint whose files do not say it.
        revision: Branch, tag or commit of the model on the hub.
        replace: Replace what this command has written there before.
        json: Print one JSON object instead of a table.
    """
    bundle = _load(model, head=head, revision=revision, output=output)
    notes = read_notes(resolve(model, revision=revision))
    save_bundle(bundle, directory=output, quantise=True, replace=replace, notes=notes)
    print_model("openluke model (int8 rows)", output=output, bundle=bundle, as_json=json)


def dequantise(
    model: str,
    output: Path,
    *,
    revision: str | None = None,
    replace: Flag = False,
    json: Flag = False,
) -> None:
    """Write a quantised model in the Hugging Face form.

    Args:
        model: Directory or hub name of the model.
        output: The model directory to make.
        revision: Branch, tag or commit of the model on the hub.
        replace: Replace what this command has written there before.
        json: Print one JSON object instead of a table.
    """
    directory = resolve(model, revision=revision)
    check_apart(directory, output=output)
    config = read_bundle_config(directory)
    if config is None or config.quantised is None:
        raise ConfigError(f"{directory}: is not quantised, so there is nothing to dequantise")
    bundle = load_bundle(directory)
    save_bundle(bundle, directory=output, replace=replace, notes=read_notes(directory))
    print_model("openluke model", output=output, bundle=bundle, as_json=json)


def vocab(
    source: Path,
    output: Path,
    *,
    form: Form = "mapped",
    repair: Flag = False,
    replace: Flag = False,
    json: Flag = False,
) -> None:
    """Write an entity vocabulary in another form.

    Args:
        source: A vocabulary in any form, such as the entity_vocab.json of a model.
        output: The file, or for the form mapped the directory, to make.
        form: mapped (a directory that opens at once, whatever its size, and that processes share),
            huggingface (entity_vocab.json), jsonl or tsv (the original project's).
        repair: Accept names with several ids (the last is kept) and ids without a name.
        replace: Replace what this command has written there before.
        json: Print one JSON object instead of a table.
    """
    check_apart(source, output=output)
    content = EntityVocab.read(source, repair=repair)
    content.write(output, form=form, replace=replace)
    facts = {"written to": str(output), "form": form, **facts_of_vocab(content)}
    print_facts("entity vocabulary", facts=facts, as_json=json)


def _load(model: str, *, head: HeadKind | None, revision: str | None, output: Path) -> Bundle:
    directory = resolve(model, revision=revision)
    check_apart(directory, output=output)
    return load_bundle(directory, options=ReadOptions(head=head))
