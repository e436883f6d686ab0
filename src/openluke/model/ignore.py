"""The label of what has no label, where torch is not needed."""

IGNORE = -100
"""What stands among labels where nothing is asked; losses leave it out."""
