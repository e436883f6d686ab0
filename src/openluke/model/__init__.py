"""The LUKE network: words and entities in one transformer, and the heads that read it."""
