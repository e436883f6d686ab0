"""From a saved model and raw text to vectors: the predicting journey."""
