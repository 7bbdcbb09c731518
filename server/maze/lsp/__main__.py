"""`python -m maze.lsp`: the language server over stdio; `--tcp HOST:PORT` listens instead."""

from __future__ import annotations

import argparse
from pathlib import Path

from maze.lsp.server import start_stdio, start_tcp


def main() -> None:
    """Serve until the editor goes away."""
    parser = argparse.ArgumentParser(prog="python -m maze.lsp", description=__doc__)
    parser.add_argument("--tcp", metavar="HOST:PORT", help="listen there instead of on stdio")
    parser.add_argument("--log-file", type=Path, help="log to this file instead of to stderr")
    parser.add_argument(
        "--log-level", default="warning", choices=["debug", "info", "warning", "error"]
    )
    arguments = parser.parse_args()
    if arguments.tcp is None:
        start_stdio(arguments.log_level, arguments.log_file)
        return
    host, _, port = arguments.tcp.rpartition(":")
    if not port.isdigit():
        parser.error("--tcp takes HOST:PORT, as in 127.0.0.1:7777")
    try:
        start_tcp(host or "127.0.0.1", int(port), arguments.log_level, arguments.log_file)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        parser.exit(1, f"maze lsp: can not listen on {arguments.tcp} ({reason})\n")


if __name__ == "__main__":
    main()
