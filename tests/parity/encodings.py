"""Our features in the form of transformers' encodings, and the two compared."""

from openluke.features import Features

MAX_MENTION_LENGTH = 30


def as_encoding(features: Features) -> dict[str, list]:
    """What transformers' tokenizers return for one example."""
    positions = []
    for start, end in features.entity_ranges.tolist():
        row = list(range(start, end))[:MAX_MENTION_LENGTH]
        positions.append(row + [-1] * (MAX_MENTION_LENGTH - (end - start)))
    return {
        "input_ids": features.word_ids.tolist(),
        "attention_mask": [1] * len(features),
        "entity_ids": features.entity_ids.tolist(),
        "entity_position_ids": positions,
        "entity_attention_mask": [1] * features.n_entities,
        "entity_start_positions": features.entity_ranges[:, 0].tolist(),
        "entity_end_positions": (features.entity_ranges[:, 1] - 1).tolist(),
    }


def assert_same(features: Features, theirs) -> None:
    """Everything that transformers returns is what we have."""
    ours = as_encoding(features)
    for key, value in theirs.items():
        assert ours[key] == value, key
