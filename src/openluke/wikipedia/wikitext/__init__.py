"""Wikitext to paragraphs of clean text, with links at exact places."""

from openluke.wikipedia.wikitext.reading import Reading, WikitextReader, read_wikitext

__all__ = ["Reading", "WikitextReader", "read_wikitext"]
