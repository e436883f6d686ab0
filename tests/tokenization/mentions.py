"""What the entities of an input stand on, as text."""

import numpy as np

from openluke.features import SPECIAL_TEXT, Features


def mentioned(features: Features, text: str) -> list[str]:
    """What each entity of an input stands on, by the offsets of its pieces."""
    found = []
    for start, end in features.entity_ranges.tolist():
        own = np.arange(start, end)[features.word_texts[start:end] != SPECIAL_TEXT]
        offsets = features.word_offsets[own]
        # The space before a mention may be a piece of its own.
        found.append(text[offsets[:, 0].min() : offsets[:, 1].max()].strip() if len(own) else "")
    return found
