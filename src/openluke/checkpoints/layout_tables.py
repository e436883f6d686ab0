"""The names of LUKE's tensors in other projects' checkpoints, as tables."""

from openluke.checkpoints.renames import RenameTable
from openluke.model.config import HeadKind

ORIGINAL_ENCODER = RenameTable(
    {
        "words.tokens": "embeddings.word_embeddings",
        "words.positions": "embeddings.position_embeddings",
        "words.types": "embeddings.token_type_embeddings",
        "words.norm": "embeddings.LayerNorm",
        "entities.table": "entity_embeddings.entity_embeddings",
        "entities.projection": "entity_embeddings.entity_embedding_dense",
        "entities.positions": "entity_embeddings.position_embeddings",
        "entities.types": "entity_embeddings.token_type_embeddings",
        "entities.norm": "entity_embeddings.LayerNorm",
        "layers.{n}.attention.query": "encoder.layer.{n}.attention.self.query",
        "layers.{n}.attention.key": "encoder.layer.{n}.attention.self.key",
        "layers.{n}.attention.value": "encoder.layer.{n}.attention.self.value",
        "layers.{n}.attention.word_to_entity_query": "encoder.layer.{n}.attention.self.w2e_query",
        "layers.{n}.attention.entity_to_word_query": "encoder.layer.{n}.attention.self.e2w_query",
        "layers.{n}.attention.entity_to_entity_query": "encoder.layer.{n}.attention.self.e2e_query",
        "layers.{n}.attention.output": "encoder.layer.{n}.attention.output.dense",
        "layers.{n}.attention_norm": "encoder.layer.{n}.attention.output.LayerNorm",
        "layers.{n}.feed_forward.inner": "encoder.layer.{n}.intermediate.dense",
        "layers.{n}.feed_forward.outer": "encoder.layer.{n}.output.dense",
        "layers.{n}.feed_forward_norm": "encoder.layer.{n}.output.LayerNorm",
        "pooler": "pooler.dense",
    }
)
"""The encoder in the original project, and in BERT and RoBERTa for all but the entities."""

TRANSFORMERS_ENCODER = ORIGINAL_ENCODER.with_prefix("luke.")
"""The encoder in transformers' LUKE classes."""

_ENTITY_PREDICTION = {
    "entities": "entity_predictions",  # the bias
    "entities.dense": "entity_predictions.transform.dense",
    "entities.norm": "entity_predictions.transform.LayerNorm",
    "entities.decoder": "entity_predictions.decoder",
}
MASKED_ROBERTA = RenameTable(
    {
        "words": "lm_head",  # the bias
        "words.dense": "lm_head.dense",
        "words.norm": "lm_head.layer_norm",
        "words.decoder": "lm_head.decoder",
        **_ENTITY_PREDICTION,
    }
)
"""The masked-word and masked-entity heads as RoBERTa and transformers name them."""

MASKED_BERT = RenameTable(
    {
        "words": "cls.predictions",  # the bias
        "words.dense": "cls.predictions.transform.dense",
        "words.norm": "cls.predictions.transform.LayerNorm",
        "words.decoder": "cls.predictions.decoder",
        **_ENTITY_PREDICTION,
    }
)
"""The same heads as BERT names them."""

_CLASSIFIER = RenameTable({"classifier": "classifier"})
TRANSFORMERS_HEADS: dict[HeadKind, RenameTable] = {
    "masked": MASKED_ROBERTA,
    "entity": _CLASSIFIER,
    "entity_pair": _CLASSIFIER,
    "entity_span": _CLASSIFIER,
    "token": _CLASSIFIER,
    "sequence": _CLASSIFIER,
    "multiple_choice": _CLASSIFIER,
    "extractive_qa": RenameTable({"classifier": "qa_outputs"}),
    "mention_vector": RenameTable({"dense": "mlp.dense"}),
}
"""The heads in transformers' LUKE classes (``mention_vector`` is UCTopic's)."""

ARCHITECTURES: dict[str, HeadKind | None] = {
    "LukeModel": None,
    "LukeForMaskedLM": "masked",
    "LukeForEntityClassification": "entity",
    "LukeForEntityPairClassification": "entity_pair",
    "LukeForEntitySpanClassification": "entity_span",
    "LukeForTokenClassification": "token",
    "LukeForSequenceClassification": "sequence",
    "LukeForMultipleChoice": "multiple_choice",
    "LukeForQuestionAnswering": "extractive_qa",
}
"""What ``architectures`` in config.json says about the head."""

BUFFERS = frozenset({"embeddings.position_ids", "luke.embeddings.position_ids"})
"""Buffers that old programs saved among the weights; they hold no information."""
