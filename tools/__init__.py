"""What maintainers run: the files of this repository that are written by programs."""
