"""What small runs start from: a tiny model that learns in few steps."""

from openluke.checkpoints.bundle import Bundle
from openluke.tokenization.inputs_config import EntityInputsConfig
from tests.tasks import tiny


def tiny_bundle() -> Bundle:
    """The tiny encoder of tests of tasks as a model."""
    return Bundle(
        encoder=tiny.tiny_encoder(),
        tokenizer=tiny.tiny_tokenizer(),
        entities=tiny.tiny_entities(),
        inputs=EntityInputsConfig(max_words=tiny.MAX_WORDS, stride=24),
        source="random weights",
    )
