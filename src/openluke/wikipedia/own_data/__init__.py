"""Documents and notes of one's own, read as the pages of a wiki."""
