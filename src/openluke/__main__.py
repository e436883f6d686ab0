"""``python -m openluke``: the command line, where the command itself is not on the path."""

from openluke.cli.main import main

if __name__ == "__main__":
    main()
