"""From text and character spans to word pieces, entities and back, without torch."""
