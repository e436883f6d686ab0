"""``openluke wikipedia``: from the dump of a Wikipedia to pages, entities and mentions."""
