"""The saved model: every form a LUKE has been published in, and our own bundle."""
