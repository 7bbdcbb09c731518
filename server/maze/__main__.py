"""`python -m maze` is `maze`."""

from maze.cli import main

if __name__ == "__main__":
    main()
