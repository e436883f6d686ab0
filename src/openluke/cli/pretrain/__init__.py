"""``openluke pretrain``: from pages with links to a model that has read them."""
