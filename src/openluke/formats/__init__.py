"""Files in the forms of others, read into records: one file per form."""
