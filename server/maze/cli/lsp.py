"""`maze lsp`."""

from __future__ import annotations

from pathlib import Path

from maze.cli.errors import CliError
from maze.engine.errors import system_words


def serve(tcp: str | None, log_level: str, log_file: Path | None, *, stdio: bool = False) -> None:
    """Serve one editor over stdio, or any number at an address.

    Args:
        tcp: HOST:PORT; None serves stdio.
        stdio: whether that was asked for in so many words.

    Raises:
        CliError: the address makes no sense or can not be listened on, or both were asked for.
    """
    if stdio and tcp is not None:
        raise CliError("an editor is served over --stdio or over --tcp; leave one of them out")
    from maze.lsp.server import start_stdio, start_tcp

    if tcp is None:
        start_stdio(log_level, log_file)
        return
    host, port = _address(tcp)
    try:
        start_tcp(host, port, log_level, log_file)
    except OSError as error:
        reason = system_words(error)
        raise CliError(f"cannot listen on {tcp} ({reason}); choose another --tcp address") from None


def _address(tcp: str) -> tuple[str, int]:
    host, _, port = tcp.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise CliError(f"--tcp takes HOST:PORT, as in 127.0.0.1:7777, not {tcp!r}")
    return host.strip("[]") or "127.0.0.1", int(port)
