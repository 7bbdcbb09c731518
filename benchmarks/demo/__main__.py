"""Runs the demo; `scripts/demo` installs first what it needs.

Exit status: 0 when every suggestion parses, 1 when one does not or there is no engine to be had.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.demo.judges import Judges
from maze.cli.demo.run import run
from maze.cli.errors import CliError
from maze.engine.errors import EngineError


def main() -> int:
    """Run from the command line."""
    made = argparse.ArgumentParser(prog="scripts/demo", description="Shows Maze at work.")
    made.add_argument("--json", action="store_true", help="print the results as one JSON document")
    made.add_argument("--svg", type=Path, metavar="FILE", help="save what is shown as a picture")
    arguments = made.parse_args()
    try:
        fine = run(arguments.json, arguments.svg, Judges())
    except (EngineError, CliError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
