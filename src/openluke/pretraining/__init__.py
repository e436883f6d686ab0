"""From pages with links to a model that has read them: corpora, masks, phases."""
