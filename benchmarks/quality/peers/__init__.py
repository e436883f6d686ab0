"""Programs of others, trained and timed on the same data, each in an environment of its own."""
