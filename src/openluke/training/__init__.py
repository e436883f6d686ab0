"""The training loop and what it needs, for fine-tuning and pretraining alike."""
