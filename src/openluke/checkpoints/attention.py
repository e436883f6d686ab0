"""Another kind of attention for a model: entity-aware queries added to it, or taken away."""

from dataclasses import replace

from openluke.checkpoints.assembly import assemble_encoder, assemble_head
from openluke.checkpoints.bundle import Bundle, BundleHead
from openluke.checkpoints.transformers_layout import add_queries, drop_unused
from openluke.errors import ConfigError


def with_attention(bundle: Bundle, *, entity_aware: bool) -> Bundle:
    """The same bundle with entity-aware or plain attention.

    New queries are copies of the one that is there, so that the model computes the same until it
    is trained; queries that are taken away are lost. The rest of the weights is shared with the
    bundle given.
    """
    config = bundle.encoder.config
    if config.entity_aware == entity_aware:
        return bundle
    if not config.n_entities:
        raise ConfigError(
            "this model has no entity table, so its attention cannot tell entities from words; "
            "ask for plain attention"
        )
    tensors = bundle.encoder.state_dict()
    config = replace(config, entity_aware=entity_aware)
    tensors = add_queries(tensors) if entity_aware else drop_unused(tensors, config=config)
    encoder = assemble_encoder(config, tensors=tensors, where="model")
    heads = []
    for head in bundle.heads:
        module = assemble_head(  # a tied head belongs to its encoder
            head.entry.config,
            encoder=encoder,
            tensors=head.module.state_dict(),
            where=f"head {head.entry.name!r}",
        )
        heads.append(BundleHead(head.entry, module))
    return replace(bundle, encoder=encoder, heads=tuple(heads))
