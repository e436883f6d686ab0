"""Where a run tells how it goes: one file for each place."""
