"""A corpus: windows of pages as word pieces and entities, which a model is pretrained on."""
