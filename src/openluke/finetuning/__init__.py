"""From a file of examples to a fine-tuned model: the learning journey."""
