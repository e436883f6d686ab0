"""Markdown notes to paragraphs of clean text, with links at exact places."""

from openluke.wikipedia.own_data.markdown.inline import Targets
from openluke.wikipedia.own_data.markdown.reading import MarkdownReading, read_markdown

__all__ = ["MarkdownReading", "Targets", "read_markdown"]
