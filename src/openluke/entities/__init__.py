"""Titles and vocabularies of entities, and the names that people use for them."""
