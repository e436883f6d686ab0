"""More special tokens for a model, whose vectors begin as those of words that it knows."""

from collections.abc import Mapping
from dataclasses import replace

from openluke.checkpoints.assembly import assemble_encoder, assemble_head
from openluke.checkpoints.bundle import Bundle, BundleHead
from openluke.checkpoints.word_side import append_rows
from openluke.errors import ConfigError


def with_words(bundle: Bundle, *, words: Mapping[str, str]) -> Bundle:
    """The same bundle with more special tokens; those that it has already stay as they are.

    The rest of the weights is shared with the bundle given.

    Args:
        bundle: A model.
        words: For each token, in the order of the new rows, the piece whose vector is copied.
    """
    tokenizer = bundle.tokenizer
    new = {token: piece for token, piece in words.items() if tokenizer.id(token) is None}
    if not new:
        return bundle
    rows = [tokenizer.id(piece) for piece in new.values()]
    if None in rows:
        missing = [piece for piece, row in zip(new.values(), rows, strict=True) if row is None]
        raise ConfigError(
            f"new tokens are to begin as {', '.join(map(repr, missing))}, which the tokenizer does "
            "not have; name pieces of its vocabulary"
        )
    sources = [row for row in rows if row is not None]
    n_words = tokenizer.n_words
    encoder = assemble_encoder(
        replace(bundle.encoder.config, n_words=n_words + len(sources)),
        tensors=append_rows(bundle.encoder.state_dict(), rows=sources, n_words=n_words),
        where="model",
    )
    heads: list[BundleHead] = []
    for head in bundle.heads:
        module = assemble_head(  # a tied head belongs to its encoder
            head.entry.config,
            encoder=encoder,
            tensors=append_rows(head.module.state_dict(), rows=sources, n_words=n_words),
            where=f"head {head.entry.name!r}",
        )
        heads.append(BundleHead(head.entry, module))
    return replace(
        bundle, encoder=encoder, tokenizer=tokenizer.with_tokens(tuple(new)), heads=tuple(heads)
    )
